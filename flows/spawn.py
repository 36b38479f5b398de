"""Starts the processes that compute batches. What they say and are told: `flows.crew`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

Process = subprocess.Popen[bytes]

# Looks for modules where this process does, and runs nothing that this one was started with.
_START = "import sys; sys.path[:] = {path!r}; from flows.crew import serve; serve()"


def spawn(threads: int) -> Process:
    """A process that imports what it needs and then waits for work; Polars has so many threads there."""
    return subprocess.Popen(
        [sys.executable, "-c", _START.format(path=sys.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"POLARS_MAX_THREADS": str(threads)},
    )


def end(process: Process) -> int:
    """End a process, where it has not ended by itself; its exit code."""
    process.kill()
    with process:  # closes the pipes and waits
        return process.wait()


@contextmanager
def spawned(number: int, threads: int) -> Iterator[list[Process]]:
    """So many processes, none of which outlives the context."""
    processes = [spawn(threads) for _ in range(number)]
    try:
        yield processes
    finally:
        for process in processes:
            end(process)
