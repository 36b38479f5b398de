"""One planted defect per rule: what to do to a sound batch so that this rule, in practice A alone, fails."""

from collections.abc import Callable

from expectations.contracts import table
from expectations.ruleset import Rule
from tests.expectations.batch import Batch, add, put, without

Defect = Callable[[Batch], Batch]


def _shared_number(batch: Batch) -> Batch:
    return put(batch, "source_client", {"source_id": "x21"}, tax_number="123-456-780")


def _shared_organisation(batch: Batch) -> Batch:
    return put(batch, "source_client", {"source_id": "x21"}, organisation_id="o1")


def _two_of_one_list(batch: Batch) -> Batch:
    return put(batch, "client_fate", {"source_id": "h31"}, client_id="c11", outcome="merged")


def said(batch: Batch, left: str, right: str, **values: str) -> Batch:
    """The batch with a person's yes to two records of the products hq and xpm, such as `h11` and `x11`."""
    product = {"h": "hq", "x": "xpm"}
    ends = {"left_product": product[left[0]], "left_id": left, "right_product": product[right[0]]}
    yes = {"band": "exact", "decided_by": "person", **values}
    return add(batch, "match", **ends, right_id=right, **yes)


DEFECTS: dict[str, Defect] = {
    "client_contact_ends_somewhere": lambda b: put(b, "client_contact", {}, client_id="c9"),
    "client_has_a_name": lambda b: put(b, "unified_client", {"client_id": "c11"}, name=" "),
    "client_names_its_records": lambda b: put(b, "unified_client", {"client_id": "c11"}, tax_client_id="t9"),
    "client_staff_ends_somewhere": lambda b: put(b, "client_staff", {}, client_id="c9"),
    "client_state_follows_its_record": lambda b: put(
        b, "unified_client", {"client_id": "c31"}, state="active"
    ),
    "contact_has_a_client": lambda b: put(
        b, "client_contact", {"source_contact_id": "k11"}, contact_id="p21", client_id="c21"
    ),
    "crosswalk_ends_somewhere": lambda b: put(b, "crosswalk", {"source_id": "k11"}, unified_id="p9"),
    "crosswalk_follows_plan": lambda b: put(b, "client_fate", {"source_id": "h11"}, client_id="c21"),
    "every_link_has_an_end": lambda b: without(b, "dropped_link", kind="contact"),
    "every_organisation_is_listed": lambda b: without(b, "organisation_link"),
    "every_record_has_an_outcome": lambda b: without(b, "crosswalk", source_id="x41"),
    "field_value_ends_somewhere": lambda b: put(b, "field_value", {}, client_id="c9"),
    "group_member_ends_somewhere": lambda b: put(b, "group_member", {}, group_id="q9"),
    "group_has_members": lambda b: put(b, "group_member", {"source_group_id": "g11"}, group_id="q21"),
    "ids_stay_in_one_practice": lambda b: put(b, "unified_client", {"client_id": "c11"}, client_id="c12"),
    "no_rows_without_a_plan": lambda b: put(b, "client_fate", {}, outcome="pending"),
    "no_whole_tax_number_in_text": lambda b: put(
        b, "unified_client", {"client_id": "c31"}, notes="on 12.05.2023 TFN 123 456-780, ring 9123 4567"
    ),
    "one_primary_contact": lambda b: put(b, "client_contact", {}, is_primary=True),
    "one_survivor_per_client": lambda b: put(b, "crosswalk", {"source_id": "h11"}, outcome="survivor"),
    "organisation_link_is_known": lambda b: put(
        b, "source_client", {"source_id": "h11"}, organisation_id="o2"
    ),
    "organisation_of_two_is_asked": _shared_organisation,
    "organisation_link_ends_somewhere": lambda b: put(b, "organisation_link", {}, client_id="c9"),
    "organisation_state_fits": lambda b: put(b, "organisation_link", {}, state="conflict"),
    "outcome_and_id_agree": lambda b: put(b, "crosswalk", {"source_id": "h11"}, unified_id=None),
    "records_of_one_list_are_joined_by_people": _two_of_one_list,
    "relationship_ends_somewhere": lambda b: put(b, "relationship", {}, related_client_id="c11"),
    "rows_read_are_records": lambda b: without(b, "source_client", source_id="x41"),
    "shared_tax_number_is_asked": _shared_number,
}


def of_contract(name: str) -> dict[str, Defect]:
    """Per kind of defect that the contract of table `name` rules out, by its word in `found`: one of it."""
    columns = table(name).columns
    found: dict[str, Defect] = {
        "empty": lambda b: put(b, name, {}, run_id=None),
        "double": lambda b: b | {name: b[name].vstack(b[name].head(1))},
    }
    coded = next((c.name for c in columns if c.allowed), None)
    if coded:
        found["not allowed"] = lambda b: put(b, name, {}, **{coded: "nonsense"})
    document = next((c.name for c in columns if c.type == "json"), None)
    if document:
        found["not readable"] = lambda b: put(b, name, {}, **{document: '{"a":'})
    return found


def defect(rule: Rule) -> Defect:
    """The planted defect of a rule. Raises KeyError for a rule file that has none."""
    return of_contract(rule.table)["empty"] if rule.id == f"{rule.table}_contract" else DEFECTS[rule.id]


# Combinations that look like a defect and are none: rule → change.
HARMLESS: dict[str, list[Defect]] = {
    "organisation_of_two_is_asked": [
        lambda b: add(
            put(_shared_organisation(b), "organisation_link", {}, state="conflict", client_id=None),
            "review_item",
            kind="organisation",
            organisation_id="o1",
        ),
        lambda b: add(_shared_organisation(b), "effective_organisation", organisation_id="o1"),
        lambda b: put(_shared_organisation(b), "intake", {"entity": "contacts"}, accepted=False),
        lambda b: put(b, "source_client", {"source_id": "h31"}, organisation_id="o1"),
    ],
    "organisation_link_is_known": [
        lambda b: add(
            put(b, "source_client", {"source_id": "h11"}, organisation_id=None),
            "effective_organisation",
            organisation_id="o1",
        ),
    ],
    "every_record_has_an_outcome": [
        lambda b: put(without(b, "crosswalk", source_id="x51"), "quarantine", {}, level="value"),
    ],
    "shared_tax_number_is_asked": [
        lambda b: put(_shared_number(b), "intake", {"entity": "contacts"}, accepted=False),
        lambda b: put(
            put(_shared_number(b), "source_client", {"source_id": "x21"}, branch_number="002"),
            "source_client",
            {"source_id": "x11"},
            branch_number="1",
        ),
        lambda b: add(
            _shared_number(b),
            "review_item",
            kind="shared_tax_number",
            blocking=True,
            left_product="xpm",
            left_id="x11",
            right_product="xpm",
            right_id="x21",
        ),
        lambda b: put(
            put(b, "source_client", {"source_id": "x11"}, tax_number="000000000"),
            "source_client",
            {"source_id": "x21"},
            tax_number="000000000",
        ),
    ],
    "no_whole_tax_number_in_text": [
        lambda b: put(b, "unified_client", {"client_id": "c31"}, notes="Invoice 41234567805, ******780"),
    ],
    "records_of_one_list_are_joined_by_people": [
        lambda b: said(_two_of_one_list(b), "h11", "h31"),
        lambda b: said(said(_two_of_one_list(b), "h11", "x11"), "h31", "x11"),
        lambda b: put(_two_of_one_list(b), "client_fate", {"source_id": "h31"}, client_id=None),
    ],
    "every_link_has_an_end": [
        lambda b: add(
            put(b, "hq_groups", {"hq_group_id": "g11"}, hq_client_ids=["h31", "h31"]),
            "dropped_link",
            **{"kind": "group", "product": "hq", "source_id": "g11", "source_client_id": "h31"},
            occurrence=2,
        ),
    ],
    "client_state_follows_its_record": [
        lambda b: put(b, "source_client", {"source_id": "x11"}, state="prospect"),
    ],
}
