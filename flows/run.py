"""One run: land the snapshot, take the practices through every stage batch by batch, publish, write the run.

`scr run` and the Prefect flows call the same three functions: `open_night`, `run_batch`, `finish`.
"""

import datetime as dt
import hashlib
import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import polars as pl
from polars.exceptions import PanicException

from expectations.contracts import table, tables
from expectations.docs_site import write_data_docs
from expectations.errors import ScrError, StoreError, UsageError
from flows.config import Settings
from flows.night import OpenNight, RunRequest, open_night
from flows.progress import Progress
from flows.stages import Made, compute
from flows.versions import versions
from transforms.publish import publish, record_run
from transforms.status import Night, practice_status, publishable

log = logging.getLogger(__name__)

TROUBLE = ("blocked", "failed")


@dataclass(frozen=True)
class BatchResult:
    """What one batch left behind."""

    status: pl.DataFrame
    """Its rows of `practice_status`."""
    rows: Mapping[str, int]
    """Table of the store → rows written for the batch."""


@dataclass(frozen=True)
class RunSummary:
    """What a run did, for those who started it."""

    run_id: str
    snapshot_date: dt.date
    status: pl.DataFrame
    """`practice_status` of the practices in scope."""
    rows: Mapping[str, int]
    """Table of the store → rows written."""

    @property
    def outcomes(self) -> dict[str, int]:
        """Outcome → practices, by outcome."""
        return dict(sorted(Counter(self.status["outcome"]).items()))

    @property
    def exit_code(self) -> int:
        """0 where every practice in scope was processed, 1 where some were blocked or failed."""
        return int(any(outcome in TROUBLE for outcome in self.outcomes))


def run(settings: Settings, request: RunRequest, progress: Progress) -> RunSummary:
    """Do all that `request` asks for.

    Raises UsageError for what the user can mend, StoreError where the store cannot be read or written. A
    practice on which anything else fails gets outcome `failed`; the others go on.
    """
    with open_night(settings, request, progress) as night:
        results = [run_batch(night, number, ids) for number, ids in enumerate(night.batches, start=1)]
        return finish(night, results)


def run_batch(night: OpenNight, number: int, practice_ids: Sequence[str]) -> BatchResult:
    """Take a batch through every stage and publish it.

    Where it fails it is split in two, until the practice that fails stands alone with outcome `failed`.
    """
    night.clock.batch = number
    sizes = night.landed.sizes.filter(pl.col("practice_id").is_in(practice_ids))
    result = _attempt(night, practice_ids)
    night.clock.progress.advance(int(sizes["rows"].sum()))
    return result


def _attempt(night: OpenNight, practice_ids: Sequence[str]) -> BatchResult:
    try:
        return _published(night, compute(night, practice_ids), night.status_facts)
    except (UsageError, StoreError):
        raise
    except (Exception, PanicException) as error:  # a panic of Polars is no Exception
        log.debug("%d practices failed", len(practice_ids), exc_info=True)
        if len(practice_ids) == 1:
            return _failed(night, practice_ids[0], error)
    half = len(practice_ids) // 2
    parts = [_attempt(night, part) for part in (practice_ids[:half], practice_ids[half:])]
    return BatchResult(pl.concat([part.status for part in parts]), _total(parts))


def _published(night: OpenNight, frames: Made, facts: Night) -> BatchResult:
    with night.clock.stage("status"), night.con.cursor() as con:
        status = practice_status(con, frames, night.last_status, facts)
        frames["practice_status"] = status
        night.clock.count(status.height)
    with night.clock.stage("publish"):
        publish(night.store, frames, facts)
        rows = _rows_written(frames, publishable(status))
        night.clock.count(sum(rows.values()))
    return BatchResult(status, rows)


def _failed(night: OpenNight, practice_id: str, error: BaseException) -> BatchResult:
    # Another library's message may quote a value of a record; ours hold keys only.
    what = str(error) if isinstance(error, ScrError) else type(error).__name__
    facts = replace(night.status_facts, failed={practice_id: f"stage {night.clock.current}: {what}"})
    practices = night.landed.directory.filter(pl.col("practice_id") == practice_id)
    return _published(night, {"practices": practices}, facts)


def _rows_written(frames: Made, ready: Sequence[str]) -> dict[str, int]:
    written = {}
    for name, contract in tables("published").items():
        if name in frames:
            frame = frames[name]
            held_back = contract.kind == "published"
            rows = frame.filter(pl.col("practice_id").is_in(ready)) if held_back else frame
            written[name] = rows.height
    return written


def _total(results: Sequence[BatchResult]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for result in results:
        total.update(result.rows)
    return dict(sorted(total.items()))


def finish(night: OpenNight, results: Sequence[BatchResult]) -> RunSummary:
    """Write the line of table `run` and gather what the batches left."""
    status = pl.concat([table("practice_status").empty(), *(result.status for result in results)])
    summary = RunSummary(
        night.request.run_id, night.landed.snapshot.snapshot_date, status.sort("practice_id"), _total(results)
    )
    record_run(night.store, _run_row(night, summary))
    if night.request.data_docs:
        write_data_docs(night.verdicts, summary.run_id, night.request.data_docs)
    return summary


def _run_row(night: OpenNight, summary: RunSummary) -> pl.DataFrame:
    request = night.request
    counts = {
        "outcomes": summary.outcomes,
        "rows": summary.rows,
        "stages": [asdict(time) for time in night.clock.times],
    }
    row = {
        "run_id": request.run_id,
        "started_at": request.started_at,
        "finished_at": dt.datetime.now(dt.UTC).replace(tzinfo=None),
        "as_of": request.as_of,
        "snapshot_date": summary.snapshot_date,
        "scope": list(request.practice_ids),
        "counts": json.dumps(counts),
        "versions": json.dumps(versions(), sort_keys=True),
        "input_hash": night.landed.input_hash,
        "output_hash": _output_hash(summary.status),
    }
    return pl.DataFrame([row], schema=table("run").schema)


def _output_hash(status: pl.DataFrame) -> str:
    """One hash over the content hashes of the practices in scope, by practice_id."""
    lines = status.sort("practice_id").select("practice_id", "content_hash").rows()
    text = "\n".join(f"{practice_id} {content or ''}" for practice_id, content in lines)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
