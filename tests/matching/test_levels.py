"""Levels of single comparisons, on one pair of records."""

import duckdb
import polars as pl
import pytest

from matching.blocking import KEYS, records_of
from matching.details import PLACE

Home = dict[str, str | None]
HOME: Home = {
    "house": "3", "street": "mclachlan st wattle park", "city": "eastwood", "post_code": "2112",
    "region": "nsw",
}  # fmt: skip


@pytest.mark.parametrize(
    ("other", "level"),
    [
        ({}, "same address, held by no other"),
        ({"post_code": "2121"}, "same address, held by no other"),
        ({"post_code": "2121", "city": None}, "same address, held by no other"),
        ({"post_code": "2221", "city": None}, "same street and number, other place"),
        ({"post_code": "9999", "city": "perth"}, "same street and number, other place"),
        (
            {"post_code": "9999", "city": "perth", "street": "mclachla nst wattlepark"},
            "same street and number, other place",
        ),
        ({"post_code": "9999", "city": "perth", "house": None}, "same street and number, other place"),
        ({"post_code": "9999", "city": "perth", "house": "4"}, "same region"),
        ({"street": "wattle park mclachlan st", "house": "4"}, "same street, other or no number"),
        ({"street": "high st", "house": "4", "city": "x", "post_code": "2211"}, "same region"),
        (
            {"street": "high st", "house": "4", "city": None, "post_code": "2121"},
            "postcode or city spelled alike",
        ),
    ],
)  # fmt: skip
def test_place(other: Home, level: str) -> None:
    found = []
    for left, right in ((HOME, HOME | other), (HOME | other, HOME)):
        with duckdb.connect() as con:
            query = f"select {PLACE.sql} from ({_side(left)}) as l, ({_side(right)}) as r"
            found.append(PLACE.sentences[con.execute(query).fetchall()[0][0]])
    assert found == [level, level]


def _side(home: Home) -> str:
    full = home | {"street_sorted": " ".join(sorted((home["street"] or "").split()))}
    texts = ", ".join(f"{'null' if v is None else repr(v)}::varchar as {k}" for k, v in full.items())
    return f"select {texts}, 1 as address_count, false as address_hub"


def test_swapped_lines_of_an_address_share_a_key() -> None:
    key = next(key for key in KEYS if key.name == "words of the street, and city")
    homes = pl.DataFrame([HOME, HOME | {"street": "wattle park mclachla nst", "house": None}])
    frame = homes.select(pl.all(), rid=pl.int_range(2), part_no=0, address_hub=False)
    one, other = (set(of["value"]) for of in records_of(frame, key).partition_by("rid"))
    assert (len(one), len(other), len(one & other)) == (2, 2, 1)
