"""What became of each record that was read."""

import duckdb
import polars as pl

from expectations.conform import conform
from transforms.sql import run_sql


def crosswalk(
    con: duckdb.DuckDBPyConnection,
    fate: pl.DataFrame,
    quarantine: pl.DataFrame,
    links: pl.DataFrame,
    run_id: str,
) -> pl.DataFrame:
    """Table `crosswalk`: clients by their fate, unreadable ones as `quarantined`, and the rows of the links.

    `links`: crosswalk rows of contacts, groups and relationships.
    """
    known = {"fate": fate.select("practice_id", "product", "source_id"), "quarantine": quarantine}
    unreadable = run_sql(con, "consolidate/crosswalk", known)
    clients = fate.with_columns(entity=pl.lit("client"), unified_id="client_id")
    parts = [frame.select(unreadable.columns) for frame in (clients, unreadable, links)]
    rows = pl.concat(parts).with_columns(run_id=pl.lit(run_id))
    return conform(rows, "crosswalk")
