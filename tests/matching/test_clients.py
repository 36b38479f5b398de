"""Matching in the run: bands, judgements, links and evidence, with the model that ships."""

import csv
import datetime as dt
import json
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from expectations.contracts import table
from matching.clients import match_clients
from matching.options import MatchOptions
from tests.factories import rows
from transforms.sql import Frames, connect

CASES = list(csv.DictReader((Path(__file__).parent / "cases.csv").read_text("utf-8").splitlines()))
_ORGANISATION = ("company", "trust", "super_fund", "partnership")
JOHN = "given_name=john;family_name=smith;date_of_birth=1970-03-04;emails=j@x.au;phones=+61412345678"


def record(product: str, source_id: str, values: str) -> dict[str, Any]:
    """A comparable record from `column=value;…`."""
    given: dict[str, Any] = dict(part.split("=", 1) for part in values.split(";"))
    for column in ("emails", "phones", "websites"):
        given[column] = [given[column]] if column in given else []
    if "date_of_birth" in given:
        given["date_of_birth"] = dt.date.fromisoformat(given["date_of_birth"])
    structure = given.pop("structure", "individual")
    name = given.get("organisation_name") or f"{given.get('given_name')} {given.get('family_name')}"
    entity = "organisation" if structure in _ORGANISATION else "person"
    base = {"product": product, "source_id": source_id, "structure": structure, "entity_type": entity}
    return {**base, "full_name": name, **given}


def strangers(product: str) -> list[dict[str, Any]]:
    """Two hundred other people, so that a name counts for what it does in a real list."""
    return [
        record(product, f"z{i:03}", f"given_name=given{i % 40};family_name=fam{product}{i}")
        for i in range(200)
    ]


def frames(*records: dict[str, Any], **given: pl.DataFrame) -> Frames:
    clients = [*records, *(r for product in ("hq", "xpm") for r in strangers(product))]
    sources = [{"product": r["product"], "source_id": r["source_id"]} for r in clients]
    base = {
        "comparable": rows("comparable", *clients),
        "source_client": rows("source_client", *sources),
        "practices": rows("practices", {"region": "AU"}),
        **{name: table(name).empty() for name in ("client_sync", "hq_contacts", "xpm_contacts")},
        "effective_judgement": table("effective_judgement").empty(),
    }
    return {**base, **given}


def matched(con: duckdb.DuckDBPyConnection, found: Frames) -> pl.DataFrame:
    return match_clients(con, found, MatchOptions(), "run-1").filter(~pl.col("left_id").str.starts_with("z"))


def matched_each(worlds: Sequence[Frames]) -> list[pl.DataFrame]:
    """Matches of each, all in one batch: each as a practice of its own."""
    ids = [f"AU-{number:06d}" for number in range(len(worlds))]
    together = {
        name: pl.concat(
            world[name].with_columns(practice_id=pl.lit(own)) for own, world in zip(ids, worlds, strict=True)
        )
        for name in worlds[0]
    }
    with connect() as con:
        match = matched(con, together)
    return [match.filter(practice_id=own) for own in ids]


@cache
def _cases() -> list[pl.DataFrame]:
    ends = ("product_l", "a", "left"), ("product_r", "b", "right")
    return matched_each([frames(*(record(c[p], i, c[side]) for p, i, side in ends)) for c in CASES])


@pytest.mark.parametrize("number", range(len(CASES)), ids=[c["case"] for c in CASES])
def test_case(number: int) -> None:
    band = CASES[number]["band"]
    assert _cases()[number]["band"].to_list() == ([band] if band else [])


@pytest.mark.parametrize("right", [JOHN, "given_name=mary;family_name=chen"])
def test_a_persons_judgement_beats_the_score_and_keeps_it(right: str) -> None:
    bands = {"match": "exact", "no_match": "rejected", "unsure": "near"}
    ends = {"left_product": "hq", "left_id": "a", "right_product": "xpm", "right_id": "b"}
    said = [rows("effective_judgement", {**ends, "judgement": judgement}) for judgement in bands]
    pair = frames(record("hq", "a", JOHN), record("xpm", "b", right))
    without, *judged = matched_each([pair, *({**pair, "effective_judgement": one} for one in said)])
    assert [match["band"].to_list() for match in judged] == [[band] for band in bands.values()]
    for match in judged:
        assert match["decided_by"].to_list() == ["person"]
        if right == JOHN:
            assert match["probability"].to_list() == without["probability"].to_list()
        else:
            assert match["probability"].item() < 0.01


def test_records_without_a_clue_in_common_are_no_pair(con: duckdb.DuckDBPyConnection) -> None:
    ids = (("hq", "a"), ("hq", "b"), ("xpm", "c"))
    bare = [record(product, i, "structure=unknown") | {"full_name": None} for product, i in ids]
    found = {**frames(*bare), "comparable": rows("comparable", *bare)}
    assert matched(con, found).height == 0
    names = ("left_product", "left_id", "right_product", "right_id", "judgement")
    said = rows("effective_judgement", dict(zip(names, ("hq", "a", "xpm", "c", "match"), strict=True)))
    match = matched(con, {**found, "effective_judgement": said})
    assert match.select("left_id", "right_id", "band").rows() == [("a", "c", "exact")]


def test_two_equal_candidates_go_to_a_person(con: duckdb.DuckDBPyConnection) -> None:
    match = matched(con, frames(*[record(p, i, JOHN) for p, i in (("hq", "a"), ("xpm", "b"), ("xpm", "c"))]))
    between = match.filter(pl.col("left_product") == "hq")
    assert between["band"].to_list() == ["near", "near"]
    assert between["probability"].max() <= 0.5  # type: ignore[operator]  # a number


@pytest.mark.parametrize(
    ("left", "right", "judgement", "bands"),
    [
        (("xpm", "b"), ("xpm", "c"), "match", {"b": "exact", "c": "exact"}),
        (("hq", "a"), ("xpm", "c"), "no_match", {"b": "exact", "c": "rejected"}),
        (("hq", "a"), ("xpm", "c"), "unsure", {"b": "near", "c": "near"}),
    ],
)
def test_an_answer_settles_the_tie_and_leaves_the_probability(
    con: duckdb.DuckDBPyConnection,
    left: tuple[str, str],
    right: tuple[str, str],
    judgement: str,
    bands: dict[str, str],
) -> None:
    tied = frames(*[record(p, i, JOHN) for p, i in (("hq", "a"), ("xpm", "b"), ("xpm", "c"))])
    names = ("left_product", "left_id", "right_product", "right_id", "judgement")
    said = rows("effective_judgement", dict(zip(names, (*left, *right, judgement), strict=True)))
    match = matched(con, {**tied, "effective_judgement": said}).filter(pl.col("left_product") == "hq")
    assert dict(match.select("right_id", "band").rows()) == bands
    assert match["probability"].to_list() == [pytest.approx(0.5, abs=1e-4)] * 2


def test_an_old_link_helps_and_a_wrong_one_does_not_join(con: duckdb.DuckDBPyConnection) -> None:
    name = "given_name=elizabeth;family_name=dimitriou"
    link = rows("client_sync", {"hq_client_id": "a", "xpm_client_uuid": "b"})
    right = matched(con, frames(record("hq", "a", name), record("xpm", "b", name), client_sync=link))
    assert (right["band"].item(), right["decided_by"].item()) == ("exact", "sync_link")
    other = record("xpm", "b", "given_name=mary;family_name=chen;date_of_birth=1950-01-02;emails=m@c.au")
    wrong = matched(con, frames(record("hq", "a", JOHN), other, client_sync=link))
    assert "exact" not in wrong["band"].to_list()


@pytest.mark.parametrize(
    ("books", "weight", "band"), [("org1", 14, "exact"), ("org2", -3.3, "near"), (None, None, "near")]
)
def test_the_organisation_of_a_tax_record_speaks_for_the_client_that_it_shares(
    con: duckdb.DuckDBPyConnection, books: str | None, weight: float | None, band: str
) -> None:
    name = "given_name=john;family_name=smith"
    found = dict(frames(*[record(p, i, name) for p, i in (("hq", "a"), ("xpm", "b"), ("tax", "t"))]))
    tax, hq = pl.col("source_id") == "t", pl.col("source_id") == "a"
    found["source_client"] = found["source_client"].with_columns(
        xpm_client_uuid=pl.when(tax).then(pl.lit("b")),
        organisation_id=pl.when(hq).then(pl.lit("org1")).when(tax).then(pl.lit(books)),
    )
    match = matched(con, found)
    of_pair = match.filter(left_product="hq", right_product="xpm")
    assert of_pair["band"].item() == band
    assert _weight(of_pair, "xero_organisation") == (weight and pytest.approx(weight, abs=4))
    if books:
        shown = [e for e in json.loads(of_pair["evidence"].item()) if e["comparison"] == "xero_organisation"]
        assert (shown[0]["left"], shown[0]["right"]) == ("org1", books)
    # It is no witness of its own claim to share that client.
    assert _weight(match.filter(left_product="xpm"), "xero_organisation") is None


def test_a_tax_record_that_a_person_refused_is_compared_with_the_others(
    con: duckdb.DuckDBPyConnection,
) -> None:
    mary = "given_name=mary;family_name=chen;date_of_birth=1950-01-02"
    found = dict(frames(record("hq", "a", JOHN), record("xpm", "b", mary), record("tax", "t", JOHN)))
    tax = pl.col("source_id") == "t"
    found["source_client"] = found["source_client"].with_columns(
        xpm_client_uuid=pl.when(tax).then(pl.lit("b")), organisation_id=pl.when(tax).then(pl.lit("org1"))
    )
    names = ("left_product", "left_id", "right_product", "right_id", "judgement")
    said = rows("effective_judgement", dict(zip(names, ("tax", "t", "xpm", "b", "no_match"), strict=True)))
    match = matched(con, {**found, "effective_judgement": said})
    bands = match.filter(pl.col("right_id") == "t").select("left_id", "band").sort("left_id").rows()
    assert bands == [("a", "exact"), ("b", "rejected")]


def _weight(match: pl.DataFrame, comparison: str) -> float | None:
    told = json.loads(match["evidence"].item())
    return next((one["bits"] for one in told if one["comparison"] == comparison), None)


@pytest.mark.parametrize(
    ("values", "band"),
    [(JOHN, "exact"), ("given_name=mary;family_name=chen;date_of_birth=1950-01-02", "near")],
)
def test_a_tax_link_holds_unless_its_own_data_contradicts(
    con: duckdb.DuckDBPyConnection, values: str, band: str
) -> None:
    found = dict(frames(record("xpm", "b", JOHN), record("tax", "t", values)))
    linked = pl.when(pl.col("source_id") == "t").then(pl.lit("b"))
    found["source_client"] = found["source_client"].with_columns(xpm_client_uuid=linked)
    match = matched(con, found)
    assert match.select("band", "decided_by").rows() == [(band, "tax_uuid")]


def test_two_tax_records_may_name_one_client(con: duckdb.DuckDBPyConnection) -> None:
    found = dict(frames(record("xpm", "b", JOHN), record("tax", "t", JOHN), record("tax", "u", JOHN)))
    linked = pl.when(pl.col("product") == "tax").then(pl.lit("b"))
    found["source_client"] = found["source_client"].with_columns(xpm_client_uuid=linked)
    match = matched(con, found).filter(pl.col("left_id") == "b")
    assert match.select("right_id", "band", "decided_by").rows() == [
        ("t", "exact", "tax_uuid"),
        ("u", "exact", "tax_uuid"),
    ]


@pytest.mark.parametrize(
    ("held", "right", "level"),
    [
        ("keller family", "organisation_name=keller family", "same organisation name"),
        (
            "keller family",
            "organisation_name=acorn nominees;trustee_for=webb family",
            "trading or trustee name of the other",
        ),
    ],
)
def test_a_trust_is_compared_by_its_own_name(
    con: duckdb.DuckDBPyConnection, held: str, right: str, level: str
) -> None:
    both = "structure=trust;emails=k@k.nz;phones=+6421111222;"
    trustee = f"{both}organisation_name=acorn nominees;trustee_for={held}"
    match = matched(con, frames(record("hq", "a", trustee), record("xpm", "b", both + right)))
    assert level in {entry["level"] for entry in json.loads(match["evidence"].item())}


def test_the_practices_own_details_are_no_evidence(con: duckdb.DuckDBPyConnection) -> None:
    shared = "given_name={};family_name=wong;emails=office@practice.au"
    pair = frames(*[record(p, "a", shared.format(n)) for p, n in (("hq", "jane"), ("xpm", "june"))])
    own = rows("practices", {"region": "AU", "email": "office@practice.au"})
    said = json.dumps(matched(con, {**pair, "practices": own})["evidence"].to_list())
    assert "office" not in said


def test_evidence_adds_up_to_the_probability_and_masks_tax_numbers(con: duckdb.DuckDBPyConnection) -> None:
    whole = JOHN + ";tax_number=123456782;tax_last3=782"
    match = matched(con, frames(record("xpm", "b", whole), record("tax", "t", whole)))
    evidence = json.loads(match["evidence"].item())
    total, probability = sum(entry["bits"] for entry in evidence), match["probability"].item()
    assert total == pytest.approx(math.log2(probability / (1 - min(probability, 1 - 1e-12))), abs=0.1)
    assert {"tax_number", "given_name", "prior", "kinship", "rivals"} <= {e["comparison"] for e in evidence}
    assert "123456782" not in match["evidence"].item()
    assert '"******782"' in match["evidence"].item()


def test_evidence_holds_any_text(con: duckdb.DuckDBPyConnection) -> None:
    name = 'the "old" c:\\pub'
    match = matched(
        con, frames(*(record(p, p, f"organisation_name={name};structure=trust") for p in ("hq", "xpm")))
    )
    evidence = {entry["comparison"]: entry for entry in json.loads(match["evidence"].item())}
    assert evidence["organisation_name"]["left"] == evidence["organisation_name"]["right"] == name


def test_order_and_threads_change_nothing() -> None:
    found = frames(record("hq", "a", JOHN), record("xpm", "b", JOHN))
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=3) for name, frame in found.items()}
    results = []
    for threads, given in ((1, found), (2, shuffled)):
        with connect(threads=threads) as con:
            results.append(match_clients(con, given, MatchOptions(), "run-1"))
    assert results[0].equals(results[1])


def test_a_practice_alone_is_matched_as_in_the_fleet(con: duckdb.DuckDBPyConnection) -> None:
    one = frames(record("hq", "a", JOHN), record("xpm", "b", JOHN))
    other = {
        name: frame.with_columns(pl.lit("AU-000002").alias("practice_id")) for name, frame in one.items()
    }
    both = {name: pl.concat([frame, other[name]]) for name, frame in one.items()}
    fleet = match_clients(con, both, MatchOptions(), "run-1").filter(pl.col("practice_id") == "AU-000001")
    assert fleet.equals(match_clients(con, one, MatchOptions(), "run-1"))
