"""Tells somebody at the terminal how far a run is: a bar on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Event
from time import perf_counter
from typing import Protocol

import polars as pl

from expectations.errors import StoppedError


@dataclass(frozen=True)
class StageTime:
    """What one stage of one batch did."""

    batch: int
    stage: str
    rows: int
    """Rows of the frames that it made."""
    seconds: float
    """By the clock on the wall: batches under way at once share the processors, so their sum is longer."""


class Progress(Protocol):
    """Somebody who listens to a run; called from the threads of its batches."""

    def begin(self, practices: int, rows: int) -> None:
        """The scope is known."""

    def stage(self, name: str) -> None:
        """A stage starts."""

    def finished(self, time: StageTime) -> None:
        """A stage ended."""

    def advance(self, rows: int) -> None:
        """That many landed rows are done with."""

    def end(self) -> None:
        """The run is over, well or not."""


class PlainProgress:
    """One line a stage, on stderr."""

    def begin(self, practices: int, rows: int) -> None:
        """See Progress."""
        self._say(f"{practices:,} practices, {rows:,} rows")

    def stage(self, name: str) -> None:
        """See Progress."""

    def finished(self, time: StageTime) -> None:
        """See Progress."""
        self._say(f"batch {time.batch}  {time.stage:<12} {time.rows:>12,} rows {time.seconds:>8.2f} s")

    def advance(self, rows: int) -> None:
        """See Progress."""

    def end(self) -> None:
        """See Progress."""

    def _say(self, line: str) -> None:
        sys.stderr.write(f"{line}\n")  # one call, so that lines of two batches never run into each other
        sys.stderr.flush()


class BarProgress:
    """One bar that moves with the rows of each batch and names the stage."""

    def begin(self, practices: int, rows: int) -> None:
        """See Progress."""
        from rich.console import Console
        from rich.progress import Progress as Bar

        self._bar = Bar(console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task(f"{practices:,} practices", total=rows)
        self._bar.start()

    def stage(self, name: str) -> None:
        """See Progress."""
        self._bar.update(self._task, description=name)

    def finished(self, time: StageTime) -> None:
        """See Progress."""

    def advance(self, rows: int) -> None:
        """See Progress."""
        self._bar.advance(self._task, rows)

    def end(self) -> None:
        """See Progress."""
        if hasattr(self, "_bar"):
            self._bar.stop()


def progress_for_terminal() -> Progress:
    """A bar where stderr is a terminal, else plain lines."""
    return BarProgress() if sys.stderr.isatty() else PlainProgress()


@dataclass
class Clock:
    """Times the stages of one batch and passes them on to whoever listens."""

    progress: Progress
    times: list[StageTime] = field(default_factory=list)
    """Those of the whole run."""
    stopped: Event = field(default_factory=Event)
    """Set where the run ends early: no batch starts another stage then."""
    batch: int = 0
    current: str = "start"
    """The stage that is under way, so that a failure can name it."""
    _rows: int = 0

    def of_batch(self, number: int) -> "Clock":
        """A clock for one batch, which keeps its times with those of the run."""
        return replace(self, batch=number, current="start", _rows=0)

    def made(self, frames: Mapping[str, pl.DataFrame]) -> Mapping[str, pl.DataFrame]:
        """Count the rows of what the stage under way made, and pass it through."""
        self.count(sum(frame.height for frame in frames.values()))
        return frames

    def count(self, rows: int) -> None:
        """Add rows to those of the stage under way."""
        self._rows += rows

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside; the seconds count only where it ends well.

        Raises StoppedError where the run has ended meanwhile.
        """
        self.begin(name)
        started = perf_counter()
        yield
        self.ended(StageTime(self.batch, name, self._rows, perf_counter() - started))

    def begin(self, name: str) -> None:
        """A stage starts. Raises StoppedError where the run has ended meanwhile."""
        if self.stopped.is_set():
            raise StoppedError(f"batch {self.batch} was given up before stage {name}: the run has ended")
        self.current, self._rows = name, 0
        self.progress.stage(name)

    def ended(self, time: StageTime) -> None:
        """A stage ended well."""
        self.times.append(time)
        self.progress.finished(time)
