"""Clues from beside the client's own row: contact people, Tax birth dates, what the old sync left out."""

import json
from typing import Any

import duckdb
import polars as pl
import pytest

from tests.factories import rows
from tests.matching.test_clients import frames, matched, record
from transforms.sql import Frames

BARE = "given_name=john;family_name=smith"
PERSON: dict[str, Any] = {"name": "Erika Mustermann", "email": "erika@x.au", "mobile": "0412 345 678"}


def _entries(match: pl.DataFrame, left: str = "a", right: str = "b") -> dict[str, dict[str, Any]]:
    of_pair = match.filter(left_id=left, right_id=right)["evidence"]
    return {entry["comparison"]: entry for entry in json.loads(of_pair.item())}


def _with_contacts(hq: dict[str, Any], xpm: dict[str, Any], values: str = BARE) -> Frames:
    named = {"name": "Name", "email": "Email", "mobile": "Mobile"}
    left = rows("hq_contacts", {"hq_client_id": "a", "hq_contact_id": "c1", **hq})
    there = {"ClientUUID": "b", "UUID": "c2", **{named[k]: v for k, v in xpm.items()}}
    right = rows("xpm_contacts", there)
    both = record("hq", "a", values), record("xpm", "b", values)
    return frames(*both, hq_contacts=left, xpm_contacts=right)


@pytest.mark.parametrize(
    ("other", "level"),
    [
        (PERSON, "same contact person, held by no other"),
        ({"name": "Erika Mustermann"}, "contact person of the same name"),
        ({"name": "Hans Weber", "email": "hans@x.au"}, "other contact person"),
    ],
)
def test_contact_people_speak_for_their_client(
    con: duckdb.DuckDBPyConnection, other: dict[str, Any], level: str
) -> None:
    found = _entries(matched(con, _with_contacts(PERSON, other)))["contact_people"]
    assert found["level"] == level
    assert (found["bits"] > 3) == (level != "other contact person")
    assert "erika mustermann" in found["left"]


def test_what_a_client_lacks_leaves_no_comma(con: duckdb.DuckDBPyConnection) -> None:
    nameless = _entries(matched(con, _with_contacts({"email": "erika@x.au"}, {"email": "erika@x.au"})))
    assert nameless["contact_people"]["left"] == nameless["contact_people"]["right"] == "erika@x.au"
    unreached = _entries(matched(con, _with_contacts(PERSON, {"name": "Erika Mustermann"})))
    assert unreached["contact_people"]["right"] == "erika mustermann"


def test_a_contact_who_is_the_client_says_his_name_only_once(con: duckdb.DuckDBPyConnection) -> None:
    himself = {"name": "Johnny Smith"}
    assert "contact_people" not in _entries(matched(con, _with_contacts(himself, {"name": "J Smith"})))


def _tax(given: str, family: str = "smith", **more: pl.DataFrame) -> Frames:
    born = f"given_name={given};family_name={family};date_of_birth=1970-03-04"
    known = record("hq", "a", f"{BARE};date_of_birth=1970-03-04"), record("xpm", "b", BARE)
    found = dict(frames(*known, record("tax", "t", born), **more))
    linked = pl.when(pl.col("source_id") == "t").then(pl.lit("b"))
    found["source_client"] = found["source_client"].with_columns(xpm_client_uuid=linked)
    return found


def test_a_client_without_birth_date_has_that_of_its_tax_record(con: duckdb.DuckDBPyConnection) -> None:
    match = matched(con, _tax("john"))
    assert _entries(match)["date_of_birth"]["right"] == "1970-03-04, from the Tax record"
    assert match.filter(left_id="a", right_id="b")["band"].item() == "exact"
    # It is no witness of its own claim to share that client.
    assert "date_of_birth" not in _entries(match, "b", "t")


def test_a_tax_record_of_another_name_or_refused_lends_no_birth_date(con: duckdb.DuckDBPyConnection) -> None:
    names = ("left_product", "left_id", "right_product", "right_id", "judgement")
    said = rows("effective_judgement", dict(zip(names, ("xpm", "b", "tax", "t", "no_match"), strict=True)))
    for found in (_tax("mary"), _tax("john", "jones"), _tax("john", effective_judgement=said)):
        assert "date_of_birth" not in _entries(matched(con, found))


@pytest.mark.parametrize(("other", "band"), [("kestrel marlin", "exact"), ("osprey wattle", "near")])
def test_a_client_that_may_be_a_person_or_a_firm_is_found_by_name_and_details(
    con: duckdb.DuckDBPyConnection, other: str, band: str
) -> None:
    details = "structure=unknown;entity_type=unknown;emails=k@k.nz;phones=+6421111222"
    left, right = (f"{details};full_name={name}" for name in ("kestrel marlin", other))
    match = matched(con, frames(record("hq", "a", left), record("xpm", "b", right)))
    assert match.filter(left_id="a", right_id="b")["band"].to_list() == [band]


@pytest.mark.parametrize(("middle", "counts"), [(None, False), ("Ying", True)])
def test_the_second_word_of_a_given_name_is_no_middle_name(
    con: duckdb.DuckDBPyConnection, middle: str | None, counts: bool
) -> None:
    name = "given_name=xiu;middle_name=ying;family_name=zhu;emails=z@x.au"
    found = dict(frames(record("hq", "a", name), record("xpm", "b", name)))
    xpm = pl.col("source_id") == "b"
    first = pl.when(xpm & (pl.lit(middle).is_not_null())).then(pl.lit("Xiu")).otherwise(pl.lit("Xiu Ying"))
    found["source_client"] = found["source_client"].with_columns(
        first_name=first, middle_name=pl.when(xpm).then(pl.lit(middle, pl.String))
    )
    assert ("middle_name" in _entries(matched(con, found))) == counts


def test_a_pair_that_the_old_sync_left_out_is_less_likely(con: duckdb.DuckDBPyConnection) -> None:
    clients = [
        record(
            product, f"z9{i}", f"given_name=anna{i};family_name=berg{i};emails=a{i}@x.au;phones=+6141234{i}"
        )
        for product in ("hq", "xpm")
        for i in range(1000, 1060)
    ]
    pair = record("hq", "a", BARE), record("xpm", "b", BARE)
    links = [{"hq_client_id": f"z9{i}", "xpm_client_uuid": f"z9{i}"} for i in range(1000, 1060)]
    used = _entries(matched(con, frames(*pair, *clients, client_sync=rows("client_sync", *links))))
    assert used["unsynced"]["bits"] == pytest.approx(-2, abs=0.3)
    assert "unsynced" not in _entries(matched(con, frames(*pair, *clients)))


def test_a_tax_number_typed_as_a_contacts_name_or_phone_is_not_shown(con: duckdb.DuckDBPyConnection) -> None:
    typed = {"name": "TFN 123456782", "email": "erika@x.au", "mobile": "49091850"}
    told = matched(con, _with_contacts(typed, typed))["evidence"].item()
    assert "erika@x.au" in told
    assert "123456782" not in told
    assert "49091850" not in told
