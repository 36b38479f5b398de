"""What another model would change, before it is used: pairs whose band changes, and weights."""

from dataclasses import dataclass, replace

import duckdb
import numpy as np
import polars as pl

from matching.bands import banded, with_probability
from matching.clients import prepare_clients, propose_clients, scored_clients
from matching.comparison import Comparison
from matching.evidence import with_evidence
from matching.linking import comparisons_of
from matching.model import Model, Stratum
from matching.options import MatchOptions
from matching.prepare import Prepared
from transforms.sql import Frames

SUBJECTS = ("practice_id", "left_product", "left_id", "right_product", "right_id")
_LEAST = 1e-6
"""Least probability of a level when weights are compared."""

KINDS = ("joined", "no longer joined", "newly asked", "no longer asked", "forbidden", "no longer forbidden")
"""What can happen to a pair."""


def completed(model: Model, base: Model) -> Model:
    """`model` with the strata and comparisons that only `base` knows: lists that came later may hold them."""
    strata = {name: _filled(stratum, base.strata.get(name)) for name, stratum in model.strata.items()}
    return replace(
        model,
        strata={name: s for name, s in base.strata.items() if name not in strata} | strata,
        levels={**base.levels, **model.levels},
    )


def _filled(stratum: Stratum, base: Stratum | None) -> Stratum:
    if base is None:
        return stratum
    return replace(stratum, m=base.m | stratum.m, r=base.r | stratum.r, u=base.u | stratum.u)


@dataclass(frozen=True)
class _Scored:
    """All pairs of a batch under one model, and those that `match` would list."""

    pairs: pl.DataFrame
    listed: pl.DataFrame


def band_changes(
    con: duckdb.DuckDBPyConnection, frames: Frames, before: MatchOptions, after: MatchOptions
) -> pl.DataFrame:
    """Pairs of a batch that stand in another band after: one row per pair, sorted by SUBJECTS.

    frames: those of `clients.match_clients`. Columns: SUBJECTS, kind (one of KINDS), band_, probability_ and
    evidence_ each with `before` and `after`, shift (bits between the two). Band `none`: not listed.
    """
    prepared = prepare_clients(frames)
    comparisons = comparisons_of(prepared)
    propose_clients(con, frames, prepared)
    found = [_scored(con, prepared, comparisons, options) for options in (before, after)]
    bands = found[0].listed.join(found[1].listed, on=["l", "r"], how="full", coalesce=True, suffix="_after")
    bands = bands.with_columns(pl.col("band", "band_after").fill_null("none"))
    changed = bands.filter(pl.col("band") != pl.col("band_after"))
    sides = [
        _shown(scored.pairs, changed.select("l", "r", band=column), prepared, comparisons)
        for scored, column in zip(found, ("band", "band_after"), strict=True)
    ]
    both = sides[0].join(sides[1], on=SUBJECTS, suffix="_after", validate="1:1")
    return _named(both).sort(SUBJECTS)


def _scored(
    con: duckdb.DuckDBPyConnection, prepared: Prepared, comparisons: list[Comparison], options: MatchOptions
) -> _Scored:
    pairs = with_probability(scored_clients(con, prepared, comparisons, options), comparisons)
    return _Scored(pairs, banded(con, pairs, comparisons, options).select("l", "r", "band"))


def _shown(
    pairs: pl.DataFrame, bands: pl.DataFrame, prepared: Prepared, comparisons: list[Comparison]
) -> pl.DataFrame:
    rows = pairs.join(bands, on=["l", "r"]).with_columns(decided_by=pl.lit(""), reason=pl.lit(""))
    found = with_evidence(rows, prepared.frame, comparisons)
    return found.select(*SUBJECTS, "band", "probability", "evidence")


def _named(both: pl.DataFrame) -> pl.DataFrame:
    both = both.rename({name: f"{name}_before" for name in ("band", "probability", "evidence")})
    odds = [pl.col(f"probability_{side}").clip(1e-15, 1 - 1e-12) for side in ("before", "after")]
    bits = [(p / (1 - p)).log(2) for p in odds]
    return both.with_columns(
        kind=pl.when(pl.col("band_after") == "exact")
        .then(pl.lit("joined"))
        .when(pl.col("band_before") == "exact")
        .then(pl.lit("no longer joined"))
        .when(pl.col("band_after") == "near")
        .then(pl.lit("newly asked"))
        .when(pl.col("band_before") == "near")
        .then(pl.lit("no longer asked"))
        .when(pl.col("band_after") == "rejected")
        .then(pl.lit("forbidden"))
        .otherwise(pl.lit("no longer forbidden")),
        shift=bits[1] - bits[0],
    )


def weight_changes(before: Model, after: Model) -> pl.DataFrame:
    """Bits of every level, log2(m / u), under both models: stratum, comparison, level, before, after, change.

    Comparisons that only one of them knows are left out.
    """
    rows = []
    for name, new in after.strata.items():
        old = before.strata.get(name)
        for comparison in new.m if old else ():
            if old and comparison in old.m:
                sentences = after.levels.get(comparison, [])
                pairs = zip(sentences, _bits(old, comparison), _bits(new, comparison), strict=False)
                rows += [(name, comparison, *row) for row in list(pairs)[1:]]
    texts = dict.fromkeys(("stratum", "comparison", "level"), pl.String())
    numbers = dict.fromkeys(("before", "after"), pl.Float64())
    frame = pl.DataFrame(rows, schema={**texts, **numbers}, orient="row")
    return frame.with_columns(change=pl.col("after") - pl.col("before"))


def _bits(stratum: Stratum, comparison: str) -> list[float]:
    m, u = (np.maximum(np.asarray(part[comparison]), _LEAST) for part in (stratum.m, stratum.u))
    bits: list[float] = np.log2(m / u).tolist()
    return bits
