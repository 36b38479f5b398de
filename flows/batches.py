"""The batches of a run: several are computed at once, and published one by one in the order of their numbers.

So the store is the same whichever batch is ready first, and no more frames are held than those under way.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import partial

import polars as pl
from polars.exceptions import PanicException

from expectations.contracts import tables
from expectations.errors import ScrError, StoppedError, StoreError, UsageError
from flows.night import OpenNight
from flows.stages import Made, compute
from transforms.publish import publish
from transforms.status import Night, practice_status, publishable

log = logging.getLogger(__name__)

PROBES = 8
"""Practices that are tried by themselves where a batch failed: where all fail alike, the whole batch does."""


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

    Raises what the first batch that cannot go on raises; the others end before their next stage.
    """
    pool = ThreadPoolExecutor(night.settings.workers, "batch")
    results: list[Future[BatchResult]] = []
    try:
        for number, ids in enumerate(night.batches, start=1):
            work = partial(run_batch, night, number, ids, results[-1] if results else None)
            results.append(pool.submit(copy_context().run, step, f"batch {number}", work))
        return [result.result() for result in results]
    except BaseException:
        night.clock.stopped.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def run_batch(
    night: OpenNight, number: int, practice_ids: Sequence[str], before: Before = None
) -> BatchResult:
    """Take a batch through every stage, and publish it once the batch `before` is published.

    Where it fails it is split in two, until the practice that fails stands alone with outcome `failed`.
    """
    night = replace(night, clock=night.clock.of_batch(number))
    sizes = night.landed.sizes.filter(pl.col("practice_id").is_in(practice_ids))
    result = _attempt(night, practice_ids, before)
    night.clock.progress.advance(int(sizes["rows"].sum()))
    return result


def _attempt(night: OpenNight, practice_ids: Sequence[str], before: Before) -> BatchResult:
    try:
        frames = compute(night, practice_ids)
        return _published(night, frames, night.status_facts, before)
    except (UsageError, StoreError, StoppedError):
        raise
    except (Exception, PanicException) as error:  # a panic of Polars is no Exception
        log.debug("%d practices failed", len(practice_ids), exc_info=True)
        cause = _cause(night, error)
    if len(practice_ids) == 1 or _hits_all(night, practice_ids, cause):
        return _failed(night, practice_ids, cause, before)
    half = len(practice_ids) // 2
    parts = [_attempt(night, part, before) for part in (practice_ids[:half], practice_ids[half:])]
    return BatchResult(pl.concat([part.status for part in parts]), total(parts))


def _hits_all(night: OpenNight, practice_ids: Sequence[str], cause: str) -> bool:
    """Whether practices from all over a large batch fail alike, each by itself: halving would take hours."""
    if len(practice_ids) <= 2 * PROBES:
        return False
    probes = practice_ids[:: len(practice_ids) // PROBES][:PROBES]
    return all(_probe(night, practice_id) == cause for practice_id in probes)


def _probe(night: OpenNight, practice_id: str) -> str | None:
    """Why a practice cannot be computed by itself, None where it can. Publishes nothing."""
    try:
        compute(night, [practice_id])
    except (UsageError, StoreError, StoppedError):
        raise
    except (Exception, PanicException) as error:
        return _cause(night, error)
    return None


def _cause(night: OpenNight, error: BaseException) -> str:
    # Another library's message may quote a value of a record; ours hold keys only.
    what = str(error) if isinstance(error, ScrError) else type(error).__name__
    return f"stage {night.clock.current}: {what}"


def _failed(night: OpenNight, practice_ids: Sequence[str], cause: str, before: Before) -> BatchResult:
    facts = replace(night.status_facts, failed=dict.fromkeys(practice_ids, cause))
    practices = night.landed.directory.filter(pl.col("practice_id").is_in(practice_ids))
    return _published(night, {"practices": practices}, facts, before)


def _published(night: OpenNight, frames: Made, facts: Night, before: Before) -> BatchResult:
    with night.clock.stage("status"), night.con.cursor() as con:
        status = practice_status(con, frames, night.last_status, facts)
        frames["practice_status"] = status
        night.clock.count(status.height)
    if before and before.exception():  # waits for it
        raise StoppedError("the batch before could not be published")
    with night.clock.stage("publish"):
        publish(night.store, frames, facts)
        rows = _rows_written(frames, publishable(status))
        night.clock.count(sum(rows.values()))
    return BatchResult(status, rows)


def _rows_written(frames: Made, ready: Sequence[str]) -> dict[str, int]:
    written = {}
    for name, contract in tables("published").items():
        if name in frames:
            frame = frames[name]
            held_back = contract.kind == "published"
            rows = frame.filter(pl.col("practice_id").is_in(ready)) if held_back else frame
            written[name] = rows.height
    return written


def total(results: Iterable[BatchResult]) -> dict[str, int]:
    """Table of the store → rows written for all of them."""
    rows: Counter[str] = Counter()
    for result in results:
        rows.update(result.rows)
    return dict(sorted(rows.items()))
