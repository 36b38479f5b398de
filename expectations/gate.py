"""The gate: no practice is published whose rows break a critical rule. One pooled validation per batch."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING

import duckdb
import polars as pl

from expectations.conform import conform
from expectations.errors import ContractError
from expectations.lazy import defer
from expectations.ruleset import Rule, rules

if TYPE_CHECKING:
    from types import ModuleType

    from expectations.suites import Results


@dataclass(frozen=True)
class Verdict:
    """What the gate found in one batch."""

    failures: pl.DataFrame
    """In the shape of `validation_failure`: every failing key of every rule."""
    results: "Results"
    """Great Expectations' own results, for `docs_site.write_data_docs`. They hold counts, no rows."""


def validate(
    con: duckdb.DuckDBPyConnection | None, frames: Mapping[str, pl.DataFrame], run_id: str
) -> pl.DataFrame:
    """Every failing key of every rule over a batch of practices, as `validation_failure`.

    `frames` holds every published and source table, `source_client`, `client_fate`, `review_item`,
    `dropped_link` and `quarantine`. Raises ContractError where a table that a rule reads is not there, or
    where a rule could not be run.
    """
    return check(con, frames, run_id).failures


def check(con: duckdb.DuckDBPyConnection | None, frames: Mapping[str, pl.DataFrame], run_id: str) -> Verdict:
    """As `validate`, with Great Expectations' results beside the failing keys."""
    members = rules()
    suites = great_expectations()
    with _views(con, _needed(members, frames)) as views:
        results: Results = suites.run_suites(views, members)
        broken = suites.failed(results)
        found = [_failing_keys(views, rule) for rule in members if rule.id in broken]
    failures = pl.concat([_shape(), *found]).with_columns(run_id=pl.lit(run_id))
    return Verdict(conform(failures, "validation_failure"), results)


def preload() -> Thread:
    """Start to import Great Expectations in a thread of its own, so that `validate` need not wait for it."""
    thread = Thread(target=great_expectations, name="import-great-expectations", daemon=True)
    thread.start()
    return thread


def great_expectations() -> "ModuleType":
    """The module `expectations.suites`, imported no earlier than it must be: it costs 2 to 8 seconds."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    defer("scipy.stats")  # a third of that import, for one expectation that is not used here
    from expectations import suites

    return suites


def _needed(members: tuple[Rule, ...], frames: Mapping[str, pl.DataFrame]) -> Mapping[str, pl.DataFrame]:
    missing: dict[str, list[str]] = {}
    for rule in members:
        for name in rule.needs | {rule.table}:
            if name not in frames:
                missing.setdefault(name, []).append(rule.id)
    if missing:
        wants = "; ".join(f"{name} (for {', '.join(ids)})" for name, ids in sorted(missing.items()))
        raise ContractError(f"the gate was not handed the tables {wants}. Add them to its frames.")
    names = sorted(frozenset().union(*(rule.needs | {rule.table} for rule in members)))
    return {name: frames[name] for name in names}


@contextmanager
def _views(
    con: duckdb.DuckDBPyConnection | None, frames: Mapping[str, pl.DataFrame]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own (of the run's database where there is one) that sees the frames by name."""
    views = (
        con.cursor() if con else duckdb.connect(":memory:", config={"autoinstall_known_extensions": False})
    )
    try:
        for name, frame in frames.items():
            views.register(name, frame)
        yield views
    finally:
        views.close()


def _shape() -> pl.DataFrame:
    texts = ["practice_id", "rule", "table_name", "failing_key", "severity", "reason"]
    return pl.DataFrame(schema=dict.fromkeys(texts, pl.String()))


def _failing_keys(con: duckdb.DuckDBPyConnection, rule: Rule) -> pl.DataFrame:
    """All failing keys of a rule, asked of the database itself: Great Expectations gives 200 at the most."""
    rows = con.execute(rule.sql).pl()
    if rows.is_empty():
        raise ContractError(
            f"rule {rule.id} failed in its suite, and no longer when its keys were read:"
            " its SQL does not give the same rows twice. Mend expectations/rules/."
        )
    key = [name for name in rows.columns if name != "practice_id"]
    return rows.select(
        pl.col("practice_id").fill_null(""),  # a row of no practice is reported for the fleet
        rule=pl.lit(rule.id),
        table_name=pl.lit(rule.table),
        failing_key=pl.struct(key).struct.json_encode() if key else pl.lit("{}"),
        severity=pl.lit(rule.severity),
        reason=pl.lit(rule.reason),
    ).unique()
