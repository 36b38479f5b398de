"""What every batch of one run shares: connection, store, landed rows, yesterday's state; opened and closed here."""

import datetime as dt
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import polars as pl

from expectations.gate import preload
from flows.config import Settings
from flows.progress import Clock, Progress
from matching.clients import ClientMatchOptions
from transforms.consolidate import ConsolidateOptions
from transforms.ingest import Landed, find_snapshot, land
from transforms.sql import connect
from transforms.store import Store


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
class OpenNight:
    """One run under way."""

    settings: Settings
    request: RunRequest
    con: duckdb.DuckDBPyConnection
    store: Store
    landed: Landed
    last_intake: pl.DataFrame
    """`intake` as the store has it: the last accepted lists."""
    last_status: pl.DataFrame
    """`practice_status` as the store has it."""
    clock: Clock
    batches: list[list[str]] = field(default_factory=list)
    """Practice ids, sorted, in batches of about `batch_clients` rows."""


def new_request(
    as_of: dt.date | None = None,
    snapshot_date: dt.date | None = None,
    practice_ids: Sequence[str] | None = None,
    data_docs: Path | None = None,
) -> RunRequest:
    """A request with a run id of its own: time of start and six random hex digits."""
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    run_id = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    scope = tuple(sorted(set(practice_ids or ())))
    return RunRequest(run_id, now, as_of or now.date(), snapshot_date, scope, data_docs)


@contextmanager
def open_night(settings: Settings, request: RunRequest, progress: Progress) -> Iterator[OpenNight]:
    """Land the snapshot and open the store; both are let go of at the end, whatever happened.

    Raises UsageError where there is no snapshot, or a practice asked for is not in the directory.
    """
    raise NotImplementedError
