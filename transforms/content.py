"""Has the published content of a practice changed? Its hash depends on neither row order, thread nor run."""

import hashlib
from collections.abc import Sequence

import duckdb
import polars as pl

from expectations.contracts import Table, tables
from transforms.sql import Frames, query

_LEFT_OUT = ("practice_id", "run_id")  # the group itself, and what every run changes


def published_tables() -> list[Table]:
    """Contracts of the tables that change only when a practice is published, by name."""
    return [contract for _, contract in sorted(tables("published").items()) if contract.kind == "published"]


def content_hashes(
    con: duckdb.DuckDBPyConnection, frames: Frames, practice_ids: Sequence[str]
) -> pl.DataFrame:
    """`practice_id`, `content_hash` (32 hex digits): one row per practice of `practice_ids`, sorted.

    The hash covers the rows of every published table in `frames` but their `run_id`; a practice without any
    row has the hash of nothing. Row hashes are summed, so order cannot matter. They are DuckDB's own (stable
    within a version of DuckDB, which is pinned): md5 of the rows costs four times as much, and after an
    upgrade the price is one night in which every practice counts as changed.
    """
    scope = pl.DataFrame({"practice_id": sorted(set(practice_ids))}, schema={"practice_id": pl.String})
    # Mostly few of the practices, so their rows are picked before all columns are handed over.
    ours = pl.col("practice_id").is_in(scope["practice_id"].implode())
    held = {t.name: frames[t.name].filter(ours) for t in published_tables() if t.name in frames}
    if not held:
        rows = pl.DataFrame(schema={"practice_id": pl.String, "line": pl.String})
    else:
        hashed = " union all ".join(_table_hash(t) for t in published_tables() if t.name in held)
        rows = query(con, hashed, held)
    lines = rows.sort("practice_id", "line").group_by("practice_id", maintain_order=True).agg("line")
    joined = scope.join(lines, on="practice_id", how="left", maintain_order="left")
    texts = joined["line"].list.join("\n").fill_null("")
    hashes = [hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() for text in texts]
    return scope.with_columns(pl.Series("content_hash", hashes, dtype=pl.String))


def _table_hash(contract: Table) -> str:
    held = [column for column in contract.columns if column.name not in _LEFT_OUT]
    # To hash() an empty list is what a missing one is; their lengths differ.
    lengths = [f'len("{column.name}")' for column in held if column.type == "texts"]
    columns = ", ".join([f'"{column.name}"' for column in held] + lengths)
    # Two sums, because rows could be found that one sum of 64 bits takes for another set.
    return f"""
        select practice_id, '{contract.name} ' || count(*) || ' ' || sum(h) || ' ' || sum(hash(h)) as line
        from (select practice_id, hash({columns}) as h from {contract.name})
        group by practice_id"""
