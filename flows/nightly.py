"""Prefect flow `nightly`: the whole fleet, by the very functions of `scr run`."""

import datetime as dt

from prefect import flow

from flows.config import load_settings
from flows.night import new_request
from flows.orchestrate import describe, run_with_tasks


@flow(name="nightly", persist_result=False, validate_parameters=True, log_prints=False)
def nightly(
    landing: str | None = None,
    store: str | None = None,
    as_of: dt.date | None = None,
    snapshot: dt.date | None = None,
) -> int:
    """Run the fleet and leave its summary as artifacts; gives the exit code that `scr run` would end with.

    Raises UsageError where a parameter or the landing zone is wrong, ScrError where the run itself failed.
    """
    settings = load_settings(landing=landing, store=store)
    summary = run_with_tasks(settings, new_request(as_of, snapshot))
    describe(summary, key="nightly")
    return summary.exit_code
