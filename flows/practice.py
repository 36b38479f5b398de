"""Prefect flow `practice`: one practice on demand, by the very functions of `scr run --practice`."""

import datetime as dt

from prefect import flow

from flows.config import load_settings
from flows.night import new_request
from flows.orchestrate import describe, run_with_tasks


@flow(name="practice", persist_result=False, validate_parameters=True, log_prints=False)
def practice(
    practice_id: str,
    landing: str | None = None,
    store: str | None = None,
    as_of: dt.date | None = None,
    snapshot: dt.date | None = None,
) -> int:
    """Run one practice and leave its status as artifacts; gives the exit code that `scr run` would end with.

    Raises UsageError where the practice is not in the directory, ScrError where the run itself failed.
    """
    settings = load_settings(landing=landing, store=store)
    summary = run_with_tasks(settings, new_request(as_of, snapshot, [practice_id]))
    describe(summary, key="practice")
    return summary.exit_code
