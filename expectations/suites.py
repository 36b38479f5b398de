"""Great Expectations: one suite per published table, validated over a whole batch of practices.

The only module that imports it; itself imported late, for it costs seconds.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import great_expectations as gx
from great_expectations.compatibility.pydantic import PrivateAttr
from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource, TableAsset
from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metadata_types import FailureSeverity

from expectations.dialect import URL, engine_options
from expectations.errors import ContractError
from expectations.ruleset import Rule

Results = Mapping[str, ExpectationSuiteValidationResult]
"""Table → what its suite found."""


class ExpectNoFailingKeys(UnexpectedRowsExpectation):
    """Holds where the rule's query returns no row. Asks for the count alone: no row ever enters a result."""

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.row_count",)
    _made: tuple[str | None, ExpectationConfiguration] | None = PrivateAttr(None)

    @property
    def configuration(self) -> ExpectationConfiguration:
        """As in the base class, but made once: it is asked for some thirty times in one validation."""
        if self._made is None or self._made[0] != self.id:
            self._made = self.id, super().configuration
        return self._made[1]

    def _validate(self, metrics: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
        count = metrics["unexpected_rows_query.row_count"]
        return {"success": count == 0, "result": {"observed_value": count}}


def run_suites(con: duckdb.DuckDBPyConnection, rules: Sequence[Rule]) -> Results:
    """Run the rules, one suite per table, on the tables visible to `con`.

    Raises ContractError naming each rule that could not be run: that is neither a pass nor a failure.
    """
    suites: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        suites[rule.table].append(rule)
    assets = [TableAsset(name=table, table_name=table) for table in suites]
    source = SQLDatasource(name="batch", connection_string=URL, kwargs=engine_options(con), assets=assets)
    source = _context().data_sources.add_sql(source)
    results: dict[str, ExpectationSuiteValidationResult] = {}
    for table, members in suites.items():
        suite = gx.ExpectationSuite(table, expectations=[_expectation(rule) for rule in members])
        asset = source.get_asset(table)
        batch = asset.get_batch(asset.build_batch_request())
        results[table] = batch.validate(suite, result_format="BASIC")
    _raise_where_not_run(results)
    return results


def failed(results: Results) -> frozenset[str]:
    """Ids of the rules that do not hold."""
    return frozenset(_rule(one) for one in _each(results) if not one.success)


def build_docs(batches: Iterable[Results], run_id: str, folder: Path) -> None:
    """Write Great Expectations' Data Docs of the results of a run's batches to `folder`.

    Pages hold rules and counts: the expectation never asks for rows.
    """
    context = _context()
    store: Any = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)}
    index: Any = {"class_name": "DefaultSiteIndexBuilder"}
    context.add_data_docs_site(
        "gate", {"class_name": "SiteBuilder", "site_index_builder": index, "store_backend": store}
    )
    run = gx.RunIdentifier(run_name=run_id)
    for number, results in enumerate(batches, 1):
        for table, result in results.items():
            suite = ExpectationSuiteIdentifier(table)
            key = ValidationResultIdentifier(suite, run, f"batch-{number}")
            context.validation_results_store.set(key, result)
    context.build_data_docs(site_names=["gate"])


def _context() -> EphemeralDataContext:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]  # as its own docs say
    return context


def _expectation(rule: Rule) -> ExpectNoFailingKeys:
    # Great Expectations asks for {batch}; the rule reads that table and its others by their names.
    sql = rule.sql.strip().replace("{", "{{").replace("}", "}}")
    query = f"with batch as (select * from {{batch}}) select * from (\n{sql}\n) as failing"
    return ExpectNoFailingKeys(
        unexpected_rows_query=query,
        description=rule.reason,
        severity=FailureSeverity(rule.severity),
        meta={"rule": rule.id},
    )


def _each(results: Results) -> Iterator[ExpectationValidationResult]:
    for suite in results.values():
        yield from suite.results


def _rule(result: ExpectationValidationResult) -> str:
    assert result.expectation_config
    return str(result.expectation_config.meta["rule"])


def _raise_where_not_run(results: Results) -> None:
    broken = {_rule(one): _exception(one) for one in _each(results) if "observed_value" not in one.result}
    if broken:
        causes = "; ".join(f"{rule}: {cause}" for rule, cause in sorted(broken.items()))
        raise ContractError(
            f"rules of the gate that could not be run, so that nothing is known of the batch: {causes}."
            " Mend the SQL in expectations/rules/ or the frames handed to the gate."
        )


def _exception(result: ExpectationValidationResult) -> str:
    """The database's own words without the statement, which is in the rule's file."""
    causes = [cause for cause in (result.exception_info or {}).values() if isinstance(cause, dict)]
    words = str(causes[0].get("exception_message")) if causes else "no reason given"
    return words.partition("\n[SQL:")[0].strip()
