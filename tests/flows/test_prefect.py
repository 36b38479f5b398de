"""The flows on Prefect itself: without a server, and on a started server with a process worker."""

import datetime as dt
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from expectations.errors import UsageError
from flows.quiet import QUIET
from tests.conftest import ROOT
from transforms.lookup import statuses
from transforms.store import open_store

PATIENCE_SECONDS = 120
PRACTICE = "AU-000001"
AS_OF = dt.date(2024, 1, 15)


def status_of(store: Path) -> pl.DataFrame:
    with open_store(store, read_only=True) as opened:
        return statuses(opened)


@pytest.fixture(scope="module")
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prefect")


@pytest.fixture(scope="module")
def ephemeral(prefect_home: Path) -> Iterator[None]:
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=PATIENCE_SECONDS):
        yield


def test_both_flows_run_without_a_server(ephemeral: None, sample_landing: Path, tmp_path: Path) -> None:
    from flows.nightly import nightly
    from flows.practice import practice

    store = str(tmp_path / "store")
    assert practice(PRACTICE, str(sample_landing), store, AS_OF) in (0, 1)
    assert status_of(tmp_path / "store")["practice_id"].to_list() == [PRACTICE]
    assert nightly(str(sample_landing), store, AS_OF) == 1  # the sample holds blocked practices
    assert status_of(tmp_path / "store").height > 10
    with pytest.raises(UsageError, match="AU-999999"):
        practice("AU-999999", str(sample_landing), store, AS_OF)


@pytest.fixture(scope="module")
def server(prefect_home: Path) -> Iterator[dict[str, str]]:
    """Environment of a started server with both deployments and a worker; all ended by their process ids."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    api = f"http://127.0.0.1:{port}/api"
    home = {"PREFECT_HOME": str(prefect_home), "PREFECT_API_URL": api, "PWD": str(ROOT)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    env = kept | QUIET | home
    started = [start(env, "server", "start", "--host", "127.0.0.1", "--port", port, "--no-ui")]
    try:
        wait_for(f"{api}/health", started[0])
        call(env, "work-pool", "create", "scr", "--type", "process")
        call(env, "--no-prompt", "deploy", "--all")
        started.append(start(env, "worker", "start", "--pool", "scr", "--limit", "1"))
        yield env
    finally:
        for process in reversed(started):
            os.killpg(process.pid, signal.SIGTERM)
        for process in started:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def start(env: dict[str, str], *words: str) -> subprocess.Popen[bytes]:
    # A session of its own, so that the processes it starts end with it.
    return subprocess.Popen(
        [sys.executable, "-m", "prefect", *words],
        cwd=ROOT,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def call(env: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "prefect", *words],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, "the server ended by itself"
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(f"no answer from {url} in {PATIENCE_SECONDS} s")


def ask(env: dict[str, str], path: str, body: dict[str, object]) -> list[dict[str, object]]:
    request = urllib.request.Request(
        f"{env['PREFECT_API_URL']}/{path}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: list[dict[str, object]] = json.load(answer)
    return found


def test_both_deployments_run_on_a_server_with_a_worker(
    server: dict[str, str], sample_landing: Path, tmp_path: Path
) -> None:
    given = ["-p", f"landing={sample_landing}", "-p", f"store={tmp_path}/store", "-p", f"as_of={AS_OF}"]
    call(server, "deployment", "run", "nightly/nightly", *given, "--watch")
    fleet = status_of(tmp_path / "store")
    call(server, "deployment", "run", "practice/practice", "-p", f"practice_id={PRACTICE}", *given, "--watch")
    again = status_of(tmp_path / "store")
    assert fleet.height == again.height > 10
    changed = again.filter(~pl.col("run_id").is_in(fleet["run_id"].unique()))
    assert changed["practice_id"].to_list() == [PRACTICE]
    keys = {artifact["key"] for artifact in ask(server, "artifacts/filter", {})}
    assert {"nightly-summary", "nightly-practices", "practice-summary"} <= keys
    [nightly] = ask(server, "deployments/filter", {"deployments": {"name": {"any_": ["nightly"]}}})
    assert nightly["concurrency_options"] == {"collision_strategy": "ENQUEUE", "grace_period_seconds": None}
