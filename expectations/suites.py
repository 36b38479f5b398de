"""Great Expectations: one suite per published table, one checkpoint per batch.

The only module that imports it; itself imported late, for it costs seconds.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import great_expectations as gx
from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
from great_expectations.data_context import EphemeralDataContext
from great_expectations.data_context.types.resource_identifiers import ValidationResultIdentifier
from great_expectations.expectations import UnexpectedRowsExpectation

from expectations.dialect import URL, engine_options
from expectations.errors import ContractError
from expectations.ruleset import Rule

logging.getLogger("great_expectations").setLevel(logging.WARNING)


class ExpectNoFailingKeys(UnexpectedRowsExpectation):
    """Holds where the rule's query returns no row. Asks for the count alone: no row ever enters a result."""

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.row_count",)

    def _validate(self, metrics: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
        count = metrics["unexpected_rows_query.row_count"]
        return {"success": count == 0, "result": {"observed_value": count}}


Results = Mapping[ValidationResultIdentifier, ExpectationSuiteValidationResult]
"""One result per table, as the checkpoint keys them."""


def run_suites(con: duckdb.DuckDBPyConnection, rules: Sequence[Rule]) -> Results:
    """Run the rules, one suite per table, on the tables visible to `con`.

    Raises ContractError naming each rule that could not be run: that is neither a pass nor a failure.
    """
    context = _context()
    source = context.data_sources.add_sql("batch", connection_string=URL, kwargs=engine_options(con))
    suites: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        suites[rule.table].append(rule)
    definitions = []
    for table, members in suites.items():
        suite = context.suites.add(
            gx.ExpectationSuite(table, expectations=[_expectation(r) for r in members])
        )
        batch = source.add_table_asset(table, table_name=table).add_batch_definition_whole_table("all")
        definition = gx.ValidationDefinition(name=table, data=batch, suite=suite)
        definitions.append(context.validation_definitions.add(definition))
    checkpoint = gx.Checkpoint(name="gate", validation_definitions=definitions, result_format="BASIC")
    results = context.checkpoints.add(checkpoint).run().run_results
    _raise_where_not_run(results)
    return results


def failed(results: Results) -> frozenset[str]:
    """Ids of the rules that do not hold."""
    return frozenset(_rule(one) for one in _each(results) if not one.success)


def build_docs(results: Results, folder: Path) -> None:
    """Write Great Expectations' Data Docs of the results to `folder`, replacing what it held.

    Pages hold rules and counts: the expectation never asks for rows.
    """
    context = _context()
    site = {
        "class_name": "SiteBuilder",
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
    }
    for name in list(context.get_site_names()):
        context.delete_data_docs_site(name)
    context.add_data_docs_site("gate", site)
    for suite in {one.suite_name: one for one in results.values()}.values():
        configurations = [one.expectation_config for one in suite.results if one.expectation_config]
        context.suites.add(gx.ExpectationSuite(suite.suite_name, expectations=list(configurations)))
    for key, one in results.items():
        context.validation_results_store.set(key, one)
    context.build_data_docs()


def _context() -> EphemeralDataContext:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return context


def _expectation(rule: Rule) -> ExpectNoFailingKeys:
    # {batch} is asked for by Great Expectations; the rule reads it and its other tables by their names.
    sql = rule.sql.strip().replace("{", "{{").replace("}", "}}")
    query = f"with batch as (select * from {{batch}}) select * from (\n{sql}\n) as failing"
    meta = {"rule": rule.id}
    return ExpectNoFailingKeys(
        unexpected_rows_query=query, description=rule.reason, severity=rule.severity, meta=meta
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
            f"{len(broken)} rules of the gate could not be run, so nothing is known of the batch: {causes}."
            " Mend the SQL in expectations/rules/ or the frames handed to the gate."
        )


def _exception(result: ExpectationValidationResult) -> str:
    """The database's own words. They quote the SQL of the rule, never a row."""
    causes = [c for c in (result.exception_info or {}).values() if isinstance(c, dict)]
    return str(causes[0].get("exception_message", "no reason given")) if causes else "no reason given"
