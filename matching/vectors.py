"""Comparison vectors of pairs: the level of every clue, and what the score needs beside them."""

import re
from collections.abc import Collection

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.buckets import Scope
from matching.comparison import Comparison
from matching.em import Space, Vectors
from matching.names import SWAPPED

STRATA = ("person", "organisation", "other")
"""Kinds of pair with parameters of their own: both persons, both organisations, anything else."""

_MACROS = """
create or replace temp macro jaccard_words(a, b) as
    len(list_intersect(string_split(a, ' '), string_split(b, ' ')))
    / len(list_distinct(list_concat(string_split(a, ' '), string_split(b, ' '))))
"""


def compare(
    con: duckdb.DuckDBPyConnection, source: str, comparisons: list[Comparison], stratified: bool
) -> pl.DataFrame:
    """Vectors of the pairs in table `source(l, r)`.

    One row per pair: l, r, within, stratum (index into STRATA), size (of `em.Vectors`), level columns c0 …,
    and for comparisons with rarity n0 … (records that share the value), sorted by l and r.
    """
    con.execute(_MACROS)
    levels = ", ".join(f"{c.sql} as c{k}" for k, c in enumerate(comparisons))
    rare = [k for k, c in enumerate(comparisons) if c.rarity]
    counts = "".join(f", n{k}" for k in rare)
    held = "".join(f', l."n_{comparisons[k].rarity}" as n{k}' for k in rare)
    stratum = (
        "case when l.entity = 1 and r.entity = 1 then 0 when l.entity = 2 and r.entity = 2 then 1 else 2 end"
        if stratified
        else "0"
    )
    # A company can only be one of the companies.
    size = "if(l.entity = r.entity and l.entity > 0, l.peers, l.size)" if stratified else "l.size"
    outer = (
        f"select l, r, l.list = r.list as within, ({stratum})::utinyint as stratum, size, {levels}{counts}"
    )
    outer, inner = _once(outer)
    sql = f"""
        {outer} from (
            select pair.l, pair.r, {size} as size{held}, {inner}
            from {source} as pair
            inner join prepared as l on l.rid = pair.l
            inner join prepared as r on r.rid = pair.r
        )
        order by l, r
    """
    return con.execute(sql).pl()


_SIMILARITY = re.compile(r'(jaro_winkler_similarity\(l\."(\w+)", r\."\2")\) >= ([\d.]+)')
_COLUMN = re.compile(r'\b([lr])\.(?:"([^"]+)"|(\w+))')


def _once(sql: str) -> tuple[str, str]:
    """The expression over plain columns, and the select list that makes them: each similarity only once."""
    similar = {"swapped": SWAPPED} if SWAPPED in sql else {}
    sql = sql.replace(SWAPPED, '"swapped"')
    found = sorted(_SIMILARITY.findall(sql), key=lambda one: -float(one[2]))
    # Below the least similarity that any level asks for, its exact value does not matter.
    similar |= {f"jw_{column}": f"{call}, {least})" for call, column, least in found}
    sql = _SIMILARITY.sub(lambda m: f'"jw_{m[2]}" >= {m[3]}', sql)
    columns = {f"{m[1]}_{m[2] or m[3]}": m[0] for m in _COLUMN.finditer(sql)}
    sql = _COLUMN.sub(lambda m: f'"{m[1]}_{m[2] or m[3]}"', sql)
    made = {**columns, **similar}
    return sql, ", ".join(f'{expression} as "{name}"' for name, expression in sorted(made.items()))


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
