"""Runs SQL files over Polars frames: the one way in which a step uses DuckDB."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

Frames = Mapping[str, pl.DataFrame]
"""Table name → frame in the shape of that table's contract."""


@contextmanager
def connect(
    threads: int = 2, memory_limit: str = "2GB", scratch: Path | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory DuckDB for one run, which spills to `scratch` where that is given.

    Time zone UTC; no extension is installed or loaded by itself, so nothing reaches for the network.
    """
    settings: dict[str, Any] = {
        "threads": threads,
        "memory_limit": memory_limit,
        "autoinstall_known_extensions": False,
        "preserve_insertion_order": False,
        # Polars takes text in this form as it is; any other is copied.
        "arrow_output_version": "1.5",
        "produce_arrow_string_view": True,
    }
    if scratch:
        settings["temp_directory"] = str(scratch)
    con = duckdb.connect(":memory:", config=settings)
    # DuckDB 1.5 fails on some joins over Arrow with "Pushdown Filter Type BLOOM_FILTER is not implemented",
    # and Arrow has no filter of a join for text as views.
    con.execute("set disabled_optimizers = 'join_filter_pushdown'")
    try:
        yield con
    finally:
        con.close()


@cache
def sql_text(path: str) -> str:
    """Text of a file of `transforms/sql/`, given without its ending."""
    return (Path(__file__).parent / "sql" / f"{path}.sql").read_text(encoding="utf-8")


def run_sql(
    con: duckdb.DuckDBPyConnection, path: str, frames: Frames, params: Mapping[str, Any] | None = None
) -> pl.DataFrame:
    """Result of the one SELECT in `transforms/sql/<path>.sql` over `frames`; `$name` binds a parameter."""
    return query(con, sql_text(path), frames, params)


def query(
    con: duckdb.DuckDBPyConnection, sql: str, frames: Frames, params: Mapping[str, Any] | None = None
) -> pl.DataFrame:
    """Result of one SELECT over `frames`, each visible under its name for this call only."""
    for name, frame in frames.items():
        # Text goes as views, uncopied: it needs the settings of `connect`.
        con.register(name, frame.to_arrow(compat_level=pl.CompatLevel.newest()))
    try:
        return con.execute(sql, dict(params) if params else None).pl()
    finally:
        for name in frames:
            con.unregister(name)
