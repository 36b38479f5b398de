"""How Prefect runs a night: each batch and the closing line a task, the summary as artifacts.

A task per batch, never per practice: Prefect's server takes about 16 tasks a second. Nothing private reaches
Prefect's own store: results are not kept, tasks have no arguments, errors are told by kind, artifacts hold
counts and codes of status.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import polars as pl
from prefect import get_run_logger, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from expectations.errors import ScrError, StoppedError, UsageError
from flows.batches import run_batches
from flows.config import Settings
from flows.night import RunRequest, open_night
from flows.progress import StageTime
from flows.run import RunSummary, finish

T = TypeVar("T")

RETRIES = 2
RETRY_SECONDS = 10
TROUBLED_ROWS = 200
"""Practices in the table artifact at most; the store has them all."""


class LogProgress:
    """Progress as lines of the flow run's log: names of stages, rows and seconds."""

    def __init__(self) -> None:
        self._log = get_run_logger()

    def begin(self, practices: int, rows: int) -> None:
        """See Progress."""
        self._log.info("%s practices, %s rows", f"{practices:,}", f"{rows:,}")

    def stage(self, name: str) -> None:
        """See Progress."""

    def finished(self, time: StageTime) -> None:
        """See Progress."""
        self._log.info("batch %d %s: %s rows, %.2f s", time.batch, time.stage, f"{time.rows:,}", time.seconds)

    def advance(self, rows: int) -> None:
        """See Progress."""

    def end(self) -> None:
        """See Progress."""


def run_with_tasks(settings: Settings, request: RunRequest) -> RunSummary:
    """`flows.run.run`, each batch in a task of its own that is tried again where the store was busy.

    Raises ScrError and nothing else: a library's message may quote a value of a record, and Prefect keeps it.
    """
    try:
        with open_night(settings, request, LogProgress()) as night:
            return _in_task("finish", partial(finish, night, run_batches(night, _in_task)))
    except ScrError:
        raise
    except Exception as error:
        kind = type(error).__name__
        raise ScrError(f"unexpected {kind}; `scr run --debug` on the same input shows where") from None


def describe(summary: RunSummary, key: str) -> None:
    """Leave the summary with the flow run: counts as Markdown, the practices that wait as a table."""
    outcomes = "\n".join(f"| {outcome} | {count:,} |" for outcome, count in summary.outcomes.items())
    head = f"# Run {summary.run_id}\n\nSnapshot {summary.snapshot_date}, exit code {summary.exit_code}\n\n"
    table = f"| outcome | practices |\n|---|---|\n{outcomes}\n"
    create_markdown_artifact(key=f"{key}-summary", markdown=head + table)
    troubled = summary.status.filter(~pl.col("outcome").is_in(["published", "unchanged"])).head(TROUBLED_ROWS)
    columns = ["practice_id", "step", "outcome", "actor_role", "days_left"]
    create_table_artifact(key=f"{key}-practices", table=troubled.select(columns).to_dicts())


def _in_task(name: str, work: Callable[[], T]) -> T:
    # No arguments: Prefect would walk through the frames to look for futures.
    @task(
        name=name,
        retries=RETRIES,
        retry_delay_seconds=RETRY_SECONDS,
        retry_condition_fn=_worth_retrying,
        cache_policy=NO_CACHE,
        persist_result=False,
    )
    def step() -> T:
        return work()

    return step()


def _worth_retrying(task: Any, run: Any, state: Any) -> bool:
    """A mistake of the user does not heal by itself, nor does a run that has ended; a busy store may."""
    del task, run
    return not isinstance(state.result(raise_on_failure=False), (UsageError, StoppedError))
