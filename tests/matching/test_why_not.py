"""Why not: the pairs of one record that table `match` does not hold."""

import json

import duckdb
import polars as pl
import pytest

from matching.clients import match_clients
from matching.options import MatchOptions
from matching.why_not import Subject, pairs_of
from tests.factories import rows
from tests.matching.test_clients import JOHN, frames, record
from transforms.sql import Frames, connect

SUBJECT = Subject("AU-000001", "hq", "a")
PETER = JOHN.replace("john", "peter").replace("1970-03-04", "1972-11-20")
COMPANY = "structure=company;organisation_name=john smith;emails=j@x.au;phones=+61412345678"


def _world() -> Frames:
    ends = {"left_product": "hq", "left_id": "a", "right_product": "xpm", "right_id": "said"}
    return frames(
        record("hq", "a", JOHN),
        record("xpm", "b", JOHN),
        record("xpm", "brother", PETER),
        record("xpm", "company", COMPANY),
        record("xpm", "said", "given_name=zoe;family_name=quill"),
        record("tax", "far", "given_name=olga;family_name=brandt;date_of_birth=1931-12-30"),
        effective_judgement=rows("effective_judgement", {**ends, "judgement": "no_match"}),
    )


@pytest.fixture
def pairs(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    return pairs_of(con, _world(), MatchOptions(), SUBJECT)


def test_every_other_record_is_compared_and_the_likeliest_come_first(pairs: pl.DataFrame) -> None:
    assert pairs.height == 6 - 1 + 2 * 200
    assert ((pairs["left_id"] == "a") | (pairs["right_id"] == "a")).all()
    able = pairs.filter(~pl.col("reason").str.contains("never compared"))
    assert able["probability"].is_sorted(descending=True)
    assert pairs["reason"][-1] == "A person and an organisation are never compared."


def test_pairs_of_the_store_are_as_they_are_there(pairs: pl.DataFrame) -> None:
    with connect() as con:
        match = match_clients(con, _world(), MatchOptions(), "run-1").filter(pl.col("left_id") == "a")
    stored = pairs.filter(pl.col("band") != "none").sort("right_id")
    columns = ("right_id", "band", "decided_by", "reason")
    assert stored.select(columns).rows() == match.sort("right_id").select(columns).rows()
    assert dict(stored.select("right_id", "band").rows()) == {"b": "exact", "said": "rejected"}


def test_what_was_left_out_has_evidence_and_a_reason(pairs: pl.DataFrame) -> None:
    rows = {row["right_id"]: row for row in pairs.rows(named=True)}
    assert {rows[i]["band"] for i in ("brother", "company", "far")} == {"none"}
    assert "Another candidate" in rows["brother"]["reason"] or "below" in rows["brother"]["reason"]
    assert rows["company"]["reason"] == "A person and an organisation are never compared."
    assert rows["far"]["reason"].startswith("They have too little in common to be compared")
    against = [e["level"] for e in json.loads(rows["brother"]["evidence"]) if e["bits"] < 0]
    assert {"other given name", "other date"} <= set(against)


def test_a_tax_record_that_names_another_client_says_so(con: duckdb.DuckDBPyConnection) -> None:
    found = dict(frames(*[record(p, i, JOHN) for p, i in (("hq", "a"), ("xpm", "b"), ("tax", "t"))]))
    linked = pl.when(pl.col("source_id") == "t").then(pl.lit("b"))
    found["source_client"] = found["source_client"].with_columns(xpm_client_uuid=linked)
    pairs = pairs_of(con, found, MatchOptions(), SUBJECT).filter(pl.col("right_id") == "t")
    assert pairs.select("band", "reason").rows() == [
        ("none", "The Tax record names another client and is compared with that one only.")
    ]


def test_an_unknown_record_has_no_pairs(con: duckdb.DuckDBPyConnection) -> None:
    assert pairs_of(con, _world(), MatchOptions(), Subject("AU-000001", "hq", "ghost")).height == 0
