"""Batches that are computed in processes of their own."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

import flows.crew
import flows.night
import flows.spawn
from expectations.errors import UsageError
from flows.config import Settings, load_settings
from flows.night import RunRequest, new_request
from flows.progress import PlainProgress
from flows.run import run
from flows.spawn import Process, spawn
from transforms.store import open_store

IDS = ["AU-000001", "NZ-000001"]


@pytest.fixture
def request_of_some() -> RunRequest:
    return new_request(dt.date(2024, 1, 15), None, IDS)


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[Process]:
    """Those that the runs of the test start; every batch is computed in one, however small it is."""
    monkeypatch.setattr(flows.night, "_WORTHWHILE", 1)
    monkeypatch.setattr(flows.crew.Here, "compute", None)
    started: list[Process] = []

    def noted(threads: int) -> Process:
        started.append(spawn(threads))
        return started[-1]

    monkeypatch.setattr(flows.crew, "spawn", noted)
    monkeypatch.setattr(flows.spawn, "spawn", noted)
    return started


@pytest.fixture
def settings(sample_landing: Path, tmp_path: Path) -> Settings:
    return load_settings(landing=str(sample_landing), store=str(tmp_path / "store"), workers=2)


def contents(store: Path) -> dict[str, str | None]:
    with open_store(store, read_only=True) as opened:
        return dict(opened.read("select practice_id, content_hash from practice_status").rows())


class Killer(PlainProgress):
    """Kills the first process when it begins to match."""

    def __init__(self, processes: list[Process]) -> None:
        self._processes = processes

    def stage(self, name: str) -> None:
        if name == "match" and len(self._processes) == 2:
            self._processes[0].kill()


def test_two_processes_publish_what_one_does_even_where_one_dies(
    settings: Settings,
    request_of_some: RunRequest,
    processes: list[Process],
    sample_store: Path,
    tmp_path: Path,
) -> None:
    request = replace(request_of_some, data_docs=tmp_path / "docs")
    summary = run(settings, request, Killer(processes))
    assert len(processes) == 3
    assert all(process.poll() is not None for process in processes)
    fleet = contents(sample_store)
    assert contents(Path(settings.store)) == {practice_id: fleet[practice_id] for practice_id in IDS}
    assert summary.outcomes == {"published": len(IDS)}
    pages = list((tmp_path / "docs" / "validations" / "unified_client").rglob("batch-*.html"))
    assert sorted(page.name for page in pages) == ["batch-1.html", "batch-2.html"]


class Remover(PlainProgress):
    """Takes landed rows away before any batch reads them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, practices: int, rows: int) -> None:
        for shelf in self._folder.glob("scr-rows-*"):
            (shelf / "hq_clients").unlink()


def test_an_error_in_a_process_fails_its_practices_and_is_told_by_its_kind(
    settings: Settings,
    request_of_some: RunRequest,
    processes: list[Process],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    summary = run(settings, request_of_some, Remover(tmp_path))
    assert len(processes) == 2
    assert summary.outcomes == {"failed": len(IDS)}
    assert summary.status["reason"].str.contains("stage read: FileNotFoundError").all()


def test_what_the_user_can_mend_ends_the_run_from_within_a_process(
    settings: Settings, request_of_some: RunRequest, processes: list[Process], tmp_path: Path
) -> None:
    model = tmp_path / "model.json"
    model.write_text("{}")
    with pytest.raises(UsageError, match="model"):
        run(settings.model_copy(update={"match_model": model}), request_of_some, PlainProgress())
    assert all(process.poll() is not None for process in processes)
