"""Batches under way at once: order of publication, what ends a run, a defect that hits every practice."""

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event

import polars as pl
import pytest

import flows.batches
from expectations.errors import StoreError
from flows.config import Settings, load_settings
from flows.night import OpenNight, new_request
from flows.progress import PlainProgress
from flows.run import RunSummary, run
from flows.stages import Made, compute
from transforms.publish import publish
from transforms.sql import Frames
from transforms.status import Night
from transforms.store import Store, open_store

IDS = ["AU-000001", "AU-000002", "NZ-000001"]
PATIENCE_SECONDS = 120

Compute = Callable[[OpenNight, Sequence[str]], Made]


def night_of(settings: Settings, ids: Sequence[str] | None = IDS) -> RunSummary:
    return run(settings, new_request(dt.date(2024, 1, 15), None, ids), PlainProgress())


@pytest.fixture
def one_by_one(sample_landing: Path, tmp_path: Path) -> Settings:
    """A batch for each practice, two at once."""
    store = str(tmp_path / "store")
    return load_settings(landing=str(sample_landing), store=store, batch_rows=1, workers=2)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the practices in the order in which they are published."""
    order: list[str] = []

    def noted(store: Store, frames: Frames, night: Night) -> None:
        order.extend(frames["practices"]["practice_id"])
        publish(store, frames, night)

    monkeypatch.setattr(flows.batches, "publish", noted)
    return order


def test_batches_are_computed_at_once_and_published_in_order(
    one_by_one: Settings, published: list[str], monkeypatch: pytest.MonkeyPatch, sample_store: Path
) -> None:
    last_is_ready, ids = Event(), IDS[::2]

    def slow_at_first(night: OpenNight, practice_ids: Sequence[str]) -> Made:
        frames = compute(night, practice_ids)
        if IDS[-1] in practice_ids:
            last_is_ready.set()
        assert last_is_ready.wait(PATIENCE_SECONDS)
        return frames

    monkeypatch.setattr(flows.batches, "compute", slow_at_first)
    summary = night_of(one_by_one, ids)
    assert published == ids
    with open_store(sample_store, read_only=True) as store:
        fleet = store.read("select practice_id, content_hash from practice_status order by practice_id")
    alone = summary.status.select("practice_id", "content_hash")
    assert alone.rows() == fleet.filter(pl.col("practice_id").is_in(ids)).rows()


def test_nothing_is_published_after_a_batch_that_could_not_be(
    one_by_one: Settings, published: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(night: OpenNight, practice_ids: Sequence[str]) -> Made:
        if IDS[1] in practice_ids:
            raise StoreError("no space left on device")
        return compute(night, practice_ids)

    monkeypatch.setattr(flows.batches, "compute", full)
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

    def failing(night: OpenNight, practice_ids: Sequence[str]) -> Made:
        tried.append(len(practice_ids))
        if set(practice_ids) - set(well):
            raise ValueError
        return compute(night, practice_ids)

    return failing


def test_a_defect_that_hits_every_practice_is_found_with_few_of_them(
    all_in_one: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []
    monkeypatch.setattr(flows.batches, "compute", failing_but([], tried))
    summary = night_of(all_in_one, None)
    assert summary.outcomes.keys() == {"failed", "waiting"}
    assert summary.status["reason"].str.contains("ValueError").all()
    assert tried == [summary.status.height, *[1] * flows.batches.PROBES]


def test_practices_between_failing_ones_are_published(
    all_in_one: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flows.batches, "PROBES", 1)  # so that a batch of three is large
    monkeypatch.setattr(flows.batches, "compute", failing_but([IDS[0]], []))
    summary = night_of(all_in_one)
    assert summary.outcomes["published"] == 1
    assert summary.status.filter(outcome="published")["practice_id"].to_list() == IDS[:1]
