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

    def save(self, path: Path | str) -> None:
        """Write as JSON."""
        Path(path).write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load(path: Path | str) -> Model:
    """Read a saved model. Raises UsageError where the file is no model of this version."""
    try:
        raw = json.loads(Path(path).read_text(encoding="utf-8"))
        if raw["version"] != VERSION:
            raise UsageError(
                f"{path}: model of version {raw['version']}, this program reads {VERSION}: train anew"
            )
        return Model({k: Stratum(**v) for k, v in raw["strata"].items()}, raw["note"], VERSION, raw["levels"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path}: no model file ({error}); give one that was saved by this program"
        ) from error
