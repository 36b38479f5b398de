"""The gate as a whole: all failing keys, errors of the run, nothing private."""

import json
from pathlib import Path

import duckdb
import polars as pl
import pytest

from expectations.docs_site import write_data_docs
from expectations.errors import ContractError
from expectations.gate import check, preload, validate
from expectations.ruleset import Rule, rules
from tests.expectations.batch import A, Batch, add, put, sound
from tests.factories import rows

NAMELESS = next(rule for rule in rules() if rule.id == "client_has_a_name")


def _broken_sql(sql: str) -> Rule:
    return Rule("broken_rule", "unified_client", "critical", "A rule.", sql)


def test_all_failing_keys_are_reported_not_the_first_two_hundred() -> None:
    clients = rows("unified_client", *({"practice_id": A, "client_id": f"c{n}"} for n in range(1234)))
    failures = check(None, sound() | {"unified_client": clients}, "run-1", [NAMELESS]).failures
    assert failures.height == 1234
    assert json.loads(failures["failing_key"][0]) == {"client_id": "c0"}


def test_several_rules_fail_at_once_and_each_practice_answers_for_its_own() -> None:
    batch = put(sound(), "client_contact", {}, client_id="c9")
    batch = put(batch, "organisation_link", {}, state="conflict")
    failures = validate(None, batch, "run-7")
    assert {"client_contact_ends_somewhere", "organisation_state_fits"} <= set(failures["rule"])
    assert set(failures["practice_id"]) == {A}
    assert set(failures["run_id"]) == {"run-7"}


def test_failures_do_not_depend_on_the_order_of_rows() -> None:
    batch = put(put(sound(), "client_contact", {}, client_id="c9"), "unified_client", {}, name=None)
    turned = {name: frame.reverse() for name, frame in batch.items()}
    assert validate(None, batch, "run-1").equals(validate(None, turned, "run-1"))


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("selec practice_id from unified_client", "syntax error"),
        ("select practice_id, no_such_column from unified_client", "no_such_column"),
        ("select practice_id from unified_client where cast(client_id as integer) = 1", "cast"),
    ],
)
def test_rule_that_could_not_run_is_an_error_of_the_run(sql: str, words: str) -> None:
    with pytest.raises(ContractError, match="broken_rule") as raised:
        check(None, sound(), "run-1", [NAMELESS, _broken_sql(sql)])
    assert words in str(raised.value).lower()


def test_missing_table_is_an_error_that_names_table_and_rule() -> None:
    batch = sound()
    del batch["unified_client"]
    with pytest.raises(ContractError, match=r"unified_client \(for .*client_has_a_name"):
        check(None, batch, "run-1", [NAMELESS])


def test_rule_that_answers_differently_each_time_is_an_error() -> None:
    # True in the suite's count, false when its keys are read: a sequence counts the calls.
    with duckdb.connect() as con:
        con.execute("create sequence calls")
        sql = "select practice_id from (select min(practice_id) as practice_id from unified_client) where {}"
        with pytest.raises(ContractError, match="same rows twice"):
            check(con, sound(), "run-1", [_broken_sql(sql.format("nextval('calls') = 1"))])


def test_braces_and_colons_of_sql_reach_the_database_as_they_are() -> None:
    sql = (
        "select practice_id, client_id from unified_client where regexp_matches(name, 'e{2}') and 1::int = 1"
    )
    failures = check(None, sound(), "run-1", [_broken_sql(sql)]).failures
    assert failures["failing_key"].to_list() == ['{"client_id":"c11"}', '{"client_id":"c12"}']


def test_tables_of_the_run_are_left_alone(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create table crosswalk as select 'mine' as owner")
    con.execute("create temp table unified_client as select 'mine' as owner")
    assert validate(con, sound(), "run-1").is_empty()
    assert con.execute("select owner from main.crosswalk").fetchall() == [("mine",)]
    assert con.execute("select owner from unified_client").fetchall() == [("mine",)]


def test_row_without_practice_is_reported_for_the_fleet() -> None:
    lost = sound()["unified_client"].with_columns(practice_id=pl.lit(None, dtype=pl.String))
    contract = next(rule for rule in rules() if rule.id == "unified_client_contract")
    failures = check(None, sound() | {"unified_client": lost}, "run-1", [contract]).failures
    assert set(failures["practice_id"]) == {""}


def _with_secrets() -> Batch:
    text = "Zebedee Quill, TFN 123 456 780"
    batch = put(sound(), "unified_client", {"client_id": "c31"}, name=text, notes=text)
    return add(batch, "review_item", kind="match", item_id="q1", why=text)


def test_nothing_private_in_failures_or_data_docs(tmp_path: Path) -> None:
    verdict = check(None, _with_secrets(), "run-1")
    index = write_data_docs([verdict, verdict], "run-1", tmp_path / "docs")
    assert verdict.failures.height == 2
    pages = sorted((tmp_path / "docs").rglob("*.html"))
    texts = [page.read_text(encoding="utf-8") for page in pages]
    for text in [verdict.failures.write_csv(), *texts]:
        assert "Zebedee" not in text
        assert "456 780" not in text
        assert "123456780" not in text
    assert "holds a whole tax number" in index.read_text(encoding="utf-8")
    assert len(pages) > 2 * len({rule.table for rule in rules()})


def test_data_docs_ask_no_other_host_and_lead_to_every_page(tmp_path: Path) -> None:
    index = write_data_docs([check(None, sound(), "run-1")], "run-1", tmp_path)
    for page in sorted(tmp_path.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        assert "<script" not in text
        assert 'src="http' not in text
        assert "url('http" not in text
        assert 'rel="stylesheet" href="http' not in text
    links = index.read_text(encoding="utf-8").split('href="')[1:]
    assert links
    assert all((tmp_path / link.split('"')[0]).exists() for link in links)


def test_great_expectations_can_be_imported_beside_other_work() -> None:
    thread = preload()
    thread.join(timeout=120)
    assert not thread.is_alive()
    assert validate(None, sound(), "run-1").is_empty()
