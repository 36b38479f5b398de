"""Stable ids: of the record that a client, contact or group stands on."""

import duckdb
import polars as pl

from transforms.sql import run_sql


def stable_ids(con: duckdb.DuckDBPyConnection, standing: pl.DataFrame, prefix: str) -> pl.Series:
    """The id of each row of `standing`: practice_id, product, source_id. `prefix`: c, p or g, the kind."""
    key = standing.select(pl.concat_str("practice_id", "product", "source_id", separator="|")).to_series()
    return f"{prefix}_" + md5(con, key).str.head(20)


def md5(con: duckdb.DuckDBPyConnection, texts: pl.Series) -> pl.Series:
    """The MD5 of each text, 32 hex digits; Polars has none."""
    numbered = texts.to_frame("text").with_row_index("number")
    return run_sql(con, "md5", {"texts": numbered}).sort("number")["hash"]
