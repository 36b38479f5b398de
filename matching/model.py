"""The model: what agreement on each clue tells, as a readable file.

Three kinds of pair are told apart, so that a family is not taken for one person: the same client (m), two
records of one family, household or group (r), and two unrelated records (u). Of relatives, `shared` clues
have a distribution of their own; `individual` ones are as between strangers.
Source: Fellegi and Sunter, A Theory for Record Linkage, JASA 64 (1969), with a third latent class.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from expectations.errors import UsageError

Floats = NDArray[np.float64]

VERSION = 1


@dataclass(frozen=True)
class Stratum:
    """Parameters for pairs of persons, of organisations, or of anything else.

    m, r, u: comparison name → probability of each level given the class; level 0 (missing) carries no weight
    and holds 0.
    """

    m: dict[str, list[float]]
    r: dict[str, list[float]]
    u: dict[str, list[float]]
    overlap: float
    """Share of the shorter list that has a partner in the other."""
    duplicates: float
    """Duplicate pairs inside one list, per record."""
    relatives: float
    """Related records in the other list, per record of the shorter one."""


@dataclass(frozen=True)
class Model:
    """A trained model: one stratum per kind of pair."""

    strata: dict[str, Stratum]
    note: str = ""
    version: int = VERSION
    levels: dict[str, list[str]] = field(default_factory=dict)
    """Comparison name → sentence of each level, as when it was trained."""
    unseen: list[str] = field(default_factory=list)
    """Comparisons of the fields it was trained on that it knows nothing of: no list held their columns."""

    def save(self, path: Path | str) -> None:
        """Write as JSON. Raises UsageError where no file can be written there."""
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"
        try:
            Path(path).write_text(text, encoding="utf-8")
        except (OSError, ValueError, TypeError) as error:
            raise UsageError(
                f"{path}: no model can be written there ({error}); give a file in a folder that exists"
            ) from error


def load(path: Path | str) -> Model:
    """Read a saved model. Raises UsageError where the file is no model of this version."""
    try:
        raw = json.loads(Path(path).read_text(encoding="utf-8"))
        if raw["version"] != VERSION:
            raise UsageError(
                f"{path}: model of version {raw['version']}, this program reads {VERSION}: train anew"
            )
        strata = {"person": Stratum(**raw["strata"].pop("person"))}
        strata |= {kind: Stratum(**stratum) for kind, stratum in raw["strata"].items()}
        for stratum in strata.values():
            _check(stratum, raw["levels"])
        return Model(strata, raw["note"], VERSION, raw["levels"], list(raw.get("unseen", [])))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(
            f"{path}: no model file ({error}); give one that was saved by this program"
        ) from error


def _check(stratum: Stratum, levels: dict[str, list[str]]) -> None:
    """Raise ValueError, KeyError or TypeError where a number is missing or is none."""
    rates = [stratum.overlap, stratum.duplicates, stratum.relatives]
    for name, sentences in levels.items():
        numbers = np.array([part[name] for part in (stratum.m, stratum.r, stratum.u)], np.float64)
        if numbers.shape != (3, len(sentences)):
            raise ValueError(f"{name}: not {len(sentences)} levels")
        rates += numbers.ravel().tolist()
    if not np.isfinite(np.array(rates, np.float64)).all():
        raise ValueError("a number is missing")
