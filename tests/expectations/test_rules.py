"""Every rule holds on a sound batch, and fails on its planted defect in that practice alone."""

import json
from typing import Any

import pytest

from expectations.contracts import tables
from expectations.errors import ContractError
from expectations.gate import check, validate
from expectations.ruleset import FOLDER, Rule, read_rule, rules
from tests.expectations.batch import A, Batch, add, put, sound, without
from tests.expectations.defects import DEFECTS, HARMLESS, defect, of_contract, said

RULES = {rule.id: rule for rule in rules()}


def test_a_sound_batch_holds_every_rule() -> None:
    assert validate(None, sound(), "run-1").rows() == []


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_rule_fails_on_its_planted_defect_in_that_practice_alone(rule: Rule) -> None:
    broken = defect(rule)(sound())
    failures = check(None, broken, "run-1", [rule]).failures
    practices = set(failures["practice_id"])
    assert A in practices
    # An id that two practices share is trouble of both; every other defect is the first practice's own.
    assert practices == {A} or rule.id == "ids_stay_in_one_practice"
    assert set(failures["rule"]) == {rule.id}
    assert set(failures["severity"]) == {rule.severity}


@pytest.mark.parametrize(
    ("rule", "number"), [(name, n) for name, changes in HARMLESS.items() for n in range(len(changes))]
)
def test_rule_holds_on_what_only_looks_like_a_defect(rule: str, number: int) -> None:
    batch = HARMLESS[rule][number](sound())
    assert check(None, batch, "run-1", [RULES[rule]]).failures.rows() == []


@pytest.mark.parametrize(
    ("source_id", "broken"),
    [
        ("x41", without(sound(), "crosswalk", source_id="x41")),
        ("r11", without(sound(), "crosswalk", source_id="r11")),
        ("x51", without(sound(), "crosswalk", source_id="x51")),
        ("x51", without(sound(), "quarantine")),
        ("x51", put(sound(), "crosswalk", {"source_id": "x51"}, outcome="excluded")),
        ("k11", put(sound(), "hq_contacts", {}, hq_contact_id="k21")),
    ],
    ids=["read", "link", "quarantined", "nobody", "never read", "other practice"],
)
def test_records_and_lines_of_the_crosswalk_are_the_same(source_id: str, broken: Batch) -> None:
    failures = check(None, broken, "run-1", [RULES["every_record_has_an_outcome"]]).failures
    assert source_id in {json.loads(key)["source_id"] for key in failures["failing_key"]}
    assert set(failures["practice_id"]) == {A}


@pytest.mark.parametrize("level", ["value", "file"])
def test_a_record_of_which_only_a_value_was_quarantined_needs_no_second_line(level: str) -> None:
    batch = add(sound(), "quarantine", product="hq", entity="client", source_id="h11", level=level)
    batch = add(batch, "quarantine", product="hq", entity="client", source_id="h99", level=level)
    assert check(None, batch, "run-1", [RULES["every_record_has_an_outcome"]]).failures.rows() == []


LINKS = {
    # kind → the table it is published in, one such row, and what a dropped link of it says
    "contact": ("client_contact", {"source_contact_id": "k11"}, ("hq", "k11", "h11")),
    "group": ("group_member", {"source_group_id": "g11"}, ("hq", "g11", "h31")),
    "relationship": ("relationship", {"source_id": "r11"}, ("xpm", "r11", "x11")),
    "staff": ("client_staff", {"source_client_id": "h31"}, ("hq", "u1", "h31")),
}


@pytest.mark.parametrize("kind", LINKS)
def test_links_of_every_kind_end_exactly_once(kind: str) -> None:
    """Neither published nor dropped, or both: each breaks the rule, and a dropped link instead does not."""
    table, row, (product, source_id, client) = LINKS[kind]
    line = {"kind": kind, "product": product, "source_id": source_id, "source_client_id": client}
    lost = without(sound(), table, **row)
    both = add(sound(), "dropped_link", **line)
    ends = [check(None, batch, "run-1", [RULES["every_link_has_an_end"]]).failures for batch in (lost, both)]
    assert [json.loads(found["failing_key"].item())["kind"] for found in ends] == [kind, kind]
    assert [json.loads(found["failing_key"].item())["ends_found"] for found in ends] == ["0", "2"]
    moved = add(lost, "dropped_link", **line)
    assert check(None, moved, "run-1", [RULES["every_link_has_an_end"]]).failures.rows() == []


def test_an_entry_that_a_list_repeats_has_an_end_of_its_own() -> None:
    batch = put(sound(), "hq_groups", {"hq_group_id": "g11"}, hq_client_ids=["h31", "h31"])
    failures = check(None, batch, "run-1", [RULES["every_link_has_an_end"]]).failures
    assert [json.loads(key)["source_client_id"] for key in failures["failing_key"]] == ["h31"]


def test_every_rule_file_has_a_planted_defect() -> None:
    assert {path.stem for path in FOLDER.glob("*.sql")} == DEFECTS.keys()


def test_rules_name_tables_of_the_contracts_only() -> None:
    known = tables("source") | tables("internal") | tables("published")
    for rule in rules():
        assert rule.needs <= known.keys(), rule.id
        assert rule.needs, rule.id


PUBLISHED = [name for name, table in tables("published").items() if table.kind == "published"]


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name in PUBLISHED for kind in of_contract(name)])
def test_every_kind_of_row_that_a_contract_rules_out_is_found(name: str, kind: str) -> None:
    broken = of_contract(name)[kind](sound())
    failures = check(None, broken, "run-1", [RULES[f"{name}_contract"]]).failures
    assert set(failures["practice_id"]) == {A}
    assert {json.loads(key)["found"] for key in failures["failing_key"]} == {kind}


def clue(comparison: str, left: str) -> str:
    return (
        f'[{{"comparison": "{comparison}", "level": "same", "left": "{left}", "right": null, "bits": 1.5}}]'
    )


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("unified_client", {"tax_number_masked": "123456780"}),
        ("unified_client", {"last_name": "Lee 123 456 780"}),
        ("unified_client", {"business_structure": "Trust 123456780"}),
        ("unified_client", {"emails": ["123456780@lee.com"]}),
        ("client_contact", {"position": "Director, 123-456-780"}),
        ("unified_contact", {"name": "Lee 123456780"}),
        ("unified_contact", {"email": "123456780@lee.com"}),
        ("unified_group", {"name": "Lee 123456780"}),
        ("unified_group", {"taxable": "123456780"}),
        ("relationship", {"type": "Trustee 123456780"}),
        ("quarantine", {"value": "Lee 123456780"}),
        ("quarantine", {"reason": "The API answered: no client 123456780."}),
        ("dropped_link", {"reason": "It is 123456780."}),
        ("unified_client", {"notes": "123\u00a0456\u2011780"}),
        ("unified_client", {"notes": "on 12.05.2023, (123)  456 - 780"}),
        ("unified_client", {"notes": "0123456780"}),
        ("unified_client", {"notes": "１２３４５６７８０"}),
        ("unified_client", {"notes": "7é１２３4５６７８０"}),
        ("unified_client", {"custom_fields": '{"a": "123\\n456\\t780"}'}),
        ("unified_client", {"company_number": "123 456 780"}),
        ("unified_client", {"business_number": "123456780"}),
        ("field_value", {"field": "company_number", "value": "123 456 780"}),
        ("match", {"evidence": clue("company_number", "123456780")}),
        ("organisation_link", {"organisation_name": "Lee 123456780"}),
        ("policy_drop", {"policy": "all_hq", "name": "Lee TFN 123456780"}),
        ("intake", {"reason": "The API answered: 123456780 is not valid."}),
        ("review_item", {"why": "Is it 123456780?"}),
        ("match", {"evidence": clue("family_name", "lee 123456780")}),
        ("match", {"evidence": clue("place", "123456780, moon st")}),
        ("match", {"evidence": clue("place", "1, moon st, 123456780")}),
        ("match", {"evidence": clue("organisation_name", r"lee \"and\" 123456780")}),
        ("match", {"evidence": clue("tax_number", "123456780")}),
    ],
)
def test_a_whole_tax_number_is_found_wherever_texts_go(table: str, values: dict[str, Any]) -> None:
    assert found_in(add(sound(), table, **values)) == [table]


def test_what_only_looks_like_a_tax_number_is_none() -> None:
    batch = add(sound(), "field_value", field="date_of_birth", value="1234-56-78")
    batch = add(batch, "unified_client", client_id="c9", notes="12345é6780, 1234五56780")
    batch = add(batch, "source_client", product="hq", source_id="h9", tax_number="12345678")
    batch = add(batch, "match", evidence=clue("date_of_birth", "1234-56-78"))
    batch = add(
        batch, "match", left_id="x", evidence=clue("xero_organisation", "[ace-12345678-bad, 12345678-f]")
    )
    batch = add(batch, "match", left_id="y", evidence=clue("business_number", "123456780"))
    assert found_in(add(batch, "match", left_id="z", evidence=clue("tax_number", "******780"))) == []


def found_in(batch: Batch) -> list[str]:
    failures = check(None, batch, "run-1", [RULES["no_whole_tax_number_in_text"]]).failures
    return [json.loads(key)["found_in"] for key in failures["failing_key"]]


@pytest.mark.parametrize("answer", [{"decided_by": "model"}, {"band": "rejected"}])
def test_neither_the_model_nor_a_no_ties_two_records_of_one_list(answer: dict[str, str]) -> None:
    rule = "records_of_one_list_are_joined_by_people"
    batch = said(said(DEFECTS[rule](sound()), "h11", "x11"), "h31", "x11", **answer)
    failures = check(None, batch, "run-1", [RULES[rule]]).failures
    assert [json.loads(key)["source_id"] for key in failures["failing_key"]] == ["h31"]


@pytest.mark.parametrize(
    "text",
    [
        "select 1",
        "-- A rule.\n-- severity: fatal\n-- table: unified_client\nselect 1",
        "-- A rule.\n-- severity: critical\n-- table: nowhere\nselect 1",
    ],
)
def test_rule_file_with_another_header_is_refused(text: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "rule.sql"
    path.write_text(text)
    with pytest.raises(ContractError, match=r"rule\.sql"):
        read_rule(path)
