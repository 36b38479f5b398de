"""The batches of a run: several are computed at once, and published one by one in the order of their numbers.

So the store is the same whichever batch is ready first, and no more frames are held than those under way.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import partial
from queue import SimpleQueue

import polars as pl
from polars.exceptions import PanicException

from expectations.errors import ScrError, StoppedError, StoreError, UsageError
from flows.crew import Member, crew
from flows.night import OpenNight
from flows.stages import Computed, Made
from transforms.publish import publish
from transforms.status import Night, practice_status

log = logging.getLogger(__name__)

PROBES = 8
"""Practices that are tried by themselves where a batch failed: where all fail alike, the whole batch does."""

_MOMENT = 0.2
"""Seconds."""


@dataclass(frozen=True)
class BatchResult:
    """What one batch left behind."""

    status: pl.DataFrame
    """Its rows of `practice_status`."""
    rows: Mapping[str, int]
    """Table of the store → rows written for the batch."""


Before = Future[BatchResult] | None
"""The batch before, which must be published first."""
Work = Callable[[], BatchResult]
Step = Callable[[str, Work], BatchResult]
"""Does a piece of work under a name."""


def plainly(name: str, work: Work) -> BatchResult:
    """Just do it."""
    del name
    return work()


def run_batches(night: OpenNight, step: Step = plainly) -> list[BatchResult]:
    """Take every batch through every stage, `workers` of them at once, each as one `step` in a thread.

    Raises what the first batch that cannot go on raises; the others are given up.
    """
    results: list[Future[BatchResult]] = []
    with crew(night) as members:
        pool, idle = ThreadPoolExecutor(len(members), "batch"), SimpleQueue[Member]()
        for member in members:
            idle.put(member)
        try:
            for number, ids in enumerate(night.inputs.batches, start=1):
                work = partial(run_batch, night, idle, number, ids, results[-1] if results else None)
                results.append(pool.submit(copy_context().run, step, f"batch {number}", work))
            # In short waits: Polars has the system go on with a long one when somebody presses Ctrl-C.
            for result in results:
                while not result.done():
                    wait([result], _MOMENT)
            return [result.result() for result in results]
        except BaseException:
            night.clock.stopped.set()
            for member in members:
                member.stop()
            raise
        finally:
            pool.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class _Task:
    """A batch under way."""

    night: OpenNight
    """With the clock of the batch."""
    member: Member
    before: Before

    def compute(self, practice_ids: Sequence[str]) -> Computed:
        return self.member.compute(self.night.clock, practice_ids)


def run_batch(
    night: OpenNight, idle: "SimpleQueue[Member]", number: int, practice_ids: Sequence[str], before: Before
) -> BatchResult:
    """Have a member that is idle take a batch through every stage; publish it once the one `before` is.

    Where it fails it is split in two, until the practice that fails stands alone with outcome `failed`.
    """
    night = replace(night, clock=night.clock.of_batch(number))
    member = idle.get()
    try:
        result = _attempt(_Task(night, member, before), practice_ids)
    finally:
        idle.put(member)
    sizes = night.inputs.landed.sizes.filter(pl.col("practice_id").is_in(practice_ids))
    night.clock.progress.advance(int(sizes["rows"].sum()))
    return result


def _attempt(task: _Task, practice_ids: Sequence[str]) -> BatchResult:
    try:
        computed = task.compute(practice_ids)
        if computed.verdict:
            task.night.verdicts.append((task.night.clock.batch, computed.verdict))
        return _published(task, computed.frames, task.night.inputs.status_facts)
    except (UsageError, StoreError, StoppedError):
        raise
    except (Exception, PanicException) as error:  # a panic of Polars is no Exception
        log.debug("%d practices failed", len(practice_ids), exc_info=True)
        cause = _cause(task, error)
    if len(practice_ids) == 1 or _hits_all(task, practice_ids, cause):
        return _failed(task, practice_ids, cause)
    half = len(practice_ids) // 2
    parts = [_attempt(task, part) for part in (practice_ids[:half], practice_ids[half:])]
    return BatchResult(pl.concat([part.status for part in parts]), total(parts))


def _hits_all(task: _Task, practice_ids: Sequence[str], cause: str) -> bool:
    """Whether practices from all over a large batch fail alike, each by itself: halving would take hours."""
    if len(practice_ids) <= 2 * PROBES:
        return False
    probes = practice_ids[:: len(practice_ids) // PROBES][:PROBES]
    return all(_probe(task, practice_id) == cause for practice_id in probes)


def _probe(task: _Task, practice_id: str) -> str | None:
    """Why a practice cannot be computed by itself, None where it can. Publishes nothing."""
    try:
        task.compute([practice_id])
    except (UsageError, StoreError, StoppedError):
        raise
    except (Exception, PanicException) as error:
        return _cause(task, error)
    return None


def _cause(task: _Task, error: BaseException) -> str:
    # Another library's message may quote a value of a record; ours hold keys only.
    what = str(error) if isinstance(error, ScrError) else type(error).__name__
    return f"stage {task.night.clock.current}: {what}"


def _failed(task: _Task, practice_ids: Sequence[str], cause: str) -> BatchResult:
    night = task.night
    facts = replace(night.inputs.status_facts, failed=dict.fromkeys(practice_ids, cause))
    directory = night.inputs.landed.directory
    frames = {"practices": directory.filter(pl.col("practice_id").is_in(practice_ids))}
    with night.clock.stage("status"), night.con.cursor() as con:
        status = practice_status(con, frames, night.inputs.last_status, facts)
    return _published(task, {**frames, "practice_status": status}, facts)


def _published(task: _Task, frames: Made, facts: Night) -> BatchResult:
    if task.before and task.before.exception():  # waits for it
        raise StoppedError("the batch before could not be published")
    clock = task.night.clock
    with clock.stage("publish"):
        rows = publish(task.night.store, frames, facts)
        clock.count(sum(rows.values()))
    return BatchResult(frames["practice_status"], rows)


def total(results: Iterable[BatchResult]) -> dict[str, int]:
    """Table of the store → rows written for all of them."""
    rows: Counter[str] = Counter()
    for result in results:
        rows.update(result.rows)
    return dict(sorted(rows.items()))
