"""The gate: no practice is published whose rows break a critical rule. One pooled validation per batch."""

import gc
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Lock, Thread
from typing import TYPE_CHECKING

import duckdb
import polars as pl
import polars.selectors as cs
import pyarrow as pa

from expectations.conform import conform
from expectations.errors import ContractError
from expectations.lazy import defer
from expectations.ruleset import Rule, rules

if TYPE_CHECKING:
    from types import ModuleType

    from expectations.suites import Results

_one_at_a_time = Lock()
"""Great Expectations finds a data source by its name in one context of the whole process."""

_IDS = cs.matches("(?i)(id|uuid)s?$") - cs.matches("^run_id$")

_PIECE = 60_000
"""Rows of a record batch."""


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


def check(
    con: duckdb.DuckDBPyConnection | None,
    frames: Mapping[str, pl.DataFrame],
    run_id: str,
    members: Sequence[Rule] | None = None,
) -> Verdict:
    """As `validate`, with Great Expectations' own results; `members`: rules, where not all are meant."""
    members = rules() if members is None else members
    suites = great_expectations()
    numbered = {name: _numbered(frame) for name, frame in _needed(members, frames).items()}
    with _loaded(con, numbered) as own, _one_at_a_time:
        results: Results = suites.run_suites(own, members)
    broken = [rule for rule in members if rule.id in suites.failed(results)]
    with _loaded(con, _needed(broken, frames)) as own:
        found = [_failing_keys(own, rule) for rule in broken]
    failures = pl.concat([_shape(), *found]).with_columns(run_id=pl.lit(run_id))
    return Verdict(conform(failures, "validation_failure"), results)


def preload() -> Thread:
    """Start to import Great Expectations in a thread of its own, so that `validate` need not wait for it."""
    thread = Thread(target=_import_early, name="import-great-expectations", daemon=True)
    thread.start()
    return thread


def _import_early() -> None:
    # So many objects that stay: to look among them for cycles took a second, and again with every batch.
    gc.disable()
    # A run that ends at once takes the modules away from under the import; one that goes on imports again,
    # and tells what is wrong.
    with suppress(Exception):
        great_expectations()
        gc.freeze()
    gc.enable()


def great_expectations() -> "ModuleType":
    """The module `expectations.suites`, imported no earlier than it must be: it costs 2 to 8 seconds."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    defer("scipy.stats")  # a third of that import, for one expectation that is not used here
    from expectations import suites

    return suites


def _needed(members: Sequence[Rule], frames: Mapping[str, pl.DataFrame]) -> Mapping[str, pl.DataFrame]:
    """The frames that the rules read, in the columns that they mention."""
    readers: dict[str, list[Rule]] = {}
    for rule in members:
        for name in rule.needs | {rule.table}:
            readers.setdefault(name, []).append(rule)
    missing = {name: [rule.id for rule in found] for name, found in readers.items() if name not in frames}
    if missing:
        wants = "; ".join(f"{name} (for {', '.join(ids)})" for name, ids in sorted(missing.items()))
        raise ContractError(f"the gate was not handed the tables {wants}. Add them to its frames.")
    words = {name: frozenset[str]().union(*(rule.words for rule in found)) for name, found in readers.items()}
    return {name: frames[name].select(c for c in frames[name].columns if c in words[name]) for name in words}


def _numbered(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with a hash in place of each id: rules compare ids, and numbers at a fraction of the cost.

    Two ids of one hash (64 bits) are not to be expected: for a million ids the odds are 1 in 30 million.
    """
    lists = cs.by_dtype(pl.List(pl.String)) & _IDS
    return frame.with_columns(_hash(cs.string() & _IDS), lists.list.eval(_hash(pl.element())))


def _hash(ids: pl.Expr) -> pl.Expr:
    return pl.when(ids.is_not_null()).then(ids.hash())


@contextmanager
def _loaded(
    con: duckdb.DuckDBPyConnection | None, frames: Mapping[str, pl.DataFrame]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own (of the run's database where there is one) that sees the frames as tables.

    They are read where they lie: to copy them costs more than all rules that read them again.
    """
    own = con.cursor() if con else duckdb.connect(config={"autoinstall_known_extensions": False})
    # DuckDB 1.5 cannot push the filters of some joins into frames, and then gives up the query.
    own.execute("set disabled_optimizers = 'join_filter_pushdown'")
    try:
        for name, frame in frames.items():
            own.register(name, _in_pieces(frame))
        yield own
    finally:
        for name in frames:
            own.unregister(name)
        own.close()


def _in_pieces(frame: pl.DataFrame) -> pa.Table:
    """The frame in record batches, for DuckDB reads one batch a thread.

    Text goes as views, uncopied. Arrow cannot filter them, but `_loaded` has DuckDB push no filter of a join.
    """
    whole = frame.to_arrow(compat_level=pl.CompatLevel.newest())
    return pa.Table.from_batches(whole.to_batches(max_chunksize=_PIECE), schema=whole.schema)


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
