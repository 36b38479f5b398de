"""Who computes the batches of a run: this process, or several of their own where the fleet is large.

Threads of one process wait for one another wherever Python or Great Expectations holds a lock, and take a
fifth more processor time. A process that dies takes no other batch with it.
"""

import logging
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from traceback import format_exc
from typing import IO, Any, Protocol

import polars as pl
from polars.exceptions import PanicException

from expectations.errors import ScrError, StoppedError
from expectations.gate import preload
from flows.night import Inputs, OpenNight
from flows.progress import Clock, PlainProgress, StageTime
from flows.spawn import Process, end, spawn
from flows.stages import Computed, compute
from transforms.sql import connect

log = logging.getLogger(__name__)


class _DiedError(ScrError):
    """A process ended in the midst of a batch."""


class Member(Protocol):
    """One who computes a batch at a time."""

    def compute(self, clock: Clock, practice_ids: Sequence[str]) -> Computed:
        """See `flows.stages.compute`."""

    def stop(self) -> None:
        """Have a batch that another thread computes end early, where that can be."""

    def close(self) -> None:
        """Let go of everything; no batch is under way any more."""


@dataclass
class Here:
    """Computes in this process."""

    night: OpenNight

    def compute(self, clock: Clock, practice_ids: Sequence[str]) -> Computed:
        """See Member."""
        return compute(self.night.inputs, self.night.con, clock, practice_ids)

    def stop(self) -> None:
        """See Member. It ends before its next stage."""

    def close(self) -> None:
        """See Member."""


@dataclass
class Elsewhere:
    """Computes in a process of its own, started when it is needed, and once more where it died."""

    inputs: Inputs
    scratch: Path
    """A folder of its own, for spilled data and for frames on their way."""
    process: Process | None = None
    knows: bool = False
    """Whether the process has been given the inputs."""

    def compute(self, clock: Clock, practice_ids: Sequence[str]) -> Computed:
        """See Member. An error of another library arrives as a ScrError that names its kind alone."""
        try:
            return self._asked(clock, practice_ids)
        except _DiedError as error:  # often for want of memory, which may be there the next time
            log.warning("batch %d: %s, and is started once more", clock.batch, error)
            return self._asked(clock, practice_ids)

    def _asked(self, clock: Clock, practice_ids: Sequence[str]) -> Computed:
        try:
            process = self._ready()
            _send(process.stdin, (clock.batch, tuple(practice_ids)))
            return self._listen(process, clock)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:
            if clock.stopped.is_set():
                raise StoppedError(f"batch {clock.batch} was given up: the run has ended") from error
            raise _DiedError(f"its process ended with code {self._ended()}") from error

    def _listen(self, process: Process, clock: Clock) -> Computed:
        while True:
            what, told = _received(process.stdout)
            if what == "begin":
                clock.begin(told)
            elif what == "ended":
                clock.ended(told)
            elif what == "error":
                raise told
            else:
                files, verdict = told
                return Computed({name: _taken(file) for name, file in files.items()}, verdict)

    def _ready(self) -> Process:
        self.process = self.process or spawn(self.inputs.threads)
        if not self.knows:
            self.scratch.mkdir(exist_ok=True)
            _send(self.process.stdin, (self.inputs, self.scratch))
            self.knows = True
        return self.process

    def stop(self) -> None:
        """See Member."""
        if self.process:
            self.process.kill()

    def close(self) -> None:
        """See Member."""
        self._ended()

    def _ended(self) -> int | None:
        """Exit code of the process; another is started when it is needed."""
        process, self.process, self.knows = self.process, None, False
        return end(process) if process else None


@contextmanager
def crew(night: OpenNight) -> Iterator[list[Member]]:
    """Those who compute the batches of this run, each one batch at a time."""
    inputs = night.inputs
    members: list[Member] = [Here(night)]
    if inputs.workers > 1:
        early = [*night.processes, *[None] * inputs.workers]
        members = [Elsewhere(inputs, night.scratch / str(n), early[n]) for n in range(inputs.workers)]
    try:
        yield members
    finally:
        for member in members:
            member.close()


@dataclass
class _Teller(PlainProgress):
    """Passes on what a clock says to the process that asked."""

    replies: IO[bytes]

    def stage(self, name: str) -> None:
        _send(self.replies, ("begin", name))

    def finished(self, time: StageTime) -> None:
        _send(self.replies, ("ended", time))


def serve() -> None:
    """Compute batches as they are asked for on standard input, until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this process ends it
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints does not get among the replies
    preload().join()  # at once: beside other work it takes longer, and here every batch needs it
    with suppress(EOFError, BrokenPipeError):  # nobody asks or listens any more
        inputs, scratch = _received(requests)
        with connect(inputs.threads, inputs.settings.memory_of(inputs.workers), scratch) as con:
            while True:
                batch, practice_ids = _received(requests)
                clock = Clock(_Teller(replies), batch=batch)
                # No name here holds on to the frames: the next batch needs their room.
                _send(replies, _reply(partial(compute, inputs, con, clock, practice_ids), scratch))


def _reply(work: Callable[[], Computed], scratch: Path) -> tuple[str, Any]:
    try:
        computed = work()
        files = {name: _laid(frame, scratch / name) for name, frame in computed.frames.items()}
    except BrokenPipeError:
        raise
    except ScrError as error:
        return "error", error
    except (Exception, PanicException) as error:
        known = ScrError(type(error).__name__)
        known.add_note(format_exc())
        return "error", known
    return "computed", (files, computed.verdict)


def _send(stream: IO[bytes] | None, what: object) -> None:
    assert stream
    pickle.dump(what, stream, protocol=pickle.HIGHEST_PROTOCOL)
    stream.flush()


def _received(stream: IO[bytes] | None) -> Any:
    assert stream
    return pickle.load(stream)


def _laid(frame: pl.DataFrame, file: Path) -> Path:
    frame.write_ipc(file, compat_level=pl.CompatLevel.newest())
    return file


def _taken(file: Path) -> pl.DataFrame:
    frame = pl.read_ipc(file)
    file.unlink()  # the room is freed with the frame
    return frame
