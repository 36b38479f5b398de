"""Counts, dates, holders and sentences of a status line."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from expectations.contracts import table
from expectations.errors import ContractError
from tests.factories import rows
from transforms.sql import connect
from transforms.status import Night, practice_status

DAY = dt.date(2024, 1, 15)
P = {"practice_id": "P"}
VERDICT: dict[str, Any] = P | {"policy": "all_xpm", "confirmed": True}


def _night(**changes: Any) -> Night:
    return replace(Night("r", DAY, DAY, dt.datetime(2024, 1, 15)), **changes)


def _status(night: Night | None = None, **changes: list[dict[str, Any]]) -> dict[str, Any]:
    lines = {
        "practices": [P | {"connection": "confirmed", "connected_by": "boss"}],
        "staff": [P | {"user_id": "boss", "hq_role": "master_admin"}],
        "practice_verdict": [VERDICT],
    } | changes
    frames = {name: rows(name, *values) for name, values in lines.items() if values}
    with connect() as con:
        return practice_status(con, frames, table("practice_status").empty(), night or _night()).row(
            0, named=True
        )


def _practice(**values: Any) -> list[dict[str, Any]]:
    return [P | {"connection": "confirmed", "connected_by": "boss"} | values]


@pytest.mark.parametrize(
    ("own", "as_of", "days_left", "lost"),
    [
        (None, dt.date(2024, 2, 20), 1, False),
        (None, dt.date(2024, 2, 21), 0, False),
        (None, dt.date(2024, 2, 22), -1, True),
        (dt.date(2024, 3, 1), dt.date(2024, 2, 22), 8, False),
        (dt.date(2024, 1, 1), dt.date(2024, 1, 2), -1, True),
    ],
)
def test_deadline(own: dt.date | None, as_of: dt.date, days_left: int, lost: bool) -> None:
    row = _status(_night(as_of=as_of), practices=_practice(connection="none", deadline=own))
    assert (row["days_left"], row["access_lost"]) == (days_left, lost)
    assert row["deadline"] == (own or dt.date(2024, 2, 21))
    assert ("access is lost" in row["reason"]) == lost


def test_a_complete_practice_never_loses_access() -> None:
    row = _status(_night(as_of=dt.date(2025, 1, 1)))
    assert (row["step"], row["access_lost"]) == ("complete", False)


def test_configured_deadline() -> None:
    assert _status(_night(default_deadline=dt.date(2024, 1, 20)))["days_left"] == 5


def test_counts() -> None:
    row = _status(
        source_client=[
            P | {"product": product, "source_id": str(i)}
            for i, product in enumerate(["hq", "hq", "xpm", "tax"])
        ],
        match=[
            P | {"left_id": str(i), "right_id": "x", "band": band}
            for i, band in enumerate(["exact", "near", "near", "rejected"])
        ],
        review_item=[P | {"item_id": str(i), "blocking": i > 1} for i in range(3)],
        quarantine=[P | {"line": i} for i in range(5)] + [{"practice_id": ""}],
        rejected_decision=[P | {"subject": str(i)} for i in range(2)],
        practice_verdict=[VERDICT | {"stale_links": 7}],
    )
    counted = ("hq_clients", "xpm_clients", "tax_clients", "matched", "near")
    assert [row[name] for name in counted] == [2, 1, 1, 1, 2]
    counted = ("questions", "blocking_questions", "quarantined", "rejected_decisions", "stale_links")
    assert [row[name] for name in counted] == [3, 1, 5, 2, 7]


def test_expected_errors_are_sums_of_probabilities_beside_what_people_said() -> None:
    pairs = [
        ("exact", "model", 0.999),
        ("exact", "tax_uuid", 0.91),
        ("exact", "model", 0.06),  # likely only since a person refused its rival
        ("exact", "person", 0.01),
        ("near", "model", 0.25),
        ("near", "person", 0.5),
        ("rejected", "identifier", 0.9),
    ]
    match = [
        P | {"left_id": str(i), "right_id": "x", "band": band, "decided_by": by, "probability": probability}
        for i, (band, by, probability) in enumerate(pairs)
    ]
    row = _status(match=match)
    assert (row["expected_wrong_joins"], row["expected_missed_joins"]) == (0.091, 0.75)
    assert (_status()["expected_wrong_joins"], _status()["expected_missed_joins"]) == (0, 0)


def test_clients_are_counted_from_the_intake_where_the_run_failed() -> None:
    row = _status(
        _night(failed={"P": "KeyError"}),
        staff=[],  # such a practice comes without most of its frames
        practice_verdict=[],
        intake=[
            P | {"product": product, "entity": "clients", "accepted": True, "rows_read": n}
            for product, n in (("hq", 11), ("xpm", 12))
        ]
        + [P | {"product": "hq", "entity": "contacts", "accepted": True, "rows_read": 99}],
    )
    assert (row["hq_clients"], row["xpm_clients"], row["tax_clients"]) == (11, 12, 0)
    assert row["outcome"] == "failed"
    assert row["reason"] == "The run failed on the practice: KeyError."


@pytest.mark.parametrize(("opened", "stale"), [("2024-01-14T00:00", False), ("2024-01-13T23:59", True)])
def test_stale_tool(opened: str, stale: bool) -> None:
    since = dt.datetime.fromisoformat(opened)
    row = _status(practices=_practice(tool_opened_by="ann", tool_opened_at=since))
    assert (row["tool_held_by"], row["tool_held_since"]) == ("ann", since)
    assert f"held by ann since {opened.replace('T', ' ')}" in row["reason"]
    assert ("longer than 24 hours: the hold is stale" in row["reason"]) == stale


def test_a_closed_tool_is_held_by_nobody() -> None:
    since = dt.datetime(2024, 1, 1)
    row = _status(practices=_practice(tool_opened_by="ann", tool_opened_at=since, tool_closed_at=since))
    assert (row["tool_held_by"], row["tool_held_since"]) == (None, None)


def test_the_first_three_lists_are_explained_and_all_are_named() -> None:
    row = _status(
        intake=[
            P | {"product": "xpm", "entity": entity, "accepted": False, "reason": f"no file of {entity}."}
            for entity in ("jobs", "groups", "contacts", "clients")
        ]
    )
    assert (
        row["next_action"]
        == "Mend and repeat the extract of xpm clients, xpm contacts, xpm groups, xpm jobs."
    )
    assert row["reason"].startswith(
        "Lists that were not taken: 4. xpm clients: no file of clients; xpm contacts:"
    )
    assert "of jobs" not in row["reason"]


def test_refusal_names_codes_and_detail() -> None:
    verdict = VERDICT | {"refused_by": ["drops_working_clients"], "detail": "3 clients with jobs."}
    row = _status(practice_verdict=[verdict])
    assert row["reason"] == "The policy all_xpm is refused: drops_working_clients. 3 clients with jobs."
    assert row["next_action"] == "Acknowledge drops_working_clients, or choose another policy."


def test_unchecked_authority_is_said() -> None:
    verdict = VERDICT | {"authority_unchecked": True}
    assert "who may decide was not checked" in _status(staff=[], practice_verdict=[verdict])["reason"]
    assert (
        "Who confirmed the connection is not known"
        in _status(practices=_practice(connected_by=None))["reason"]
    )


def test_braces_in_names_are_text() -> None:
    row = _status(practices=_practice(connected_by="{}{x}"))
    assert "confirmed by {}{x}, who is not the Master Admin" in row["reason"]


def test_a_practice_without_verdict_that_did_not_fail_is_a_defect() -> None:
    with pytest.raises(ContractError, match="practice_verdict: no row for 1 practices, for example P"):
        _status(practice_verdict=[])


def test_the_order_of_rows_does_not_matter() -> None:
    ids = [f"P{i}" for i in range(40)]
    each: dict[str, list[dict[str, Any]]] = {
        "practices": [{"practice_id": i, "connection": "confirmed"} for i in ids],
        "practice_verdict": [VERDICT | {"practice_id": i} for i in ids],
        "validation_failure": [
            {"practice_id": i, "rule": f"r{k}", "reason": f"rule {k}", "severity": "critical"}
            for i in ids
            for k in range(3)
        ],
    }
    frames = {name: rows(name, *lines) for name, lines in each.items()}
    mixed = {name: frame.sample(fraction=1, shuffle=True, seed=7) for name, frame in frames.items()}
    before = table("practice_status").empty()
    with connect(threads=1) as one, connect(threads=4) as four:
        assert practice_status(one, frames, before, _night()).equals(
            practice_status(four, mixed, before, _night())
        )


def test_frames_of_other_practices_change_nothing() -> None:
    other = {"practice_id": "Q", "product": "hq", "entity": "clients", "accepted": False}
    assert _status(intake=[other]) == _status()
    assert _status()["outcome"] == "published"
