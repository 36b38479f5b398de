"""The flows on Prefect itself: a server, both deployments, and a process worker."""

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
FAST = {"PREFECT_WORKER_QUERY_SECONDS": "0.5"}
"""The worker looks for work every 10 s by itself."""


def status_of(store: Path) -> pl.DataFrame:
    with open_store(store, read_only=True) as opened:
        return statuses(opened)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Environment of a started server with both deployments and a worker; all ended by their process ids."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    api = f"http://127.0.0.1:{port}/api"
    home = {"PREFECT_HOME": str(tmp_path_factory.mktemp("prefect")), "PREFECT_API_URL": api, "PWD": str(ROOT)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    env = kept | QUIET | FAST | home
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


@pytest.fixture
def here(server: dict[str, str]) -> Iterator[None]:
    """Flows that are called in this process run on the server."""
    from prefect.settings import PREFECT_API_URL, PREFECT_HOME, PREFECT_LOGGING_TO_API_ENABLED
    from prefect.settings import temporary_settings as these

    home = {PREFECT_HOME: server["PREFECT_HOME"], PREFECT_API_URL: server["PREFECT_API_URL"]}
    with these(home | {PREFECT_LOGGING_TO_API_ENABLED: False}):  # lines sent late would miss the server
        yield


def test_the_fleet_then_one_practice_by_the_worker(
    server: dict[str, str], here: None, sample_landing: Path, tmp_path: Path
) -> None:
    from prefect import Flow
    from prefect.flows import load_flow_from_entrypoint

    store = tmp_path / "store"
    [deployed] = ask(server, "deployments/filter", {"deployments": {"name": {"any_": ["nightly"]}}})
    assert deployed["concurrency_options"] == {"collision_strategy": "ENQUEUE", "grace_period_seconds": None}
    nightly: Flow[..., int] = load_flow_from_entrypoint(str(deployed["entrypoint"]))
    assert nightly(str(sample_landing), str(store), AS_OF) == 1  # the sample holds blocked practices
    fleet = status_of(store)
    given = ["-p", f"practice_id={PRACTICE}", "-p", f"landing={sample_landing}", "-p", f"store={store}"]
    call(server, "deployment", "run", "practice/practice", *given, "-p", f"as_of={AS_OF}", "--watch")
    again = status_of(store)
    assert fleet.height == again.height > 10
    changed = again.filter(~pl.col("run_id").is_in(fleet["run_id"].unique()))
    assert changed["practice_id"].to_list() == [PRACTICE]
    keys = {artifact["key"] for artifact in ask(server, "artifacts/filter", {})}
    assert {"nightly-summary", "nightly-practices", "practice-summary"} <= keys


def test_a_mistake_is_told_as_such(here: None, sample_landing: Path, tmp_path: Path) -> None:
    from flows.practice import practice

    with pytest.raises(UsageError, match="AU-999999"):
        practice("AU-999999", str(sample_landing), str(tmp_path / "store"), AS_OF)
