"""One run: land the snapshot, take the practices through every stage batch by batch, publish, write the run.

`scr run` and the Prefect flows call the same three functions: `open_night`, `run_batches`, `finish`.
"""

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import polars as pl

from expectations.contracts import table
from expectations.docs_site import write_data_docs
from flows.batches import BatchResult, run_batches, total
from flows.config import Settings
from flows.night import OpenNight, RunRequest, open_night
from flows.progress import Progress
from flows.versions import versions
from transforms.publish import record_run

TROUBLE = ("blocked", "failed")


@dataclass(frozen=True)
class RunSummary:
    """What a run did, for those who started it."""

    run_id: str
    snapshot_date: dt.date
    status: pl.DataFrame
    """`practice_status` of the practices in scope."""
    rows: Mapping[str, int]
    """Table of the store → rows written."""
    left: tuple[str, ...] = ()
    """Practices that the store knows and the directory no longer does; their last status stays."""

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
        return finish(night, run_batches(night))


def finish(night: OpenNight, results: Sequence[BatchResult]) -> RunSummary:
    """Write the line of table `run` and gather what the batches left."""
    status = pl.concat([table("practice_status").empty(), *(result.status for result in results)])
    summary = RunSummary(
        night.inputs.request.run_id,
        night.inputs.landed.snapshot.snapshot_date,
        status.sort("practice_id"),
        total(results),
        _left(night),
    )
    record_run(night.store, _run_row(night, summary))
    if night.inputs.request.data_docs:
        verdicts = [verdict for _, verdict in sorted(night.verdicts, key=lambda found: found[0])]
        write_data_docs(verdicts, summary.run_id, night.inputs.request.data_docs)
    return summary


def _left(night: OpenNight) -> tuple[str, ...]:
    known, directory = night.inputs.last_status["practice_id"], night.inputs.landed.directory["practice_id"]
    return tuple(known.filter(~known.is_in(directory.implode())).sort())


def _run_row(night: OpenNight, summary: RunSummary) -> pl.DataFrame:
    request = night.inputs.request
    counts = {
        "outcomes": summary.outcomes,
        "rows": summary.rows,
        "left": summary.left,
        "stages": [asdict(time) for time in sorted(night.clock.times, key=lambda time: time.batch)],
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
        "input_hash": night.inputs.landed.input_hash,
        "output_hash": _output_hash(summary.status),
    }
    return pl.DataFrame([row], schema=table("run").schema)


def _output_hash(status: pl.DataFrame) -> str:
    """One hash over the content hashes of the practices in scope, by practice_id."""
    lines = status.sort("practice_id").select("practice_id", "content_hash").rows()
    text = "\n".join(f"{practice_id} {content or ''}" for practice_id, content in lines)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
