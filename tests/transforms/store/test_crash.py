"""Killed writers, competing writers and readers beside a writer, on the real store in real processes."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from expectations.errors import StoreError
from tests.transforms.store.writer import CLIENTS, frames, night
from transforms import store as store_module
from transforms.publish import publish
from transforms.store import Store, Writer, open_store

ROOT = Path(__file__).parents[3]
_WHOLE = {"unified_client": CLIENTS, "crosswalk": 2 * CLIENTS, "match": CLIENTS, "practice_status": 1}
_COUNTS = " union all ".join(
    f"select practice_id, '{name}' as name, run_id, count(*) as n from {name} group by all" for name in _WHOLE
)


def _writer(path: Path, practice_id: str, first: int, last: int) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "tests.transforms.store.writer",
        str(path),
        practice_id,
        str(first),
        str(last),
    ]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """The catalog held by another process: within one process SQLite's locks do not meet."""
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        " c.execute('begin immediate'); print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(path / "catalog.sqlite")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.stdin.close()


def _numbers(store: Store) -> dict[str, int]:
    """Practice → number of its publication, checked to be the same and whole in all its tables."""
    found: dict[str, dict[str, tuple[str, int]]] = {}
    for practice, name, run_id, n in store.read(_COUNTS).rows():
        assert name not in found.setdefault(practice, {}), f"{name} of {practice} holds two publications"
        found[practice][name] = (run_id, n)
    for tables in found.values():
        assert {name: n for name, (_, n) in tables.items()} == _WHOLE
        assert len({run_id for run_id, _ in tables.values()}) == 1
    return {practice: int(tables["match"][0]) for practice, tables in found.items()}


def test_a_writer_killed_at_any_moment_leaves_the_last_publication_whole(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        publish(store, frames("A", 0), night(0))
        publish(store, frames("B", 0), night(0))
    number = 0
    # Milliseconds after the second publication began: from the first delete to beyond its commit.
    for delay in (0, 30, 120):
        with _writer(tmp_path, "A", number + 1, number + 1000) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline().split() for _ in range(3)]
            assert [word for word, _ in lines] == ["begin", "done", "begin"]
            time.sleep(delay / 1000)
            process.send_signal(signal.SIGKILL)
            said = [line.split() for line in process.stdout]
        done = max([number + 1] + [int(n) for word, n in said if word == "done"])
        with open_store(tmp_path, read_only=True) as store:
            after = _numbers(store)
        assert after["B"] == 0
        assert after["A"] in (done, done + 1)  # killed after the commit and before it was said
        number = after["A"]
    with open_store(tmp_path) as store:
        publish(store, frames("A", number + 1), night(number + 1))
        assert _numbers(store) == {"A": number + 1, "B": 0}


def test_a_reader_in_another_process_never_sees_a_torn_state(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        publish(store, frames("A", 0), night(0))
    seen: set[int] = set()
    with _writer(tmp_path, "A", 1, 4) as process, open_store(tmp_path, read_only=True) as reader:
        while process.poll() is None:
            seen.add(_numbers(reader)["A"])
            with reader.still():
                before = _numbers(reader)
                assert _numbers(reader) == before
    assert process.returncode == 0
    assert len(seen) > 1
    with open_store(tmp_path, read_only=True) as reader:
        assert _numbers(reader) == {"A": 4}


def test_two_processes_publish_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        both = {n: f.vstack(frames("B", 0)[n]) for n, f in frames("A", 0).items()}
        publish(store, both, night(0))  # one file holds both practices, so their deletes meet
    with _writer(tmp_path, "A", 1, 3) as one, _writer(tmp_path, "B", 1, 3) as two:
        assert (one.wait(), two.wait()) == (0, 0)
    with open_store(tmp_path, read_only=True) as reader:
        assert _numbers(reader) == {"A": 3, "B": 3}


def test_a_conflict_is_tried_again_on_what_the_other_writer_left(tmp_path: Path) -> None:
    tries: list[int] = []
    with open_store(tmp_path) as one, open_store(tmp_path) as two:
        publish(one, frames("A", 0), night(0))

        def work(writer: Writer) -> None:
            number = int(writer.read("select max(run_id::int) as n from match").item())
            tries.append(number)
            for name, frame in frames("A", number + 1).items():
                writer.replace(name, frame, ["A"])
            if len(tries) == 1:
                publish(two, frames("A", 5), night(5))

        one.write(work)
        assert tries == [0, 5]
        assert _numbers(one) == {"A": 6}


def test_a_store_that_stays_locked_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_SQLITE_WAIT_MS", 10)
    monkeypatch.setattr(store_module, "_ATTEMPTS", 3)
    with open_store(tmp_path) as store:
        publish(store, frames("A", 0), night(0))
        with _locked(tmp_path), pytest.raises(StoreError, match=r"is busy: 3 attempts .*Nothing was written"):
            publish(store, frames("A", 1), night(1))
        assert _numbers(store) == {"A": 0}
        publish(store, frames("A", 2), night(2))
        assert _numbers(store) == {"A": 2}
