"""Plain dates and times are read without DuckDB, and just as DuckDB reads them."""

import random

import duckdb
import polars as pl
import pytest
from polars.testing import assert_series_equal

from expectations.contracts import Column
from transforms.ingest.casts import _cast, _value_sql
from transforms.sql import query

DAYS = [
    "2024-01-15",
    "2024-02-29",
    "2023-02-29",
    "1799-12-31",
    "1800-01-01",
    "2199-12-31",
    "2200-01-01",
    "2024-1-5",
]
CLOCKS = [
    "",
    "T10:00:00",
    " 10:00:00",
    "T24:00:00",
    "T25:00:00",
    "T10:60:00",
    "T10:00:60",
    "T10:00",
    "T1:00:000",
]
ENDS = ["", "Z", "z", " Z", ".5", ".123456", ".1234567", ",25Z", "+10:00", "-0530", ".", "x"]


@pytest.mark.parametrize("kind", ["date", "timestamp"])
def test_plain_values_agree_with_duckdb(kind: str, con: duckdb.DuckDBPyConnection) -> None:
    texts = [day + clock + end for day in DAYS for clock in CLOCKS for end in ENDS]
    random.Random(7).shuffle(texts)
    column = Column("at", kind, "An instant.")
    raw = pl.DataFrame({"at": texts}).with_row_index("_rowid")
    sql = f"select {_value_sql(column)} as at from raw order by _rowid"
    slow = query(con, sql, {"raw": raw})["at"]
    assert slow.drop_nulls().len() > 50
    assert_series_equal(_cast(con, [column], raw)["at"], slow)
