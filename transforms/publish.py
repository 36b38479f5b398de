"""Write one batch of practices into the store: all their tables in one transaction.

Published tables change only for practices with outcome `published`; working tables follow every run.
"""

import datetime as dt

import polars as pl

from expectations.conform import conform
from expectations.contracts import table, tables
from transforms.content import published_tables
from transforms.sql import Frames
from transforms.status import Night, publishable
from transforms.store import Store, Writer

_APPEND_ONLY = ("run", "status_history")
_DESCRIBES_PUBLICATION = "dropped_link"

# A change of these makes a line of history; the others change every night by themselves.
_HISTORY = (
    "step",
    "outcome",
    "next_action",
    "actor_role",
    "reason",
    "deadline",
    "access_lost",
    "policy",
    "tool_held_by",
    "tool_held_since",
    "questions",
    "blocking_questions",
)


def publish(store: Store, frames: Frames, night: Night) -> dict[str, int]:
    """Write every table of `frames` for the practices of `frames["practice_status"]`, all or nothing.

    Gives table → rows written, of all but the history. A table that `frames` lacks is left as it stands (a
    practice on which the run failed has few). Raises StoreError where the store cannot be written; nothing is
    written then.
    """
    status = frames["practice_status"]
    prepared = _published(frames, status) | _working(frames, status)

    def work(writer: Writer) -> dict[str, int]:
        before = writer.read(f"select practice_id, {', '.join(_HISTORY)} from practice_status")
        # Whoever has no status yet has no rows at all: both are written in one transaction.
        known = set(before["practice_id"])
        history = _changed(before, status, night.started_at)
        for name, (rows, practice_ids) in sorted(prepared.items()):
            writer.replace(name, rows, practice_ids, held=known & set(practice_ids))
        writer.append("status_history", history)
        written = {name: rows.height for name, (rows, _) in prepared.items()}
        if night.whole_fleet and "quarantine" in frames:
            written["quarantine"] += _replace_fleet_lines(writer, frames["quarantine"], night.run_id)
        return written

    return store.write(work)


def record_run(store: Store, run: pl.DataFrame) -> None:
    """Append the one row of `run` (contract `run`) that closes a run."""
    row = conform(run, "run")
    store.write(lambda writer: writer.append("run", row))


_Prepared = dict[str, tuple[pl.DataFrame, list[str]]]


def _published(frames: Frames, status: pl.DataFrame) -> _Prepared:
    """Per published table the rows to write and the practices that they replace."""
    ready = publishable(status)
    found = {t.name: (_of(frames[t.name], ready), ready) for t in published_tables() if t.name in frames}
    if "crosswalk" in frames:
        never = status.filter(pl.col("last_published_at").is_null())["practice_id"].to_list()
        practice_ids = sorted(ready + never)
        found["crosswalk"] = _pending(_of(frames["crosswalk"], practice_ids), never), practice_ids
    return found


def _pending(crosswalk: pl.DataFrame, never: list[str]) -> pl.DataFrame:
    """The rows with those of practices that were never published as pending, in the same order."""
    waits = pl.col("practice_id").is_in(never)
    unreadable = pl.lit("The practice is not published yet, and the record could not be read.")
    return crosswalk.with_columns(
        unified_id=pl.when(~waits).then("unified_id"),
        outcome=pl.when(waits).then(pl.lit("pending")).otherwise("outcome"),
        reason=pl.when(~waits)
        .then("reason")
        .when(pl.col("outcome") == "quarantined")
        .then(unreadable)
        .otherwise(pl.lit("The practice is not published yet.")),
    )


def _working(frames: Frames, status: pl.DataFrame) -> _Prepared:
    """Per working table its rows for the practices in scope, and these practices."""
    scope = status["practice_id"].to_list()
    # A practice held back keeps the lost links of its last publication: they complete what stands published.
    current = pl.col("last_published_at").is_null() | pl.col("outcome").is_in(["published", "unchanged"])
    described = status.filter(current)["practice_id"].to_list()
    found: _Prepared = {}
    for name, contract in tables("published").items():
        if contract.kind != "working" or name in _APPEND_ONLY or name not in frames:
            continue
        practice_ids = described if name == _DESCRIBES_PUBLICATION else scope
        found[name] = _of(frames[name], practice_ids), practice_ids
    return found


def _of(frame: pl.DataFrame, practice_ids: list[str]) -> pl.DataFrame:
    return frame.filter(pl.col("practice_id").is_in(practice_ids))


def _changed(before: pl.DataFrame, status: pl.DataFrame, changed_at: dt.datetime) -> pl.DataFrame:
    """`status_history` rows: practices whose status differs from what the store holds, `before`."""
    columns = ["practice_id", *_HISTORY]
    # A join on all columns, empty ones alike: what finds no partner has changed.
    changed = status.join(before.select(columns), on=columns, how="anti", nulls_equal=True)
    dated = changed.with_columns(changed_at=pl.lit(changed_at, dtype=pl.Datetime("us")))
    return conform(dated, "status_history")


def _replace_fleet_lines(writer: Writer, quarantine: pl.DataFrame, run_id: str) -> int:
    """Lines that belong to no practice: an earlier run's go, and this run's are there once; how many are new.

    Every batch of a run may bring them, so what the run has written already is not written again.
    """
    key = list(table("quarantine").key)
    columns = ", ".join(f'"{name}"' for name in [*key, "run_id"])
    there = writer.read(f"select {columns} from quarantine where practice_id = ''")
    if (there["run_id"] != run_id).any():
        writer.delete("quarantine", "practice_id = '' and run_id <> $run_id", {"run_id": run_id})
    ours = there.filter(pl.col("run_id") == run_id).select(key)
    lines = quarantine.filter(pl.col("practice_id") == "")
    new = lines.join(ours, on=key, how="anti", nulls_equal=True)
    writer.append("quarantine", new)
    return new.height
