"""Which decisions count, which is the newest, and the reasons of the others."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from expectations.contracts import tables
from tests.factories import rows
from transforms.decisions import effective
from transforms.sql import connect

NAMES = ("practices", "staff", "policies", "selections", "matches", "organisation_links", "source_client")
STAFF = rows(
    "staff",
    {"user_id": "master", "hq_role": "master_admin", "xpm_edit_all": True},
    {"user_id": "admin", "hq_role": "admin", "xpm_edit_all": True},
    {"user_id": "viewer", "hq_role": "admin", "xpm_edit_all": False},
    {"user_id": "clerk", "hq_role": "standard", "xpm_edit_all": True},
)
CLIENTS = rows(
    "source_client",
    *({"product": p, "source_id": i} for p, i in [("hq", "h1"), ("xpm", "x1"), ("xpm", "x2"), ("tax", "t1")]),
)


def _at(day: int) -> dt.datetime:
    return dt.datetime(2024, 1, day)


def _run(**given: pl.DataFrame) -> dict[str, pl.DataFrame]:
    empty = {
        name: tables(folder)[name].empty()
        for name in NAMES
        for folder in ("source", "internal")
        if name in tables(folder)
    }
    people = {
        "practices": rows("practices", {"connection": "confirmed", "connected_by": "master"}),
        "staff": STAFF,
    }
    with connect(threads=1) as con:
        return effective(con, {**empty, "source_client": CLIENTS, **people, **given}, "run-1")


def _policies(*decisions: dict[str, Any]) -> pl.DataFrame:
    return rows(
        "policies",
        *({"policy": "all_xpm", "decided_by": "admin", "decided_at": _at(1), **d} for d in decisions),
    )


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        ("admin", None),
        ("master", None),
        ("viewer", "lacks Edit-All"),
        ("clerk", "has the Xero HQ role standard"),
        ("nobody", "not in the staff list"),
    ],
)
def test_authority(user: str, reason: str | None) -> None:
    found = _run(policies=_policies({"decided_by": user}))
    assert found["effective_policy"].height == (reason is None)
    reasons = found["rejected_decision"]["reason"].to_list()
    assert reasons == [] if reason is None else reason in reasons[0]


def test_without_a_staff_list_everything_counts() -> None:
    found = _run(policies=_policies({"decided_by": "nobody"}), staff=STAFF.clear())
    assert (found["effective_policy"].height, found["rejected_decision"].height) == (1, 0)


def test_newest_that_counts_wins_and_older_ones_are_just_older() -> None:
    found = _run(
        policies=_policies(
            {"policy": "all_hq", "decided_at": _at(2), "acknowledged": ["b", "a", "a"]},
            {"policy": "all_xpm", "decided_at": _at(1)},
            {"policy": "selection", "decided_at": _at(3), "decided_by": "clerk"},
        )
    )
    row = found["effective_policy"].row(0, named=True)
    assert (row["policy"], row["acknowledged"], row["fill_blanks"]) == ("all_hq", ["a", "b"], False)
    assert found["rejected_decision"]["content"].to_list() == ["selection, not confirmed"]


def test_contradiction_of_one_instant_is_reported() -> None:
    decisions = [{"policy": "selection"}, {"policy": "all_hq"}, {"policy": "all_hq", "decided_by": "master"}]
    for order in (decisions, decisions[::-1]):
        found = _run(policies=_policies(*order))
        assert found["effective_policy"]["policy"].to_list() == ["all_hq"]
        assert found["rejected_decision"]["content"].to_list() == ["selection, not confirmed"]
        assert "At the same instant" in found["rejected_decision"]["reason"].item()


@pytest.mark.parametrize(
    ("by", "rejected"), [("master", False), ("admin", True), ("nobody", True), (None, False)]
)
def test_connecting_is_the_master_admins(by: str | None, rejected: bool) -> None:
    practices = rows("practices", {"connection": "confirmed", "connected_by": by})
    found = _run(practices=practices)["rejected_decision"]
    assert found["decision"].to_list() == (["connection"] if rejected else [])


def test_no_account_publishes_hq_whatever_was_decided() -> None:
    practices = rows("practices", {"connection": "no_account"})
    kept = [("all_hq", True)]
    assert _run(practices=practices)["effective_policy"].select("policy", "confirmed").rows() == kept
    older = _policies({"confirmed": False, "acknowledged": ["drops_working_clients"]})
    decided = _run(practices=practices, policies=older)["effective_policy"]
    assert decided.select("policy", "confirmed").rows() == kept
    assert decided["acknowledged"].to_list() == [["drops_working_clients"]]


def test_judgements_are_of_the_unordered_pair() -> None:
    said = {
        "left_product": "xpm",
        "left_id": "x1",
        "right_product": "hq",
        "right_id": "h1",
        "decided_by": "admin",
    }
    turned = {
        "left_product": "hq",
        "left_id": "h1",
        "right_product": "xpm",
        "right_id": "x1",
        "decided_by": "admin",
    }
    matches = rows(
        "matches",
        {**said, "judgement": "match", "decided_at": _at(1)},
        {**turned, "judgement": "no_match", "decided_at": _at(2)},
    )
    found = _run(matches=matches)["effective_judgement"]
    newest = ("hq", "h1", "xpm", "x1", "no_match", "admin", _at(2))
    assert found.drop("practice_id").rows() == [newest]


@pytest.mark.parametrize(
    ("left", "right", "reason"),
    [
        (("xpm", "x2"), ("xpm", "x1"), None),
        (("xpm", "x1"), ("xpm", "x1"), "one record"),
        (("hq", "h9"), ("xpm", "x1"), "hq client h9 not among the readable clients"),
        (("tax", "t1"), ("hq", "h1"), None),
    ],
)
def test_judgements_name_two_known_records(
    left: tuple[str, str], right: tuple[str, str], reason: str | None
) -> None:
    row = {"left_product": left[0], "left_id": left[1], "right_product": right[0], "right_id": right[1]}
    found = _run(matches=rows("matches", {**row, "judgement": "match", "decided_by": "admin"}))
    assert found["effective_judgement"].height == (reason is None)
    assert reason is None or reason in found["rejected_decision"]["reason"].item()


def test_selections_and_organisations_name_known_records() -> None:
    by = {"decided_by": "admin"}
    selections = rows(
        "selections",
        {"product": "hq", "source_id": "h1", "keep": True, **by},
        {"product": "hq", "source_id": "h9", **by},
    )
    links = rows(
        "organisation_links",
        {"organisation_id": "o1", **by},
        {"organisation_id": "o2", "product": "hq", "source_id": "h1", **by},
        {"organisation_id": "o3", "product": "hq", "source_id": "h9", **by},
        {"organisation_id": "o4", "product": "hq", **by},
    )
    found = _run(selections=selections, organisation_links=links)
    assert found["effective_selection"].select("source_id", "keep").rows() == [("h1", True)]
    assert found["effective_organisation"]["organisation_id"].to_list() == ["o1", "o2"]
    assert sorted(found["rejected_decision"]["subject"]) == [
        "hq client h9",
        "organisation o3",
        "organisation o4",
    ]
