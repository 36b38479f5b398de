"""Batches under way at once: order of publication, what ends a run, a defect that hits every practice."""

import datetime as dt
import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import duckdb
import polars as pl
import pytest

import flows.batches
import flows.crew
from expectations.errors import StoreError
from expectations.gate import preload
from flows.config import Settings, load_settings
from flows.crew import Here, Member
from flows.night import Inputs, OpenNight, new_request
from flows.progress import Clock, PlainProgress
from flows.run import RunSummary, run
from flows.stages import Computed, compute
from transforms.publish import publish
from transforms.sql import Frames
from transforms.status import Night
from transforms.store import Store, open_store

IDS = ["AU-000001", "AU-000002", "NZ-000001"]
PATIENCE_SECONDS = 120

Compute = Callable[[Inputs, duckdb.DuckDBPyConnection, Clock, Sequence[str]], Computed]


def night_of(settings: Settings, ids: Sequence[str] | None = IDS) -> RunSummary:
    return run(settings, new_request(dt.date(2024, 1, 15), None, ids), PlainProgress())


@pytest.fixture
def one_by_one(sample_landing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A batch for each practice, two at once, in threads of this process."""

    @contextmanager
    def two(night: OpenNight) -> Iterator[list[Member]]:
        yield [Here(night), Here(night)]

    monkeypatch.setattr(flows.batches, "crew", two)
    return load_settings(landing=str(sample_landing), store=str(tmp_path / "store"), batch_rows=1)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the practices in the order in which they are published."""
    order: list[str] = []

    def noted(store: Store, frames: Frames, night: Night) -> dict[str, int]:
        order.extend(frames["practices"]["practice_id"])
        return publish(store, frames, night)

    monkeypatch.setattr(flows.batches, "publish", noted)
    return order


def test_batches_are_computed_at_once_and_published_in_order(
    one_by_one: Settings, published: list[str], monkeypatch: pytest.MonkeyPatch, sample_store: Path
) -> None:
    last_is_ready, ids = Event(), IDS[::2]

    def slow_at_first(
        inputs: Inputs, con: duckdb.DuckDBPyConnection, clock: Clock, practice_ids: Sequence[str]
    ) -> Computed:
        computed = compute(inputs, con, clock, practice_ids)
        if IDS[-1] in practice_ids:
            last_is_ready.set()
        assert last_is_ready.wait(PATIENCE_SECONDS)
        return computed

    monkeypatch.setattr(flows.crew, "compute", slow_at_first)
    summary = night_of(one_by_one, ids)
    assert published == ids
    with open_store(sample_store, read_only=True) as store:
        fleet = store.read("select practice_id, content_hash from practice_status order by practice_id")
    alone = summary.status.select("practice_id", "content_hash")
    assert alone.rows() == fleet.filter(pl.col("practice_id").is_in(ids)).rows()


def test_nothing_is_published_after_a_batch_that_could_not_be(
    one_by_one: Settings, published: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(
        inputs: Inputs, con: duckdb.DuckDBPyConnection, clock: Clock, practice_ids: Sequence[str]
    ) -> Computed:
        if IDS[1] in practice_ids:
            raise StoreError("no space left on device")
        return compute(inputs, con, clock, practice_ids)

    monkeypatch.setattr(flows.crew, "compute", full)
    with pytest.raises(StoreError, match="no space"):
        night_of(one_by_one, IDS[1:])
    assert published == []
    with open_store(Path(one_by_one.store), read_only=True) as store:
        assert store.read("select * from run").is_empty()


@pytest.fixture
def all_in_one(sample_landing: Path, tmp_path: Path) -> Settings:
    return load_settings(landing=str(sample_landing), store=str(tmp_path / "store"))


def failing_but(well: Sequence[str], tried: list[int]) -> Compute:
    """The stages, failing wherever a practice is not among `well`; `tried`: sizes of what they were given."""

    def failing(
        inputs: Inputs, con: duckdb.DuckDBPyConnection, clock: Clock, practice_ids: Sequence[str]
    ) -> Computed:
        tried.append(len(practice_ids))
        if set(practice_ids) - set(well):
            raise ValueError
        return compute(inputs, con, clock, practice_ids)

    return failing


def test_a_defect_that_hits_every_practice_is_found_with_few_of_them(
    all_in_one: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []
    monkeypatch.setattr(flows.crew, "compute", failing_but([], tried))
    summary = night_of(all_in_one, None)
    assert summary.outcomes.keys() == {"failed", "waiting"}
    assert summary.status["reason"].str.contains("ValueError").all()
    assert tried == [summary.status.height, *[1] * flows.batches.PROBES]


def test_practices_between_failing_ones_are_published(
    all_in_one: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flows.batches, "PROBES", 1)  # so that a batch of three is large
    monkeypatch.setattr(flows.crew, "compute", failing_but([IDS[0]], []))
    summary = night_of(all_in_one)
    assert summary.outcomes["published"] == 1
    assert summary.status.filter(outcome="published")["practice_id"].to_list() == IDS[:1]


def test_a_batch_leaves_no_frame_behind(
    sample_landing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cycles that hold frames would take the room of the next batch."""
    left: list[tuple[int, int]] = []

    def watched(
        inputs: Inputs, con: duckdb.DuckDBPyConnection, clock: Clock, practice_ids: Sequence[str]
    ) -> Computed:
        preload().join()  # it turns the collector on again
        gc.disable()
        computed = compute(inputs, con, clock, practice_ids)
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        gc.set_debug(0)
        gc.enable()
        left.extend(kept.shape for kept in gc.garbage if isinstance(kept, pl.DataFrame))
        gc.garbage.clear()
        return computed

    monkeypatch.setattr(flows.crew, "compute", watched)
    night_of(load_settings(landing=str(sample_landing), store=str(tmp_path / "store")))
    assert left == []
