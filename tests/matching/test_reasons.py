"""Why a pair stands in its band: one sentence per kind of decision."""

from functools import cache

import duckdb
import polars as pl
import pytest

from tests.factories import rows
from tests.matching.test_clients import JOHN, frames, matched, matched_each, record
from transforms.sql import Frames

MARY = "given_name=mary;family_name=chen;date_of_birth=1950-01-02;emails=m@c.au"
NUMBER = ";tax_number={0};tax_last3={1}"


def _judged(judgement: str) -> pl.DataFrame:
    ends = {"left_product": "hq", "left_id": "a", "right_product": "xpm", "right_id": "b"}
    return rows("effective_judgement", {**ends, "judgement": judgement})


def _tax(values: str) -> Frames:
    found = dict(frames(record("xpm", "b", JOHN), record("tax", "t", values)))
    linked = pl.when(pl.col("source_id") == "t").then(pl.lit("b"))
    found["source_client"] = found["source_client"].with_columns(xpm_client_uuid=linked)
    return found


def _pair(left: str, right: str, **given: pl.DataFrame) -> Frames:
    return frames(record("hq", "a", left), record("xpm", "b", right), **given)


LINK = rows("client_sync", {"hq_client_id": "a", "xpm_client_uuid": "b"})
BARE = "given_name=john;family_name=smith"
FIRM = "structure=company;organisation_name=kestrel holdings"
FAMILY = "given_name=john;family_name=smith;emails=j@x.au;phones=+61412345678"
RARE = "given_name=elizabeth;family_name=dimitriou"
CASES: list[tuple[Frames, str, str]] = [
    (_pair(JOHN, JOHN), "exact", "The probability reached the threshold for joining."),
    (
        _pair(JOHN + NUMBER.format("123456782", "782"), JOHN + NUMBER.format("123456782", "782")),
        "exact",
        "A registered number agrees, and the probability reached",
    ),
    (_pair(RARE, RARE, client_sync=LINK), "exact", "The old client sync paired them, and with that"),
    (_tax(JOHN), "exact", "The Tax record names this client, and its details do not contradict that."),
    (_tax(MARY), "near", "The Tax record names this client, but its other details contradict that."),
    (_pair(JOHN, MARY, effective_judgement=_judged("match")), "exact", "A person said that they are one"),
    (_pair(JOHN, JOHN, effective_judgement=_judged("no_match")), "rejected", "A person said that they"),
    (_pair(JOHN, JOHN, effective_judgement=_judged("unsure")), "near", "A person was unsure"),
    (
        _pair(JOHN + NUMBER.format("123456782", "782"), JOHN + NUMBER.format("876543210", "210")),
        "rejected",
        "The tax numbers differ, which forbids a join without a person.",
    ),
    (frames(record("hq", "a", JOHN), record("hq", "b", JOHN)), "near", "They stand in one list:"),
    (_pair(BARE, BARE), "near", "Too few details agree: the probability stays below the threshold"),
    (_pair(FIRM + ";emails=q@x.au", FIRM + ";emails=zz@y.au"), "near", "Some details speak against it"),
    (_pair(FAMILY, FAMILY.replace("78", "87")), "near", "Relatives or sister comp"),
]  # fmt: skip


@cache
def _cases() -> list[pl.DataFrame]:
    return matched_each([given for given, *_ in CASES])


@pytest.mark.parametrize("number", range(len(CASES)))
def test_the_reason_of_a_band(number: int) -> None:
    _, band, reason = CASES[number]
    [found] = _cases()[number].rows(named=True)
    assert (found["band"], found["reason"][: len(reason)]) == (band, reason)


def test_rivals_are_the_reason_of_a_tie(con: duckdb.DuckDBPyConnection) -> None:
    tied = matched(con, frames(*[record(p, i, JOHN) for p, i in (("hq", "a"), ("xpm", "b"), ("xpm", "c"))]))
    between = tied.filter(pl.col("left_product") == "hq")
    assert between["reason"].unique().to_list() == [
        "Two records of one list fit equally well: a person must choose."
    ]


def test_a_likely_pair_of_other_names_wants_support(con: duckdb.DuckDBPyConnection) -> None:
    left = "given_name=john;family_name=smith;emails=j@x.au;phones=+61412345678;websites=john.au"
    right = left.replace("john;", "peter;")
    match = matched(con, _pair(left, right, client_sync=LINK))
    assert match["band"].to_list() == ["near"]
    assert match["reason"].item().startswith("The names differ, and no registered number or birth date")
