"""Where every practice stands tonight: step, outcome, what to do next, who can do it, and why.

The steps are those of the data contract, section 2 "Steps"; codes are this project's own, not labels of Xero.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb
import polars as pl

from expectations.conform import conform
from expectations.contracts import table
from expectations.errors import ContractError
from transforms.content import content_hashes
from transforms.sql import Frames, run_sql

_READ = (
    "staff",
    "intake",
    "practice_verdict",
    "source_client",
    "validation_failure",
    "match",
    "review_item",
    "quarantine",
    "rejected_decision",
)

DEADLINE = dt.date(2024, 2, 21)
"""Day by which every practice must be complete, where neither it nor the configuration says otherwise."""


@dataclass(frozen=True)
class Night:
    """What a run knows beside its frames."""

    run_id: str
    as_of: dt.date
    """Day that deadlines and stale tools are counted from (its first minute)."""
    snapshot_date: dt.date
    started_at: dt.datetime
    """UTC without a zone: the time that publications and changes of status are dated with."""
    default_deadline: dt.date = DEADLINE
    stale_tool_hours: int = 24
    failed: Mapping[str, str] = field(default_factory=dict)
    """Practices on which the pipeline itself failed → the cause, without private values."""
    whole_fleet: bool = True
    """Whether the run takes in every practice: then fleet-level lines are replaced too."""


def practice_status(
    con: duckdb.DuckDBPyConnection, frames: Frames, previous: pl.DataFrame, night: Night
) -> pl.DataFrame:
    """`practice_status`: one row per practice of `frames["practices"]`.

    `previous`: the store's last practice_status (of these practices or more). Frames that are missing count
    as empty, as they do for a practice in `night.failed`. Outcome `published` means: to be published by this
    run. Raises ContractError where a practice that did not fail has no verdict.
    """
    practices = frames["practices"]
    read = {name: frames.get(name, table(name).empty()) for name in _READ}
    _check_verdicts(practices, read["practice_verdict"], night)
    known = {**read, "practices": practices, "failed": _failed(night), "previous": previous}
    midnight = dt.datetime.combine(night.as_of, dt.time())
    stale = {"stale_hours": night.stale_tool_hours}
    facts = run_sql(con, "status/facts", known, {"midnight": midnight, **stale})
    counts = run_sql(con, "status/counts", known)
    held = run_sql(con, "status/holds", {"facts": facts.join(counts, on="practice_id")})
    # Of a practice that is held back nobody asks whether its content has changed.
    hashes = content_hashes(con, frames, held.filter(hold="")["practice_id"].to_list())
    held = held.join(hashes, on="practice_id", how="left")
    ladder = _dated(run_sql(con, "status/ladder", {"held": held}), night)
    told = ladder.join(run_sql(con, "status/sentences", {"ladder": ladder}), on="practice_id")
    told = told.join(
        _reasons(told, run_sql(con, "status/notes", {"ladder": ladder}, stale)), on="practice_id"
    )
    return conform(_finished(told, night), "practice_status")


def publishable(status: pl.DataFrame) -> list[str]:
    """Ids of the practices of `practice_status` whose published tables this run writes, sorted."""
    return status.filter(pl.col("outcome") == "published")["practice_id"].sort().to_list()


def _check_verdicts(practices: pl.DataFrame, verdicts: pl.DataFrame, night: Night) -> None:
    without = practices.join(verdicts, on="practice_id", how="anti").filter(
        ~pl.col("practice_id").is_in(list(night.failed))
    )
    if without.height:
        raise ContractError(
            f"table practice_verdict: no row for {without.height} practices, for example"
            f" {without['practice_id'].sort()[0]}. Mend the step consolidate."
        )


def _failed(night: Night) -> pl.DataFrame:
    rows = sorted(night.failed.items())
    return pl.DataFrame(rows, schema={"practice_id": pl.String, "reason": pl.String}, orient="row")


def _dated(ladder: pl.DataFrame, night: Night) -> pl.DataFrame:
    as_of = pl.lit(night.as_of)
    deadline = pl.col("deadline").fill_null(night.default_deadline)
    return ladder.with_columns(
        deadline,
        days_left=(deadline - as_of).dt.total_days(),
        access_lost=(as_of > deadline) & (pl.col("step") != "complete"),
    )


def _reasons(told: pl.DataFrame, notes: pl.DataFrame) -> pl.DataFrame:
    sentences = pl.concat_str("why", *notes.columns[1:], separator=" ", ignore_nulls=True)
    return (
        told.select("practice_id", "why")
        .join(notes, on="practice_id")
        .select("practice_id", reason=sentences)
    )


def _finished(rows: pl.DataFrame, night: Night) -> pl.DataFrame:
    held = pl.col("tool_open")
    tonight = pl.col("outcome").is_in(["published", "unchanged"])
    return rows.with_columns(
        tool_held_by=pl.when(held).then("tool_opened_by"),
        tool_held_since=pl.when(held).then("tool_opened_at"),
        stale_links=pl.col("stale_links").fill_null(0),
        last_published_at=pl.when(pl.col("outcome") == "published")
        .then(pl.lit(night.started_at, dtype=pl.Datetime("us")))
        .otherwise("last_published_at"),
        content_hash=pl.when(tonight).then("content_hash").otherwise("last_content_hash"),
        snapshot_date=pl.lit(night.snapshot_date),
        run_id=pl.lit(night.run_id),
    ).select(table("practice_status").names)
