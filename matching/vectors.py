"""Comparison vectors of pairs: the level of every clue, and what the score needs beside them."""

from collections.abc import Collection

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.buckets import Scope
from matching.columns import Records
from matching.comparison import Comparison
from matching.em import Space, Vectors
from matching.pairs import Pairs

STRATA = ("person", "organisation", "other")
"""Kinds of pair with parameters of their own: both persons, both organisations, anything else."""


def compare(
    con: duckdb.DuckDBPyConnection,
    source: str,
    records: Records,
    comparisons: list[Comparison],
    stratified: bool,
) -> pl.DataFrame:
    """Vectors of the pairs in table `source(l, r)`; records: of `Prepared`.

    One row per pair: l, r, within, stratum (index into STRATA), size (of `em.Vectors`), level columns c0 …,
    and for comparisons with rarity n0 … (records that share the value), sorted by l and r.
    """
    frame = records.frame
    wide = con.execute(f"select l::bigint << 32 | r as both from {source}").pl()["both"].sort().to_numpy()
    left, right = wide >> 32, wide & 0xFFFFFFFF
    lists, size, stratum = frame["list"].to_numpy(), frame["size"].to_numpy()[left], np.zeros(len(wide))
    if stratified:
        entity, peers = frame["entity"].to_numpy(), frame["peers"].to_numpy()
        alike = (entity[left] == entity[right]) & (entity[left] > 0)
        stratum = np.where(alike, entity[left] - 1.0, STRATA.index("other"))
        # A company can only be one of the companies.
        size = np.where(alike, peers[left], size)
    found = {
        "l": left.astype(np.uint32),
        "r": right.astype(np.uint32),
        "within": lists[left] == lists[right],
        "stratum": stratum.astype(np.uint8),
        "size": size,
    }
    levels = Pairs(con, records, left, right).all_levels(comparisons)
    found |= {f"c{k}": level for k, level in enumerate(levels)}
    rare = {f"n{k}": f"n_{c.rarity}" for k, c in enumerate(comparisons) if c.rarity}
    return pl.DataFrame(found | {name: frame[held].to_numpy()[left] for name, held in rare.items()})


def sample_others(con: duckdb.DuckDBPyConnection, records: pl.DataFrame, scope: Scope, draws: int) -> None:
    """Make table `other(l, r)`: a fixed pseudo-random sample of the pairs that are no candidates.

    records: rid, part_no, list of all prepared records in the order of rid; draws: partners drawn for each.
    """
    spans = records.select(
        pl.col("rid").min().over("part_no").alias("low"), pl.len().over("part_no").alias("n"), "list"
    )
    low, n, lists = (np.tile(spans[column].to_numpy().astype(np.int64), draws) for column in spans.columns)
    first = np.tile(np.arange(records.height, dtype=np.int64), draws)
    second = low + np.random.default_rng(records.height).integers(0, n)
    same = lists == lists[second]
    wanted = {"cross": ~same, "within": same, "all": np.ones_like(same)}[scope] & (first != second)
    left, right = np.minimum(first, second)[wanted], np.maximum(first, second)[wanted]
    drawn = pl.DataFrame({"l": left, "r": right}).unique().sort("l", "r")
    con.register("drawn", drawn)
    con.execute("create or replace temp table other as select * from drawn anti join candidate using (l, r)")
    con.unregister("drawn")


def total_pairs(con: duckdb.DuckDBPyConnection, scope: Scope) -> float:
    """Pairs of the whole space."""
    formula = {
        "cross": "(sum(n) * sum(n) - sum(n * n)) / 2",
        "within": "sum(n * (n - 1)) / 2",
        "all": "sum(n) * (sum(n) - 1) / 2",
    }[scope]
    rows = con.execute(
        f"select coalesce(sum(pairs), 0) from (select {formula} as pairs from"
        " (select part_no, list, count(*)::double as n from prepared group by all) group by part_no)"
    ).fetchall()
    return float(rows[0][0])


def space(con: duckdb.DuckDBPyConnection, entities: Collection[int] | None) -> Space:
    """Records that could match at most: of the shorter list of each pair of lists, and of every list."""
    chosen = f"where entity in ({', '.join(map(str, entities))})" if entities else ""
    rows = con.execute(f"""
        with sizes as (select part_no, list, count(*)::double as n from prepared {chosen} group by all)
        select
            (select coalesce(sum(least(a.n, b.n)), 0) from sizes as a inner join sizes as b
             on a.part_no = b.part_no and a.list < b.list),
            (select coalesce(sum(n), 0) from sizes)
    """).fetchall()
    return Space(float(rows[0][0]), float(rows[0][1]))


def to_vectors(frame: pl.DataFrame, comparisons: list[Comparison], weight: float) -> Vectors:
    """Distinct vectors of `frame` with the number of pairs behind each times `weight`.

    Sizes are grouped to steps of about a fifth: close enough for a prior.
    """
    names = [f"c{k}" for k in range(len(comparisons))]
    counted = (
        frame.with_columns((pl.col("size").log(2) * 4).round() / 4)
        .group_by(*names, "size", "within")
        .agg(pl.len().alias("pairs"))
        .sort(*names, "size", "within")
    )
    return Vectors(
        levels_of(counted, len(names)),
        counted["pairs"].to_numpy().astype(np.float64) * weight,
        2.0 ** counted["size"].to_numpy().astype(np.float64),
        counted["within"].to_numpy().astype(np.bool_),
    )


def levels_of(frame: pl.DataFrame, comparisons: int) -> NDArray[np.uint8]:
    """The level columns c0 … of so many comparisons, pairs × comparisons; there may be none of either."""
    names = [f"c{k}" for k in range(comparisons)]
    return frame.select(names).to_numpy().astype(np.uint8).reshape(frame.height, comparisons)


def stack(parts: list[Vectors]) -> Vectors:
    """Several sets of vectors as one."""
    return Vectors(
        np.concatenate([p.levels for p in parts]),
        np.concatenate([p.weight for p in parts]),
        np.concatenate([p.size for p in parts]),
        np.concatenate([p.within for p in parts]),
    )
