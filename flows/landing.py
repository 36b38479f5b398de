"""What matching takes, straight from a landing zone: for commands that look or train and publish nothing."""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from expectations.contracts import table
from flows.config import Settings
from matching.options import MatchOptions
from transforms.clients import source_clients
from transforms.decisions import effective
from transforms.ingest import Landed, find_snapshot, land, read_batch
from transforms.link_texts import masked_links
from transforms.normalise import comparable
from transforms.sql import Frames, connect

_UNPUBLISHED = "look"
"""Run id of frames that never reach the store."""


@dataclass(frozen=True)
class Reading:
    """An open landing zone."""

    con: duckdb.DuckDBPyConnection
    landed: Landed

    def tables(self, practice_ids: Sequence[str]) -> Frames:
        """The source tables of these practices."""
        return read_batch(self.con, self.landed, practice_ids, table("intake").empty(), _UNPUBLISHED)

    def frames(self, practice_ids: Sequence[str]) -> Frames:
        """The frames that `matching.clients` takes, of these practices: as the stages of a run make them."""
        frames = dict(self.tables(practice_ids))
        with self.con.cursor() as con:
            frames["source_client"] = source_clients(con, frames)
        frames |= masked_links(frames)
        frames["comparable"] = comparable(frames["source_client"], frames["practices"])
        with self.con.cursor() as con:
            frames |= effective(con, frames, _UNPUBLISHED)
        return frames


@contextmanager
def reading(
    settings: Settings,
    snapshot_date: dt.date | None = None,
    practice_ids: Sequence[str] | None = None,
    names: Collection[str] | None = None,
) -> Iterator[Reading]:
    """The snapshot of that date (None: the newest), with `practice_ids` only what those need.

    `names`: source tables, where not all are wanted; the directory is always read. Raises UsageError
    where there is no such snapshot.
    """
    snapshot = find_snapshot(settings.landing, snapshot_date)
    if names is not None:
        wanted = {"practices", *names}
        snapshot = replace(snapshot, files=tuple(f for f in snapshot.files if f.table in wanted))
    with (
        TemporaryDirectory(prefix="scr-") as scratch,
        connect(settings.threads, settings.memory_limit, Path(scratch)) as con,
    ):
        yield Reading(con, land(con, snapshot, practice_ids))


def match_options(settings: Settings) -> MatchOptions:
    """How the run matches under these settings."""
    house = MatchOptions()
    return MatchOptions(
        settings.match_exact,
        settings.match_near or house.near,
        settings.match_model or house.model,
        settings.match_wrong_per_10000,
    )
