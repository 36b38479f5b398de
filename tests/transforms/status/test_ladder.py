"""The steps and outcomes of the contract as a table of cases that anyone can extend: cases.csv."""

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.factories import rows
from transforms.content import content_hashes
from transforms.sql import connect
from transforms.status import Night, practice_status, publishable

CASES = list(csv.DictReader((Path(__file__).parent / "cases.csv").read_text(encoding="utf-8").splitlines()))
_OPENED, _CLOSED = dt.datetime(2024, 1, 14, 9), dt.datetime(2024, 1, 14, 10)
_TOOL = {
    "open": {"tool_opened_at": _OPENED},
    "closed": {"tool_opened_at": _OPENED, "tool_closed_at": _CLOSED},
    "reopened": {"tool_opened_at": _CLOSED, "tool_closed_at": _OPENED},
}


def _frames(case: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    it = {"practice_id": case["case"]}
    return {
        "practices": [
            it
            | {"connection": case["connection"], "connected_by": case["connected_by"] or None}
            | _TOOL[case["tool"]]
        ],
        "staff": [
            it | {"user_id": "boss", "hq_role": "master_admin"},
            it | {"user_id": "clerk", "hq_role": "admin"},
        ]
        if case["master"]
        else [],
        "practice_verdict": []
        if case["failed"] == "true" and not case["policy"]
        else [
            it
            | {
                "policy": case["policy"] or None,
                "confirmed": case["confirmed"] == "true",
                "undecided": int(case["undecided"]),
                "refused_by": [case["refused"]] if case["refused"] else [],
            }
        ],
        "intake": [
            it | {"product": "hq", "entity": "clients", "accepted": True},
            it | {"product": "xpm", "entity": "clients", "accepted": case["list_taken"] == "true"},
        ],
        "validation_failure": [
            it | {"failing_key": str(i), "severity": "critical"} for i in range(int(case["failures"]))
        ]
        + [it | {"failing_key": "w", "severity": "warning"}],
        "review_item": [it | {"item_id": str(i), "blocking": True} for i in range(int(case["blocking"]))]
        + [it | {"item_id": "free", "blocking": False}],
        "unified_client": [it | {"client_id": "c1"}],
    }


@pytest.fixture(scope="module")
def found() -> Iterator[pl.DataFrame]:
    """The status of every case, each case a practice of one fleet."""
    gathered: dict[str, list[dict[str, Any]]] = {}
    for case in CASES:
        for name, lines in _frames(case).items():
            gathered.setdefault(name, []).extend(lines)
    frames = {name: rows(name, *lines) for name, lines in gathered.items()}
    failed = {c["case"]: "KeyError" for c in CASES if c["failed"] == "true"}
    day = dt.date(2024, 1, 15)
    night = Night("run-2", day, day, dt.datetime(2024, 1, 15, 2), failed=failed)
    with connect() as con:
        hashes = dict(content_hashes(con, frames, [c["case"] for c in CASES]).iter_rows())
        before = [
            {
                "practice_id": c["case"],
                "last_published_at": None if c["before"] == "never" else dt.datetime(2024, 1, 14),
                "content_hash": {"never": None, "same": hashes[c["case"]], "other": "0"}[c["before"]],
            }
            for c in CASES
        ]
        yield practice_status(con, frames, rows("practice_status", *before), night)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_step_and_outcome(case: dict[str, str], found: pl.DataFrame) -> None:
    row = found.row(by_predicate=pl.col("practice_id") == case["case"], named=True)
    wanted = {name: case[name] for name in ("step", "outcome", "actor_role")}
    assert {name: row[name] for name in wanted} == wanted


def test_only_published_is_publishable(found: pl.DataFrame) -> None:
    assert publishable(found) == sorted(c["case"] for c in CASES if c["outcome"] == "published")


def test_last_publication_is_remembered(found: pl.DataFrame) -> None:
    dates = dict(found.select("practice_id", "last_published_at").iter_rows())
    for case in CASES:
        tonight, before = dt.datetime(2024, 1, 15, 2), dt.datetime(2024, 1, 14)
        if case["outcome"] == "published":
            assert dates[case["case"]] == tonight, case["case"]
        else:
            assert dates[case["case"]] == (None if case["before"] == "never" else before), case["case"]


def test_reasons_and_actions_are_sentences(found: pl.DataFrame) -> None:
    for name in ("reason", "next_action"):
        assert found[name].str.contains(r"^[A-Z].*\.$").all()
        assert not found[name].str.contains(r"null|None|\{|\.\.").any()


def test_a_stranded_publication_is_said_to_stand(found: pl.DataFrame) -> None:
    stranded = found.filter((pl.col("step") == "complete") & (pl.col("actor_role") != "nobody"))
    assert stranded["reason"].str.contains("The last publication stands.", literal=True).all()
