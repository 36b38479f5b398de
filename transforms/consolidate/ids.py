"""Stable ids: of the record that a client, contact or group stands on."""

import duckdb
import polars as pl

from transforms.sql import run_sql


def stable_ids(con: duckdb.DuckDBPyConnection, standing: pl.DataFrame, prefix: str) -> pl.Series:
    """The id of each row of `standing`: practice_id, product, source_id. `prefix`: c, p or g, the kind."""
    numbered = standing.select("practice_id", "product", "source_id").with_row_index("number")
    found = run_sql(con, "stable_ids", {"standing": numbered}, {"prefix": prefix})
    return found.sort("number")["id"]
