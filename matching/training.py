"""Training without labels: the pairs of the lists themselves, counted by what they agree on, teach a model.

Every candidate is compared, and of all other pairs a sample that stands for the rest (see `em`).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import duckdb
import numpy as np
import polars as pl

from matching import vectors
from matching.buckets import Buckets, Ints, Scope, is_first
from matching.comparison import Comparison
from matching.em import Space, Vectors, fit, recounted
from matching.model import Model, Stratum
from matching.parallel import over
from matching.prepare import Prepared
from matching.vectors import STRATA

_SAMPLE, _SAMPLE_EACH = 40_000, 50
"""Non-candidate pairs drawn, about: so many (more in very long lists, where each stands for more), and for
each record at most so many."""


@dataclass(frozen=True)
class Observed:
    """What the pairs of one scope look like."""

    records: pl.DataFrame
    """The records that they are pairs of: rid, part_no, list, and entity where pairs are of several kinds."""
    candidates: pl.DataFrame
    """Every candidate, as of `vectors.compare`."""
    counted: pl.DataFrame
    """All pairs by their vectors: stratum, within, size, level columns, seen (pairs compared), and pairs that
    these stand for."""

    @cached_property
    def sizes(self) -> pl.DataFrame:
        """part_no, list, entity (where there is one), n: records of each kind in each list."""
        kinds = [column for column in ("part_no", "list", "entity") if column in self.records.columns]
        return self.records.group_by(kinds).agg(n=pl.len())


def observe(
    con: duckdb.DuckDBPyConnection,
    prepared: Prepared,
    comparisons: list[Comparison],
    scope: Scope,
    some: pl.DataFrame | None = None,
) -> Observed:
    """The candidates in `con` and a sample of the other pairs of all records, or of `some` of `prepared`."""
    stratified = "structure" in prepared.filled
    records = (prepared.frame if some is None else some).select(
        "rid", "part_no", "list", *["entity"] * stratified
    )
    con.register("drawn", _drawn(records, scope))
    con.execute("create or replace temp table other as select * from drawn anti join candidate using (l, r)")
    con.execute("create or replace temp table observed as from candidate union all from other")
    con.unregister("drawn")
    compared = vectors.compare(con, "observed", prepared.records, comparisons, stratified)
    drawn = con.execute("from other").pl()
    others = compared.join(drawn, on=["l", "r"], how="semi")
    candidates = compared.join(drawn, on=["l", "r"], how="anti", maintain_order="left")
    weight = max(_total_pairs(records, scope) - candidates.height, 0.0) / max(others.height, 1)
    counted = [_counted(candidates, comparisons, 1.0), _counted(others, comparisons, weight)]
    return Observed(records, candidates, pl.concat(counted))


def fitted(observed: Sequence[Observed], comparisons: list[Comparison], cautiously: bool = False) -> Model:
    """A model fitted to the pairs of one scope, or of two: those between lists first, then those inside.

    `cautiously`: as of `em.fit`.
    """
    counted = pl.concat(one.counted for one in observed)

    def of_kind(name: str | None, usual: Stratum | None) -> Stratum:
        vectors = _as_vectors(_of_kind(counted, name), comparisons)
        return fit(comparisons, vectors, _space(observed, name), usual, cautiously)

    return Model(_by_kind(observed, of_kind), levels={c.name: list(c.sentences) for c in comparisons})


def refined(
    model: Model, observed: Sequence[Observed], comparisons: list[Comparison], pairs: pl.DataFrame
) -> Model:
    """The model with m and the share of matches counted anew, of pairs that were judged beside their rivals.

    A latent class cannot know that a record has one partner: namesakes and families of long lists look like
    matches that differ in a birth date, and teach that such a difference means little. Beside its right
    partner none of them is one.
    pairs: candidates, as of `vectors.compare`, with probability.
    """

    def of_kind(name: str | None, usual: Stratum | None) -> Stratum:
        some = _of_kind(pairs, name)
        matches = _as_vectors(some.with_columns(seen=1.0, size=0.0, pairs="probability"), comparisons)
        stratum = model.strata[name or STRATA[0]]
        return recounted(comparisons, stratum, matches, _space(observed, name), usual)

    return replace(model, strata=_by_kind(observed, of_kind))


def _by_kind(
    observed: Sequence[Observed], of_kind: Callable[[str | None, Stratum | None], Stratum]
) -> dict[str, Stratum]:
    """The stratum of each kind of pair in view of that of all pairs (kind None), or this alone."""
    whole = of_kind(None, None)
    if "entity" not in observed[0].records.columns:
        return {STRATA[0]: whole}
    return dict(zip(STRATA, over(lambda name: of_kind(name, whole), STRATA), strict=True))


def _of_kind(pairs: pl.DataFrame, name: str | None) -> pl.DataFrame:
    return pairs.filter(pl.col("stratum") == STRATA.index(name)) if name else pairs


def _space(observed: Sequence[Observed], name: str | None) -> Space:
    """How many pairs of this kind could match."""
    entity = {"person": 1, "organisation": 2}.get(name or "")
    between, inside = (one.sizes for one in (observed[0], observed[-1]))
    if entity is not None:
        between, inside = (sizes.filter(pl.col("entity") == entity) for sizes in (between, inside))
    return Space(_partners(between), float(inside["n"].sum()))


def train(
    con: duckdb.DuckDBPyConnection, prepared: Prepared, comparisons: list[Comparison], scope: Scope
) -> tuple[Model, pl.DataFrame]:
    """A model fitted to the candidates in `con`, and their comparison vectors."""
    observed = observe(con, prepared, comparisons, scope)
    return fitted([observed], comparisons), observed.candidates


def _drawn(records: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    """Pairs l < r that the scope allows: all where they are few, else a fixed pseudo-random sample."""
    total = _total_pairs(records, scope)
    if total <= _SAMPLE:
        one, other = _every_pair(records, scope)
    else:
        one, other = _some_pairs(records, scope, max(_SAMPLE, math.isqrt(int(total))))
    ends = {"l": np.minimum(one, other), "r": np.maximum(one, other)}
    return pl.DataFrame({end: records["rid"].gather(at) for end, at in ends.items()}).unique().sort("l", "r")


def _every_pair(records: pl.DataFrame, scope: Scope) -> tuple[Ints, Ints]:
    place = np.arange(records.height)
    in_part = Buckets(place, records["part_no"].to_numpy().astype(np.int64))
    return in_part.pairs(records["list"].to_numpy(), scope, _SAMPLE)


def _some_pairs(records: pl.DataFrame, scope: Scope, most: int) -> tuple[Ints, Ints]:
    """Places of `most` records, about, and of a partner each: the same whichever of two lists comes first."""
    low, high, list_low, list_high = (
        column.to_numpy().astype(np.int64)
        for column in records.with_row_index("place").select(
            edge.over(keys).alias(f"{name} {len(keys)}")
            for keys in (["part_no"], ["part_no", "list"])
            for name, edge in (("low", pl.col("place").min()), ("high", pl.col("place").max() + 1))
        )
    )
    # Records of one place in their lists draw together, by one number.
    place = np.arange(records.height)
    order = np.lexsort((place - list_low, low))
    several = np.flatnonzero(is_first((low << 32 | place - list_low)[order]))
    wanted = min(most, _SAMPLE_EACH * len(place)) * len(several) // len(place)
    group = np.arange(wanted) * len(several) // wanted
    held = np.diff(several, append=len(place))[group]
    first = order[np.repeat(several[group] - np.cumsum(held) + held, held) + np.arange(held.sum())]
    drawn = np.repeat(np.random.default_rng(len(place)).random(wanted), held)
    low, high, list_low, list_high = (edge[first] for edge in (low, high, list_low, list_high))
    # The others of its own list come first, then the other lists.
    others, rest = list_high - list_low - 1, high - low - (list_high - list_low)
    begin, end = others * (scope == "cross"), others + rest * (scope != "within")
    at = begin + (drawn * (end - begin)).astype(np.int64)
    own, away = list_low + at, low + at - others
    own += own >= first
    away += (away >= list_low) * (list_high - list_low)
    some = end > begin
    return first[some], np.where(at < others, own, away)[some]


def _total_pairs(records: pl.DataFrame, scope: Scope) -> float:
    """Pairs of the whole space."""
    n = pl.col("n").cast(pl.Float64)
    pairs = {
        "cross": n.sum() ** 2 / 2 - (n * n).sum() / 2,
        "within": (n * (n - 1)).sum() / 2,
        "all": n.sum() * (n.sum() - 1) / 2,
    }[scope]
    sizes = records.group_by("part_no", "list").agg(n=pl.len())
    return float(sizes.group_by("part_no").agg(pairs=pairs)["pairs"].sum())


def _partners(sizes: pl.DataFrame) -> float:
    """Pairs between lists that could match at most: records of the shorter list of each two."""
    sizes = sizes.group_by("part_no", "list").agg(pl.col("n").sum())
    both = sizes.join(sizes, on="part_no").filter(pl.col("list") < pl.col("list_right"))
    return float(both.select(pl.min_horizontal("n", "n_right").sum()).item())


def _counted(pairs: pl.DataFrame, comparisons: list[Comparison], weight: float) -> pl.DataFrame:
    """Distinct vectors of `pairs` with the number of pairs that have each, and `weight` times as many.

    Sizes are grouped to steps of about a fifth: close enough for a prior.
    """
    keys = ["stratum", *(f"c{k}" for k in range(len(comparisons))), "size", "within"]
    counted = pairs.with_columns((pl.col("size").log(2) * 4).round() / 4).group_by(keys).agg(seen=pl.len())
    return counted.sort(keys).with_columns(pairs=pl.col("seen") * weight)


def _as_vectors(counted: pl.DataFrame, comparisons: list[Comparison]) -> Vectors:
    return Vectors(
        vectors.levels_of(counted, len(comparisons)),
        counted["pairs"].to_numpy().astype(np.float64),
        counted["seen"].to_numpy().astype(np.float64),
        2.0 ** counted["size"].to_numpy().astype(np.float64),
        counted["within"].to_numpy().astype(np.bool_),
    )
