"""Prints where the fleet stands: after a run, and as `scr report`."""

import json
from collections.abc import Mapping
from textwrap import fill
from typing import TYPE_CHECKING

import polars as pl

from flows.tables import show, terminal_width

if TYPE_CHECKING:
    from flows.run import RunSummary

STATUS_COLUMNS = ("practice_id", "practice_name", "step", "outcome", "actor_role", "days_left", "reason")
# What `scr status` adds: how far the joins can be trusted.
TRUST_COLUMNS = {"wrong_joins": "expected_wrong_joins", "missed_joins": "expected_missed_joins"}
# Those that somebody must look at come first.
URGENCY = ("failed", "blocked", "needs_review", "waiting", "published", "unchanged")
ROWS_AFTER_RUN = 50
DROPS = 10
"""Clients named of each policy that would drop working ones."""


def print_summary(summary: "RunSummary", store: str) -> None:
    """Print the status of the practices in scope, counts, seconds per stage and where to look next."""
    status = summary.status.with_columns(
        urgency=pl.col("outcome").replace_strict(list(URGENCY), range(len(URGENCY)))
    ).sort("urgency", "practice_id")
    print()
    show(status.select(STATUS_COLUMNS).head(ROWS_AFTER_RUN))
    if status.height > ROWS_AFTER_RUN:
        print(f"… and {status.height - ROWS_AFTER_RUN:,} more: scr status --store {store}")
    print(f"\nRun {summary.run_id} of snapshot {summary.snapshot_date}: {_outcomes(summary)}")
    print(fill(f"Rows written: {_counts(summary.rows)}", terminal_width()))
    if summary.left:
        left = f"No longer in the directory, the last status stays: {', '.join(summary.left)}"
        print(fill(left, terminal_width()))
    print(f"\nNext: scr report --store {store}     who must do what, and the nearest deadlines")
    print(f"      scr explain PRACTICE hq|xpm|tax ID --store {store}     why one record went where it went")
    print(f'      scr sql "select * from quarantine" --store {store}     what could not be read')


def print_report(found: Mapping[str, pl.DataFrame]) -> None:
    """Print the frames of `transforms.lookup.fleet` as Markdown sections."""
    run = found["last_run"].row(0, named=True) if found["last_run"].height else None
    print("# Fleet report\n")
    if run is None:
        print("No run has finished in this store yet.")
        return
    print(f"Run {run['run_id']}, snapshot {run['snapshot_date']}, deadlines counted from {run['as_of']}.")
    _section("Steps and outcomes", found["outcomes"])
    _section("Who must act", found["actors"])
    _section("Next deadlines", found["deadlines"])
    versions = json.loads(run["versions"])
    print(f"\nMade with {', '.join(f'{name} {version}' for name, version in sorted(versions.items()))}.")


def print_simulation(practice_id: str, found: pl.DataFrame, drops: pl.DataFrame) -> None:
    """Print what each policy would do, and the working clients that it would drop with what hangs on them."""
    show(found)
    for policy, count in (
        found.filter(pl.col("working_dropped") > 0).select("policy", "working_dropped").rows()
    ):
        shown = drops.filter(policy=policy).drop("policy")
        print(
            f"\n{policy} would drop {count:,} working clients, with jobs and Tax records that hang on them:\n"
        )
        show(shown)
        if count > shown.height:
            print(f"… and {count - shown.height:,} more, once {policy} is the practice's policy:")
            print(f"      scr sql \"select * from policy_drop where practice_id = '{practice_id}'\"")


def _section(title: str, frame: pl.DataFrame) -> None:
    print(f"\n## {title}\n")
    if frame.height:
        show(frame)
    else:
        print("None.")


def _outcomes(summary: "RunSummary") -> str:
    return _counts(summary.outcomes) or "no practice"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())
