"""What a run may change in the store, and what it must leave."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.contracts import table
from tests.factories import rows
from transforms.content import content_hashes, published_tables
from transforms.publish import publish, record_run
from transforms.sql import connect
from transforms.status import Night
from transforms.store import Store, open_store

DAY = dt.date(2024, 1, 15)
Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with open_store(tmp_path_factory.mktemp("publish") / "store") as opened:
        yield opened


@pytest.fixture
def store(shared: Store) -> Store:
    def empty(writer: Any) -> None:
        for name in shared.tables():
            writer.delete(name, "true")

    shared.write(empty)
    return shared


def _night(number: int, whole_fleet: bool = True) -> Night:
    return Night(f"run-{number}", DAY, DAY, dt.datetime(2024, 1, number), whole_fleet=whole_fleet)


def _frames(number: int, outcomes: dict[str, str], **changes: Any) -> dict[str, pl.DataFrame]:
    """Frames of a night in which each practice ended with its outcome; all rows carry the night's number."""
    it: Lines = [{"practice_id": p, "run_id": f"run-{number}"} for p in outcomes]
    done = ("published", "unchanged")
    status = [
        row
        | {"outcome": outcome, "step": "complete" if outcome in done else "in_progress"}
        | {"last_published_at": dt.datetime(2024, 1, 1) if outcome in done else None}
        | changes
        for row, outcome in zip(it, outcomes.values(), strict=True)
    ]
    return {
        "practice_status": rows("practice_status", *status),
        "unified_client": rows("unified_client", *[r | {"client_id": f"c{number}"} for r in it]),
        "crosswalk": rows(
            "crosswalk",
            *[r | {"source_id": "1", "unified_id": f"c{number}", "outcome": "survivor"} for r in it],
            *[r | {"source_id": "2", "outcome": "quarantined"} for r in it],
        ),
        "match": rows("match", *[r | {"left_id": f"{number}", "right_id": "x"} for r in it]),
        "dropped_link": rows("dropped_link", *[r | {"source_id": f"{number}"} for r in it]),
    }


def _runs(store: Store, name: str) -> dict[str, str]:
    """Practice → the runs whose rows the table holds."""
    sql = f"select practice_id, string_agg(distinct run_id, ' ' order by run_id) from {name} group by all"
    return dict(store.read(sql).rows())


def test_published_tables_change_only_for_published_practices(store: Store) -> None:
    publish(store, _frames(1, dict.fromkeys("ABCD", "published")), _night(1))
    second = {"A": "published", "B": "unchanged", "C": "waiting", "D": "failed"}
    held = {"last_published_at": dt.datetime(2024, 1, 1), "step": "complete"}
    publish(store, _frames(2, second, **held), _night(2))
    for name in ("unified_client", "crosswalk"):
        assert _runs(store, name) == {"A": "run-2", "B": "run-1", "C": "run-1", "D": "run-1"}, name
    for name in ("match", "practice_status"):
        assert _runs(store, name) == dict.fromkeys("ABCD", "run-2"), name


def test_lost_links_stay_with_the_publication_that_lost_them(store: Store) -> None:
    publish(store, _frames(1, dict.fromkeys("ABC", "published")), _night(1))
    second = {"A": "published", "B": "unchanged", "C": "waiting"}
    publish(store, _frames(2, second, last_published_at=dt.datetime(2024, 1, 1)), _night(2))
    assert _runs(store, "dropped_link") == {"A": "run-2", "B": "run-2", "C": "run-1"}


def test_a_practice_never_published_has_its_records_pending(store: Store) -> None:
    for number in (1, 2):
        publish(store, _frames(number, {"A": "needs_review", "B": "published"}), _night(number))
        found = store.read("select * from crosswalk where practice_id = 'A' order by source_id")
        assert found["outcome"].to_list() == ["pending", "pending"]
        assert found["unified_id"].to_list() == [None, None]
        assert found["run_id"].to_list() == [f"run-{number}"] * 2
        assert "could not be read" in found["reason"][1]
        assert store.read("select distinct practice_id from unified_client").to_series().to_list() == ["B"]
    outcomes = store.read("select outcome from crosswalk where practice_id = 'B' order by source_id")
    assert outcomes.to_series().to_list() == ["survivor", "quarantined"]


def test_pending_records_go_when_the_practice_is_published(store: Store) -> None:
    publish(store, _frames(1, {"A": "needs_review"}), _night(1))
    publish(store, _frames(2, {"A": "published"}), _night(2))
    assert store.read("select count(*) from crosswalk where outcome = 'pending'").item() == 0
    assert _runs(store, "crosswalk") == {"A": "run-2"}


def test_practices_out_of_scope_are_left_alone(store: Store) -> None:
    publish(store, _frames(1, dict.fromkeys("AB", "published")), _night(1))
    publish(store, _frames(2, {"A": "published"}), _night(2, whole_fleet=False))
    for name in ("unified_client", "match", "practice_status", "crosswalk"):
        assert _runs(store, name) == {"A": "run-2", "B": "run-1"}, name


def test_tables_that_a_failed_practice_lacks_stay(store: Store) -> None:
    publish(store, _frames(1, {"A": "published"}), _night(1))
    failed = _frames(2, {"A": "failed"}, last_published_at=dt.datetime(2024, 1, 1))
    publish(store, {"practice_status": failed["practice_status"]}, _night(2))
    assert _runs(store, "match") == _runs(store, "unified_client") == {"A": "run-1"}
    assert _runs(store, "practice_status") == {"A": "run-2"}


def test_history_gets_a_line_only_when_something_changed(store: Store) -> None:
    publish(store, _frames(1, {"A": "waiting", "B": "waiting"}, days_left=9), _night(1))
    publish(store, _frames(2, {"A": "waiting", "B": "waiting"}, days_left=8), _night(2))
    publish(store, _frames(3, {"A": "blocked", "B": "waiting"}, days_left=7), _night(3))
    publish(store, _frames(4, {"A": "blocked", "B": "waiting"}, tool_held_by="ann"), _night(4))
    found = store.read("select practice_id, run_id, changed_at from status_history order by all").rows()
    assert found == [
        (practice, f"run-{n}", dt.datetime(2024, 1, n))
        for practice, n in (("A", 1), ("A", 3), ("A", 4), ("B", 1), ("B", 4))
    ]


def test_publishing_a_batch_twice_writes_history_once(store: Store) -> None:
    for _ in range(2):
        publish(store, _frames(1, {"A": "waiting"}), _night(1))
    assert store.read("select count(*) from status_history").item() == 1


def _with_fleet_line(number: int, practice: str, file: str) -> dict[str, pl.DataFrame]:
    line = {"run_id": f"run-{number}", "file": file, "level": "file"}
    lines = rows("quarantine", line | {"practice_id": ""}, line | {"practice_id": practice})
    return _frames(number, {practice: "published"}) | {"quarantine": lines}


def test_fleet_lines_are_replaced_by_a_run_of_the_whole_fleet(store: Store) -> None:
    def lines() -> list[tuple[str, str, str]]:
        return store.read("select practice_id, file, run_id from quarantine order by all").rows()

    publish(store, _with_fleet_line(1, "A", "x"), _night(1))
    publish(store, _with_fleet_line(1, "B", "x"), _night(1))  # the second batch brings the same line
    assert lines() == [("", "x", "run-1"), ("A", "x", "run-1"), ("B", "x", "run-1")]
    publish(store, _with_fleet_line(2, "A", "y"), _night(2, whole_fleet=False))
    assert lines() == [("", "x", "run-1"), ("A", "y", "run-2"), ("B", "x", "run-1")]
    publish(store, _with_fleet_line(3, "A", "z"), _night(3))
    assert lines() == [("", "z", "run-3"), ("A", "z", "run-3"), ("B", "x", "run-1")]


def test_the_run_is_recorded(store: Store) -> None:
    for number in (1, 2):
        record_run(store, rows("run", {"run_id": f"run-{number}"}))
    assert store.read("select run_id from run order by 1").to_series().to_list() == ["run-1", "run-2"]


CONTENT = {
    "unified_client": rows(
        "unified_client",
        *[
            {"practice_id": p, "client_id": f"c{i}", "name": f"n{i % 7}", "emails": ["a", "b"][: i % 3]}
            for p in ("A", "B")
            for i in range(500)
        ],
    ),
    "group_member": rows("group_member", {"practice_id": "A", "client_id": "c1"}),
}


def _hash(frames: dict[str, pl.DataFrame], threads: int = 2) -> dict[str, str]:
    with connect(threads=threads) as con:
        return dict(content_hashes(con, frames, ["B", "A", "C"]).iter_rows())


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000), threads=st.integers(1, 4))
def test_the_hash_knows_neither_order_nor_threads_nor_run(seed: int, threads: int) -> None:
    mixed = {
        name: frame.sample(fraction=1, shuffle=True, seed=seed).with_columns(run_id=pl.lit(f"run-{seed}"))
        for name, frame in reversed(CONTENT.items())
    }
    assert _hash(mixed, threads) == _hash(CONTENT)


def test_the_hash_is_the_practices_own() -> None:
    whole = _hash(CONTENT)
    assert list(whole) == ["A", "B", "C"]
    assert len(set(whole.values())) == 3
    alone = {name: frame.filter(pl.col("practice_id") == "A") for name, frame in CONTENT.items()}
    assert _hash(alone)["A"] == whole["A"]
    assert _hash(alone)["B"] == whole["C"]  # neither has a row


@pytest.mark.parametrize("name", [t.name for t in published_tables()])
def test_every_column_of_every_published_table_counts(name: str) -> None:
    """A change of any one value but run_id changes the hash of that practice."""
    first = rows(name, {"practice_id": "A"})
    with connect() as con:
        before = content_hashes(con, {name: first}, ["A"]).item(0, 1)
        for column in table(name).columns:
            if column.name in ("practice_id", "run_id"):
                continue
            other = pl.Series(column.name, [_another(column.polars)], dtype=column.polars)
            after = content_hashes(con, {name: first.with_columns(other)}, ["A"]).item(0, 1)
            assert after != before, column.name


def _another(kind: pl.DataType) -> Any:
    values = {
        pl.String(): "other",
        pl.List(pl.String()): ["other"],
        pl.Boolean(): True,
        pl.Date(): DAY,
        pl.Int64(): 99,
        pl.Float64(): 9.9,
    }
    return values[kind]


def test_an_empty_text_is_not_a_missing_one_and_values_do_not_run_together() -> None:
    def one(**values: Any) -> str:
        return _hash({"unified_client": rows("unified_client", {"practice_id": "A"} | values)})["A"]

    kinds = [
        one(name="", notes=None),
        one(name=None, notes=""),
        one(name="ab", notes="c"),
        one(name="a", notes="bc"),
        one(name="c", notes="ab"),
        one(emails=["a", "b"]),
        one(emails=["a,b"]),
        one(emails=[]),
        one(emails=None),
    ]
    assert len(set(kinds)) == len(kinds)
