"""The report of the blocking keys."""

import duckdb
import polars as pl

from matching.blocking import Key
from matching.key_report import key_report

KEYS = [
    Key("name", ("name",), (pl.col("name"),), 3),
    Key("town", ("town",), (pl.col("town"),), 2),
    Key("words", ("words",), (), 10, (pl.col("words"),)),
]


def prepared() -> pl.DataFrame:
    rows = [
        ("ann", "perth", ["a"]), ("ann", "perth", ["b", "b"]), ("bob", "perth", ["b"]), ("bob", None, None),
    ]  # fmt: skip
    return pl.DataFrame(
        [(number, 0, number % 2, 0, *row) for number, row in enumerate(rows)],
        schema={"rid": pl.UInt32, "part_no": pl.UInt32, "list": pl.UInt8, "entity": pl.UInt8,
                "name": pl.String, "town": pl.String, "words": pl.List(pl.String)},
        orient="row",
    )  # fmt: skip


def test_each_key_is_told_what_it_found_and_what_it_alone_found(con: duckdb.DuckDBPyConnection) -> None:
    matches = pl.DataFrame({"l": [0, 1, 2], "r": [1, 2, 3]}, schema={"l": pl.UInt32, "r": pl.UInt32})
    report = key_report(con, prepared(), KEYS, matches)
    assert report.keys.rows(named=True) == [
        {"key": "name", "records": 4, "dropped": 0, "pairs": 2, "matches": 2, "alone": 2},
        # Three records of one town give three pairs, more than its limit.
        {"key": "town", "records": 3, "dropped": 1, "pairs": 0, "matches": 0, "alone": 0},
        {"key": "words", "records": 3, "dropped": 0, "pairs": 1, "matches": 1, "alone": 1},
    ]
    assert report.matches == 3


def test_matches_seen_once_tell_of_those_never_seen(con: duckdb.DuckDBPyConnection) -> None:
    once = pl.DataFrame({"l": [0, 1, 2], "r": [1, 2, 3]}, schema={"l": pl.UInt32, "r": pl.UInt32})
    assert key_report(con, prepared(), KEYS, once).lost == 3.0
    seen_twice = [*KEYS, Key("name again", ("name",), (pl.col("name"),), 3)]
    assert key_report(con, prepared(), seen_twice, once).lost == 0.0
