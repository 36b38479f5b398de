"""Levels of single comparisons, on a few records."""

import tracemalloc

import duckdb
import numpy as np
import polars as pl
import pytest

from matching.blocking import KEYS, hashes, records_of
from matching.columns import Records
from matching.comparison import Comparison
from matching.details import EMAIL, PHONE, PLACE
from matching.free import identifier
from matching.names import GIVEN
from matching.pairs import Pairs
from transforms import normalise

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
    homes = pl.DataFrame([HOME, HOME | other]).with_columns(
        street_sorted=pl.col("street").str.split(" ").list.sort().list.join(" "),
        address_count=1,
        address_hub=False,
    )
    assert levels(PLACE, homes, [(0, 1), (1, 0)]) == [level, level]


def levels(comparison: Comparison, records: pl.DataFrame, pairs: list[tuple[int, int]]) -> list[str]:
    """The sentence that says how each pair of records compares."""
    left, right = np.array(pairs, np.int64).T
    with duckdb.connect() as con:
        compared = Pairs(con, Records(records), left, right)
        found = compared.levels(comparison)
        # Few pairs are compared by their values alone.
        assert compared.all_levels([comparison])[0].tolist() == found.tolist()
    return [comparison.sentences[level] for level in found]


def test_each_pair_compares_as_it_does_alone() -> None:
    """Names recur, in either order, and may be missing; a condition is worked out once for two values."""
    names = ["anna", "anne", "a", None, "anna", "hannah", "bob", "robert", "anne", "johanna", "ana"]
    records = pl.DataFrame({"given": names, "family": names[::-1], "middle": names[1:] + names[:1]})
    records = records.with_columns(
        given_known=pl.col("given") != "ana", given_roots=normalise.nickname_roots(records["given"])
    )
    pairs = [(a, b) for a in range(len(names)) for b in range(len(names))]
    together = levels(GIVEN, records, pairs)
    assert together == [levels(GIVEN, records, [pair])[0] for pair in pairs]
    assert len(set(together)) >= 8


def test_given_and_family_name_in_each_others_field() -> None:
    records = pl.DataFrame(
        {
            "given": ["hall", "isabelle", "lee", "marie", "lee", None],
            "family": ["isabella", "hall", "marie", "lee", "lee", "lee"],
            "middle": [None] * 6,
            "given_known": [True] * 6,
        },
        schema_overrides={"middle": pl.String},
    ).with_columns(given_roots=pl.concat_list("given"))
    pairs = [(0, 1), (2, 3), (4, 4), (0, 3), (2, 5)]
    swapped, same, other, missing = (
        "given and family name swapped", "same given name", "other given name", "missing",
    )  # fmt: skip
    assert levels(GIVEN, records, pairs) == [swapped, swapped, same, other, missing]


def test_lists_that_share_a_value() -> None:
    """Of several values any may be the one; a value that many hold counts less."""
    records = pl.DataFrame(
        {
            "emails_own": [["a@x.au", "b@x.au"], ["c@x.au", "b@x.au"], [], [], ["d@y.nz"]],
            "emails_family": [[], ["f@x.au"], ["f@x.au", "g@x.au"], [], []],
        },
        schema={"emails_own": pl.List(pl.String), "emails_family": pl.List(pl.String)},
    ).with_columns(given=pl.lit(None, pl.String), family=pl.lit(None, pl.String))
    own, few = "same e-mail, held by no other", "same e-mail, shared by a few"
    pairs = [(0, 1), (1, 0), (1, 2), (2, 1), (0, 3), (0, 4)]
    assert levels(EMAIL, records, pairs) == [own, own, few, few, "missing", "other e-mail"]


def test_long_lists_are_compared_in_little_memory() -> None:
    many = [[f"{i * 150 + k}@x.au" for k in range(150)] for i in range(12)]
    records = pl.DataFrame({"emails_own": [*many, *(one[-1:] + one[:-1] for one in many)]})
    left, right = (pairs.ravel() for pairs in np.meshgrid(np.arange(24), np.arange(24)))
    with duckdb.connect() as con:
        pairs = Pairs(con, Records(records), left, right)
        tracemalloc.start()
        found = pairs.first(["list_has_any(l.emails_own, r.emails_own)"]) == 0
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert np.array_equal(found, left % 12 == right % 12)
    assert peak < 200e6


@pytest.mark.parametrize(
    ("box", "tells"),
    [("ann.lee", False), ("alee", False), ("lee_a", False), ("alee84", True), ("bluewren", True)],
)
def test_an_e_mail_name_made_of_the_persons_tells_nothing_of_its_own(box: str, tells: bool) -> None:
    records = pl.DataFrame(
        {
            "emails_own": [[f"{box}@gmail.com"], [f"{box}@bigpond.com"]],
            "emails_family": [[], []],
            "given": ["ann", None],
            "family": ["lee", None],
        },
        schema_overrides={"emails_family": pl.List(pl.String)},
    )
    found = levels(EMAIL, records, [(0, 1), (1, 0)])
    assert (found == ["same name before the @"] * 2) == tells
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("0298765432", "0298765431", True),
        ("0298765432", "029876543", True),
        ("0298765432", "0298765423", False),
        ("0298765432", "0311111111", False),
        ("éa12345678", "éb12345678", True),
    ],
)
def test_one_edit_is_told_by_letters_first(one: str, other: str, alike: bool) -> None:
    records = pl.DataFrame({"phones_own": [[one], [other]], "phones_family": [[], []]}, schema_overrides={
        "phones_family": pl.List(pl.String)
    })  # fmt: skip
    level = "phone one digit apart" if alike else "other phone"
    assert levels(PHONE, records, [(0, 1), (1, 0)]) == [level, level]


def test_swapped_lines_of_an_address_share_a_key() -> None:
    key = next(key for key in KEYS if key.name == "words of the street, and city")
    homes = pl.DataFrame([HOME, HOME | {"street": "wattle park mclachla nst", "house": None}])
    frame = homes.select(pl.all(), rid=pl.int_range(2), part_no=0, address_hub=False)
    one, other = (set(of["value"]) for of in records_of(frame, key, hashes(frame, [key])).partition_by("rid"))
    assert (len(one), len(other), len(one & other)) == (2, 2, 1)


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("100194", "10012", "other number"),
        ("100194", "100122", "number one or two digits apart"),
        ("10019", "1001", "number one or two digits apart"),
    ],
)
def test_identifiers_compare_the_same_either_way_round(one: str, other: str, level: str) -> None:
    records = pl.DataFrame({"own number": [one, other]})
    assert levels(identifier("own number"), records, [(0, 1), (1, 0)]) == [level, level]


def test_codes_of_as_many_letters_and_other_bytes() -> None:
    homes = pl.DataFrame([HOME, HOME | {"post_code": "21\u0661\u0662"}]).with_columns(
        street_sorted="street", address_count=1, address_hub=False
    )
    assert levels(PLACE, homes, [(0, 1)]) == ["same address, held by no other"]
