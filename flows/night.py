"""What every batch of one run shares: connection, store, landed rows, what the last run left."""

import datetime as dt
import math
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import polars as pl

from expectations.errors import UsageError
from expectations.gate import Verdict, preload
from flows.config import Settings
from flows.progress import Clock, Progress
from flows.spawn import Process, spawned
from transforms import lookup
from transforms.ingest import Landed, find_snapshot, land
from transforms.lookup import unknown_ids
from transforms.sql import connect
from transforms.status import Night
from transforms.store import Store, open_store

_WORTHWHILE = 100_000
"""Rows for which a process of its own pays: it takes three seconds to start, and about as long for these."""

_LARGE = 16 << 20
"""Bytes of a snapshot that is surely worth several processes: they start while it is landed."""


@dataclass(frozen=True)
class RunRequest:
    """What is asked of one run. Clock and randomness end here: nothing further down reads them."""

    run_id: str
    started_at: dt.datetime
    """UTC, without a zone."""
    as_of: dt.date
    snapshot_date: dt.date | None = None
    """None: the newest."""
    practice_ids: tuple[str, ...] = ()
    """Empty: the fleet."""
    data_docs: Path | None = None


@dataclass(frozen=True)
class Inputs:
    """What every batch is computed from. Its rows lie on disk, so it travels lightly to other processes."""

    settings: Settings
    request: RunRequest
    landed: Landed
    last_intake: pl.DataFrame
    """`intake` of the practices in scope as the last runs left it."""
    last_status: pl.DataFrame
    """`practice_status` of the practices in scope as the last runs left it."""

    @property
    def batches(self) -> tuple[tuple[str, ...], ...]:
        """Practice ids, sorted, in batches of about `even_rows` rows."""
        return batches_of(self.landed.sizes, even_rows(self.settings, _rows(self.landed)))

    @property
    def workers(self) -> int:
        """Batches under way at once: where one practice is nearly all, the others would have none."""
        return max(1, min(workers_for(self.settings, _rows(self.landed)), len(self.batches)))

    @property
    def threads(self) -> int:
        """Threads of DuckDB and Polars for each batch under way."""
        return _share(self.settings.threads, self.workers)

    @property
    def status_facts(self) -> Night:
        """What the status has to know beside its frames."""
        return Night(
            run_id=self.request.run_id,
            as_of=self.request.as_of,
            snapshot_date=self.landed.snapshot.snapshot_date,
            started_at=self.request.started_at,
            default_deadline=self.settings.default_deadline,
            stale_tool_hours=self.settings.stale_tool_hours,
            whole_fleet=not self.request.practice_ids,
        )


@dataclass(frozen=True)
class OpenNight:
    """One run under way."""

    inputs: Inputs
    con: duckdb.DuckDBPyConnection
    store: Store
    clock: Clock
    scratch: Path
    """A folder that goes with the run."""
    processes: list[Process]
    """Started already, to compute its batches."""
    verdicts: list[tuple[int, Verdict]] = field(default_factory=list)
    """Number of a batch and the gate's results of it, kept where Data Docs are asked for."""


def new_request(
    as_of: dt.date | None = None,
    snapshot_date: dt.date | None = None,
    practice_ids: Sequence[str] | None = None,
    data_docs: Path | None = None,
) -> RunRequest:
    """A request with a run id of its own: the time of its start and six random hex digits."""
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    run_id = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    scope = tuple(sorted(set(practice_ids or ())))
    return RunRequest(run_id, now, as_of or now.date(), snapshot_date, scope, data_docs)


@contextmanager
def open_night(settings: Settings, request: RunRequest, progress: Progress) -> Iterator[OpenNight]:
    """Land the snapshot and open the store; both are let go of at the end, however it comes.

    Raises UsageError where there is no snapshot, or a practice asked for is not in the directory; StoreError
    where the store cannot be opened.
    """
    clock, scope = Clock(progress), list(request.practice_ids) or None
    snapshot = find_snapshot(settings.landing, request.snapshot_date)
    early = settings.workers if snapshot.size > _LARGE and settings.workers > 1 and not scope else 0
    if not early:
        preload()  # Great Expectations takes seconds to import, which the landing covers
    with (
        spawned(early, _share(settings.threads, settings.workers)) as processes,
        tempfile.TemporaryDirectory(prefix="scr-") as scratch,
        connect(settings.threads, settings.memory_limit, Path(scratch)) as con,
        open_store(Path(settings.store)) as store,
    ):
        with clock.stage("land"):
            landed = land(con, snapshot, scope)
            _check_scope(request.practice_ids, landed)
            clock.count(_rows(landed))
        intake, status = lookup.last_intake(store, scope), lookup.last_status(store, scope)
        inputs = Inputs(settings, request, landed, intake, status)
        progress.begin(landed.sizes.height, _rows(landed))
        try:
            yield OpenNight(inputs, con, store, clock, Path(scratch), processes)
        finally:
            progress.end()


def _share(threads: int, workers: int) -> int:
    return max(1, threads // workers)


def _rows(landed: Landed) -> int:
    return int(landed.sizes["rows"].sum())


def _check_scope(wanted: Sequence[str], landed: Landed) -> None:
    known = landed.directory["practice_id"].to_list()
    missing = sorted(set(wanted) - set(known))
    if missing:
        raise UsageError(unknown_ids("practice", missing, known))


def workers_for(settings: Settings, rows: int) -> int:
    """Batches of `rows` rows under way at once: `workers`, fewer where so many processes would not pay."""
    return max(1, min(settings.workers, rows // _WORTHWHILE))


def even_rows(settings: Settings, rows: int) -> int:
    """Rows of a batch, at most `batch_rows`, so that all workers are busy until the end of `rows` rows.

    As many batches as there are workers, or a multiple.
    """
    workers = workers_for(settings, rows)
    rounds = math.ceil(rows / (settings.batch_rows * workers))
    return math.ceil(rows / max(1, rounds * workers)) or settings.batch_rows


def batches_of(sizes: pl.DataFrame, rows: int) -> tuple[tuple[str, ...], ...]:
    """Practice ids in batches: a new one begins where the rows before reach the next multiple of `rows`.

    `sizes`: practice_id, rows; one row per practice. By id, so that the batches never depend on row order.
    """
    before = pl.col("rows").cum_sum() - pl.col("rows")
    grouped = (
        sizes.sort("practice_id")
        .with_columns(batch=before // rows)
        .group_by("batch", maintain_order=True)
        .agg("practice_id")
    )
    return tuple(tuple(ids) for ids in grouped["practice_id"].to_list())
