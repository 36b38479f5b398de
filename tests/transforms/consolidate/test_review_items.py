"""What a question tells: its answers and what they do, its family and rank, the records, their hash."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.factories import rows
from tests.transforms.consolidate.worlds import frames, outcomes, pair, policy, record, run, run_each
from transforms.answers import Line, Occasion, decisions
from transforms.consolidate.shown import client_versions

BOTH = [record("hq", "h1"), record("xpm", "x1", has_job=True)]
NEAR = [pair("hq:h1", "xpm:x1", "near")]


def items(found: dict[str, pl.DataFrame]) -> list[dict[str, Any]]:
    return found["review_item"].sort("rank").to_dicts()


def only(found: dict[str, pl.DataFrame], kind: str) -> dict[str, Any]:
    [item] = [item for item in items(found) if item["kind"] == kind]
    return item


def selected(**marks: bool) -> pl.DataFrame:
    product = {"h": "hq", "x": "xpm"}
    chosen = ({"product": product[i[0]], "source_id": i, "keep": keep} for i, keep in marks.items())
    return rows("effective_selection", *chosen)


def test_each_answer_tells_what_becomes_of_both_records() -> None:
    worlds = [frames(BOTH, NEAR, effective_policy=policy("all_xpm")), frames(BOTH, NEAR)]
    chosen, open_policy = (only(found, "match") for found in run_each(worlds))
    assert chosen["answers"] == ["match", "no_match", "unsure"]
    h1, x1 = 'Xero HQ client "hq h1"', 'Practice Manager client "xpm x1"'
    assert (
        f"match: the two become one client: {h1} is merged into {x1}, {x1} survives."
        in chosen["consequences"]
    )
    assert f"no_match: they stay two: {h1} is archived, {x1} survives." in chosen["consequences"]
    assert "What survives hangs on the policy" in open_policy["consequences"]
    assert "survives," not in open_policy["consequences"]


# Records, what is selected, the records asked about, the answers, whether one is at work.
SELECTIONS: list[tuple[list[dict[str, Any]], dict[str, bool], tuple[str, str | None], list[str], bool]] = [
    (BOTH, {}, ("h1", "x1"), ["keep_hq", "keep_xpm", "keep_both", "keep_none"], True),
    (BOTH[:1], {}, ("h1", None), ["keep_hq", "keep_none"], False),
    (BOTH[1:], {}, ("x1", None), ["keep_xpm", "keep_none"], True),
    # Of one record a person has decided already: only the other is asked about.
    (BOTH, {"h1": False}, ("x1", None), ["keep_xpm", "keep_none"], True),
]


def test_a_selection_is_answered_with_the_records_to_keep() -> None:
    worlds = [
        frames(
            records,
            [pair("hq:h1", "xpm:x1")] if len(records) == 2 else [],
            effective_policy=policy("selection"),
            effective_selection=selected(**marks),
        )
        for records, marks, *_ in SELECTIONS
    ]
    for found, (_, _, ids, answers, at_work) in zip(run_each(worlds), SELECTIONS, strict=True):
        item = only(found, "selection")
        assert ((item["left_id"], item["right_id"]), item["answers"]) == (ids, answers)
        assert all(f"{answer}: " in item["consequences"] for answer in answers)
        assert ("drops_working_clients" in item["consequences"]) == at_work


@pytest.mark.parametrize("lists", ["hx", "h", "x"])
def test_one_answer_keeps_none_of_a_client_with_several_records_of_one_list(lists: str) -> None:
    records = [record("hq" if p == "h" else "xpm", f"{p}{n}") for p in lists for n in (1, 2, 3)]
    keys = [f"{r['product']}:{r['source_id']}" for r in records]
    pairs = [pair(keys[0], key, decided_by="person") for key in keys[1:]]
    world = frames(records, pairs, effective_policy=policy("selection"))
    found = run(world)["review_item"].filter(kind="selection")
    shown = client_versions(world["source_client"], found)
    cells = found.select("practice_id", "item_id", version="subject_hash", answer=pl.lit("keep_none"))
    made, refused = decisions(
        [Line(2, cells.row(0, named=True))], found, Occasion("u1", dt.datetime(2024, 1, 15), shown)
    )
    assert refused == []
    marks = {str(one.row["source_id"]): bool(one.row["keep"]) for one in made}
    assert marks == dict.fromkeys([r["source_id"] for r in records], False)
    assert all(other in found["consequences"][0] for other in found["others"][0])
    after = run({**world, "effective_selection": selected(**marks)})
    assert after["review_item"].filter(kind="selection").is_empty()
    assert after["practice_verdict"]["undecided"].to_list() == [0]
    assert {outcome for outcome, _ in outcomes(after).values()} == {"archived", "merged"}


def test_an_organisation_is_answered_with_any_client_that_holds_it_and_lives_on() -> None:
    holders = [record("hq", f"h{n}", organisation_id="o1") for n in (1, 2, 3)]
    gone = record("hq", "h4", organisation_id="o1", state="deleted")
    item = only(run(frames([*holders, gone], effective_policy=policy("all_hq"))), "organisation")
    assert item["answers"] == ["hq:h1", "hq:h2", "hq:h3", "none"]
    assert 'hq:h3: Xero HQ client "hq h3" gets the link.' in item["consequences"]


def test_contacts_and_groups_are_answered_in_the_product() -> None:
    one = {"hq_contact_id": "c1", "hq_client_id": "h1", "name": "Ann Lee", "email": "ann@lee.com"}
    other = {"UUID": "k1", "ClientUUID": "x1", "Name": "Bob Roe", "Phone": "0400 111 222"}
    hq, xpm = (
        rows("hq_contacts", one | {"is_primary": True}),
        rows("xpm_contacts", other | {"IsPrimary": True}),
    )
    world = frames(
        [*BOTH, record("hq", "h2")],
        [pair("hq:h1", "xpm:x1"), pair("hq:h2", "xpm:x1", "near")],
        effective_policy=policy("all_xpm"),
        hq_contacts=hq,
        xpm_contacts=xpm,
    )
    found = run(world)
    item = only(found, "contact")
    assert (item["answers"], item["blocking"]) == ([], False)
    assert json.loads(item["left_record"])["phones"] == "0400 111 222"
    assert json.loads(item["right_record"])["emails"] == "ann@lee.com"
    assert item["family"] == only(found, "match")["family"], "both are about the client x1"


def test_questions_on_the_same_clients_are_one_family_and_what_blocks_comes_first() -> None:
    records = [
        *(record("hq", f"h{n}", organisation_id=f"o{n}") for n in (1, 2, 3)),
        *(record("xpm", f"x{n}") for n in range(1, 9)),
    ]
    pairs = [
        pair("xpm:x7", "xpm:x8", "near"),  # does not block
        pair("xpm:x1", "xpm:x2", "near"),  # does not block, but its client does below
        pair("hq:h1", "xpm:x1", "near"),
        pair("hq:h1", "xpm:x3", "near"),  # the same client h1
        pair("hq:h2", "xpm:x5", "near"),
    ]
    found = items(run(frames(records, pairs, effective_policy=policy("all_xpm"))))
    assert [item["rank"] for item in found] == [1, 2, 3, 4, 5]
    assert [item["blocking"] for item in found] == [True, True, True, False, False]
    family = {(item["left_id"], item["right_id"]): item["family"] for item in found}
    assert family["h1", "x1"] == family["h1", "x3"] == family["x1", "x2"]
    assert len({family["h1", "x1"], family["h2", "x5"], family["x7", "x8"]}) == 3
    # Two clients by one answer go before three by two.
    assert [(item["left_id"], item["unlocks_per_minute"]) for item in found[:3]] == [
        ("h2", 2.0),
        ("h1", 1.5),
        ("h1", 1.5),
    ]


CHANGES: list[tuple[dict[str, Any], bool]] = [
    ({}, False),
    ({"name": "another"}, True),
    ({"emails": ["a@b.com"]}, True),
    ({"organisation_id": "o9"}, True),
    ({"tax_number": "865414089"}, True),
    ({"settings": '{"BalanceMonth":"3"}'}, False),  # nobody judges by it
]


def test_a_change_of_what_is_shown_changes_the_hash_and_nothing_else_does() -> None:
    base = {"tax_number": "865414088"}
    worlds = [
        frames(
            [BOTH[0], record("xpm", "x1", has_job=True, **{**base, **change})],
            NEAR,
            effective_policy=policy("all_xpm"),
        )
        for change, _ in CHANGES
    ]
    hashes = [only(found, "match")["subject_hash"] for found in run_each([*worlds])]
    # run_each makes each world a practice of its own; the records are shown without their practice.
    assert [found != hashes[0] for found in hashes] == [changed for _, changed in CHANGES]


def test_numbers_are_shown_masked() -> None:
    told = json.loads(
        only(run(frames([BOTH[0], record("xpm", "x1", tax_number="865 414 088")], NEAR)), "match")[
            "right_record"
        ]
    )
    assert (told["tax_number"], told["jobs"]) == ("******088", None)


def test_a_no_to_one_record_of_a_client_is_a_no_to_the_others() -> None:
    records = [*BOTH, record("tax", "t1", xpm_client_uuid="x1")]
    refused = pair("hq:h1", "xpm:x1", "rejected", decided_by="person")
    others = [pair("xpm:x1", "tax:t1"), pair("hq:h1", "tax:t1", "near")]
    by_model = {**refused, "decided_by": "model"}
    chosen = policy("all_hq")
    worlds = [frames(records, [no, *others], effective_policy=chosen) for no in (refused, by_model)]
    assert [len(items(found)) for found in run_each(worlds)] == [0, 1]


IDS = [f"{product}:{product[0]}{n}" for product in ("hq", "xpm", "tax") for n in range(3)]
ORDER = {"hq": 0, "xpm": 1, "tax": 2}


@dataclass
class Asked:
    """A practice that answers its questions, with who each record really is."""

    records: list[dict[str, Any]]
    pairs: list[dict[str, Any]]
    who: dict[str, int]
    policy: str
    kept: dict[str, bool] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)

    def frames(self) -> dict[str, pl.DataFrame]:
        chosen = {"effective_policy": policy(self.policy), "effective_selection": selected(**self.kept)}
        return frames(self.records, self.pairs, **chosen)

    def answer(self, item: dict[str, Any]) -> None:
        assert item["item_id"] not in self.answered, "an answered question is not asked again"
        self.answered.add(item["item_id"])
        left, right = (f"{item[f'{side}_product']}:{item[f'{side}_id']}" for side in ("left", "right"))
        if item["kind"] == "selection":
            self.kept |= {key.split(":")[1]: "xpm" in key for key in (left, right) if "None" not in key}
        else:
            band = "exact" if self.who[left] == self.who[right] else "rejected"
            others = [p for p in self.pairs if keys_of(p) != (left, right)]
            self.pairs = [*others, pair(left, right, band, decided_by="person")]


@st.composite
def practices(draw: st.DrawFn) -> Asked:
    keys = draw(st.lists(st.sampled_from(IDS), min_size=2, unique=True))
    keys.sort(key=lambda key: (ORDER[key.split(":")[0]], key))
    who = {key: draw(st.integers(0, 3)) for key in keys}
    organisation = st.sampled_from([None, "o1", "o2"])
    states = st.sampled_from(["active", "active", "archived"])
    records = []
    for product, source_id in (key.split(":") for key in keys):
        state = "active" if product == "tax" else draw(states)
        records.append(record(product, source_id, organisation_id=draw(organisation), state=state))
    every = [(a, b) for i, a in enumerate(keys) for b in keys[i + 1 :]]
    pairs = [pair(a, b, "near") for a, b in draw(st.lists(st.sampled_from(every), unique=True, max_size=6))]
    return Asked(records, pairs, who, draw(st.sampled_from(["all_xpm", "all_hq", "selection"])))


# The first example is the simplest there is, the second is drawn.
@settings(max_examples=2, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.lists(practices(), min_size=8, max_size=12))
def test_answering_what_blocks_leaves_nothing_that_blocks(fleet: list[Asked]) -> None:
    waiting = fleet
    for _ in range(len(IDS) ** 2):
        found = [items(one) for one in run_each([practice.frames() for practice in waiting])]
        asked = [next((item for item in asked if item["blocking"]), None) for asked in found]
        for practice, item in zip(waiting, asked, strict=True):
            if item:
                practice.answer(item)
        waiting = [practice for practice, item in zip(waiting, asked, strict=True) if item]
        if not waiting:
            return
    raise AssertionError("there is no end to it")


def keys_of(found: dict[str, Any]) -> tuple[str, str]:
    return (
        f"{found['left_product']}:{found['left_id']}",
        f"{found['right_product']}:{found['right_id']}",
    )


def dropped(found: dict[str, pl.DataFrame]) -> Iterator[tuple[Any, ...]]:
    names = ("policy", "xpm_client_uuid", "jobs", "tax_client_ids", "outcome", "hq_client_id")
    return found["policy_drop"].select(names).iter_rows()


def test_clients_that_a_policy_drops_are_named_with_what_hangs_on_them() -> None:
    records = [*BOTH, record("xpm", "x2"), record("xpm", "x3"), record("tax", "t2", xpm_client_uuid="x2")]
    jobs = rows("xpm_jobs", {"ID": "j1", "ClientUUID": "x1"}, {"ID": "j2", "ClientUUID": "x1"})
    world = frames(records, [pair("hq:h1", "xpm:x1")], xpm_jobs=jobs, effective_policy=policy("all_xpm"))
    found = run(world)
    assert list(dropped(found)) == [
        ("all_hq", "x1", 2, [], "merged", "h1"),
        ("all_hq", "x2", 0, ["t2"], "archived", None),
    ]
    counts = dict(found["policy_simulation"].select("policy", "working_dropped").iter_rows())
    assert counts == {"all_xpm": 0, "all_hq": 2, "selection": 0}


def test_all_are_named_where_the_policy_is_chosen() -> None:
    many = [record("hq", "h1"), *(record("xpm", f"x{n:02}", has_job=True) for n in range(25))]
    found = run_each([frames(many, effective_policy=policy(name)) for name in ("all_xpm", "all_hq")])
    assert [len(list(dropped(one))) for one in found] == [20, 25]
    for one in found:
        assert one["policy_simulation"].filter(policy="all_hq")["working_dropped"].to_list() == [25]
