"""Plain dates, times and words are read without DuckDB, and just as DuckDB reads them."""

import random

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal, assert_series_equal

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


def test_plain_words_agree_with_duckdb(con: duckdb.DuckDBPyConnection) -> None:
    words = ["true", "yes", "y", "1", "false", "no", "n", "0", "no_match", "unsure", "2", "ja", "", "yes "]
    texts = [
        form for word in words for form in (word, word.upper(), word.title(), word.swapcase()[:1] + word[1:])
    ]
    columns = [
        Column("flag", "boolean", "Yes or no."),
        Column("kind", "text", "One of three.", allowed=("Match", "no_match", "unsure")),
    ]
    raw = pl.DataFrame({"flag": [*texts, None, "nO"], "kind": [*texts, "mATCH", None]}).with_row_index(
        "_rowid"
    )
    sql = f"select {', '.join(f'{_value_sql(c)} as {c.name}' for c in columns)} from raw order by _rowid"
    slow = query(con, sql, {"raw": raw})
    assert slow["flag"].drop_nulls().len() > 20
    assert slow["kind"].drop_nulls().to_list()[-1] == "Match"
    assert_frame_equal(_cast(con, columns, raw), slow)


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ('{"a": 1}', True),
        ('{"a": [1, 2], "note": "x, ] and nan: NaN"}', True),
        ('{"a": ' + "[" * 150 + "]" * 150 + "}", True),
        ('{"a": 1,}', False),
        ('{"a": [1, ]}', False),
        ('{"a": NaN}', False),
        ('{"a": -Infinity}', False),
        ('{"a": [1, inf]}', False),
        ('{"a": ' + "[" * 1100 + "]" * 1100 + "}", False),
        ('{"a": ' + "1" * 5000 + "}", False),
    ],
    ids=lambda value: str(value)[:24],
)
def test_json_is_taken_only_where_others_can_read_it(
    text: str, sound: bool, con: duckdb.DuckDBPyConnection
) -> None:
    raw = pl.DataFrame({"_rowid": [0], "x": [text]}, schema_overrides={"_rowid": pl.get_index_type()})
    found = _cast(con, [Column("x", "json", "")], raw)
    assert found["x"].to_list() == [text if sound else None]
