"""What the fleet benchmarks share: the machine, a fleet on disk, a `scr run` in a process of its own."""

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from transforms.sample import FleetSpec, make_fleet
from transforms.store import open_store

BENCH = Path(".bench")
AS_OF = "2024-01-15"
# Rows of both lists per real client and mean of the log-normal sizes over their median, as drawn by `spec`.
_ROWS_PER_CLIENT = 1.68
_MEAN_OVER_MEDIAN = 1.377
_PAUSE = 1
"""Seconds between two looks at a run's memory: a look takes the run a tenth of a second."""


@dataclass(frozen=True)
class Measured:
    """One process that ran to its end."""

    seconds: float
    peak_gb: float
    exit_code: int
    errors: str


def machine() -> str:
    """Cores, memory and versions, on one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "polars", "great-expectations"))
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores, {memory:.0f} GB, Python {platform.python_version()}, {packages}"


def fleet(rows: int, practices: int, seed: int = 1) -> Path:
    """Landing root of a fleet of about that many HQ and XPM client rows, made unless it is there."""
    root = BENCH / f"fleet-{rows}-{practices}-{seed}"
    if not (root / "truth").is_dir():
        shutil.rmtree(root, ignore_errors=True)
        median = rows / practices / _ROWS_PER_CLIENT / _MEAN_OVER_MEDIAN
        started = time.perf_counter()
        make_fleet(FleetSpec(practices, seed, median_clients=median), root)
        print(f"made {root} in {time.perf_counter() - started:.1f} s (outside every measured time)")
    return root


def scr_run(landing: Path, store: Path, *options: str) -> Measured:
    """`scr run` in a process of its own: wall time, peak memory with that of its workers, exit code."""
    # Bytecode is what a user has after the first start.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "flows.cli", "run", "--landing", str(landing), "--store", str(store)]
    started, peak = time.perf_counter(), 0
    with (BENCH / "run.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--as-of", AS_OF, *options], stdout=log, stderr=log, env=environment
        )
        while process.poll() is None:
            peak = max(peak, sum(map(_memory, _tree(process.pid))))
            with suppress(subprocess.TimeoutExpired):
                process.wait(_PAUSE)
    seconds = time.perf_counter() - started
    text = (BENCH / "run.log").read_text(encoding="utf-8", errors="replace")
    return Measured(seconds, peak / 2**20, process.returncode, text[-2000:])


def _tree(pid: int) -> list[int]:
    """A process and those that came from it, as Linux tells; those that have ended meanwhile are left out."""
    found = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [each for child in children.read_text().split() for each in _tree(int(child))]
    return found


def _memory(pid: int) -> int:
    """kB that a process holds, its share of what it has in common with others (PSS)."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def last_counts(store: Path) -> dict[str, Any]:
    """What the newest run of the store wrote down of itself."""
    with open_store(store, read_only=True) as opened:
        text = opened.read("select counts from run order by started_at desc, run_id desc limit 1").item()
    counts: dict[str, Any] = json.loads(text)
    return counts
