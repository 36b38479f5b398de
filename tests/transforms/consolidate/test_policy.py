"""What becomes of each record: the table of cases, and laws that hold for any small practice."""

import csv
import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.factories import rows
from tests.transforms.consolidate.worlds import PRACTICE, frames, outcomes, pair, policy, record, run, split
from transforms.consolidate import Options

Practice = tuple[list[dict[str, Any]], list[dict[str, Any]], pl.DataFrame, str]
"""Records, pairs, selections, policy."""
_BANDS = {"=": "exact", "~": "near", "!": "rejected"}
_TABLE = (Path(__file__).parent / "cases.csv").read_text(encoding="utf-8")
CASES = list(csv.DictReader(_TABLE.splitlines()))


def _record(text: str) -> dict[str, Any]:
    text, _, uuid = text.partition(">")
    product, source_id, *marks = text.split(":")
    state = next((m for m in marks if m in ("archived", "prospect", "deleted")), "active")
    more: dict[str, Any] = {"city": "Perth", "notes": "long"} if "full" in marks else {}
    return record(
        product, source_id, state=state, has_job="job" in marks, xpm_client_uuid=uuid or None, **more
    )


def _pair(text: str) -> dict[str, Any]:
    left, sign, right = re.split("([=~!])", text)
    return pair(left, right, _BANDS[sign], **({"decided_by": "person"} if sign == "!" else {}))


def _selection(text: str) -> pl.DataFrame:
    marked = [(*mark[:-1].split(":"), mark[-1] == "+") for mark in text.split()]
    return rows("effective_selection", *({"product": p, "source_id": i, "keep": k} for p, i, k in marked))


@cache
def _fleet() -> dict[str, pl.DataFrame]:
    """Every case as a practice of its own, all in one run: they must not touch each other either."""
    return run(_together([_case(case) for case in CASES]))


def _case(case: dict[str, str]) -> Practice:
    records = [_record(text) for text in case["records"].split()]
    pairs = [_pair(text) for text in case["pairs"].split()]
    return records, pairs, _selection(case["keep"]), case["policy"]


def _id(number: int) -> str:
    return f"AU-{number:06d}"


def _together(practices: Sequence[Practice]) -> dict[str, pl.DataFrame]:
    """The inputs of many practices, each with the id of its place."""
    given = list(enumerate(practices))
    selections = pl.concat([p[2].with_columns(practice_id=pl.lit(_id(n))) for n, p in given])
    policies = [
        {"practice_id": _id(n), "policy": p[3], "confirmed": True, "fill_blanks": True} for n, p in given
    ]
    return frames(
        [{**r, "practice_id": _id(n)} for n, p in given for r in p[0]],
        [{**m, "practice_id": _id(n)} for n, p in given for m in p[1]],
        effective_selection=selections,
        effective_policy=rows("effective_policy", *policies),
        practices=rows("practices", *({"practice_id": _id(n)} for n, _ in given)),
    )


def _expected(text: str) -> dict[str, tuple[str, str | None]]:
    found = {}
    for part in text.split("; "):
        key, outcome, *target = part.split(" ")
        found[key] = (outcome, target[0] if target else None if outcome == "excluded" else key)
    return found


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{c['case']}-{c['policy']}" for c in CASES])
def test_outcome(number: int) -> None:
    found = {name: frame.filter(practice_id=_id(number)) for name, frame in _fleet().items()}
    assert outcomes(found) == _expected(CASES[number]["expected"])


def test_archived_at_source_and_kept_stays_archived() -> None:
    found = run(frames([record("xpm", "x1", state="archived")], effective_policy=policy("all_xpm")))
    assert found["unified_client"]["state"].to_list() == ["archived"]
    assert "archived at its source" in found["crosswalk"]["reason"].item()


def test_prospects_count_where_configured() -> None:
    world = frames([record("xpm", "x1", state="prospect")], effective_policy=policy("all_xpm"))
    assert outcomes(run(world)) == {"xpm:x1": ("excluded", None)}
    assert outcomes(run(world, Options(include_prospects=True))) == {"xpm:x1": ("survivor", "xpm:x1")}


def test_without_a_policy_everything_is_pending() -> None:
    found = run(frames([record("hq", "h1"), record("xpm", "x1")], [pair("hq:h1", "xpm:x1")]))
    assert found["client_fate"]["outcome"].to_list() == ["pending", "pending"]
    assert found["crosswalk"]["outcome"].to_list() == ["pending", "pending"]
    assert found["unified_client"].height == 0
    assert found["policy_simulation"].height == 3


def test_client_id_is_of_the_record_it_stands_on() -> None:
    both = [record("hq", "h1"), record("xpm", "x1")]
    one = run(frames(both, [pair("hq:h1", "xpm:x1")], effective_policy=policy("all_xpm")))
    other = run(frames(both[1:], effective_policy=policy("all_xpm")))
    assert one["unified_client"]["client_id"].to_list() == other["unified_client"]["client_id"].to_list()


IDS = [f"{product}:{product[0]}{n}" for product in ("hq", "xpm", "tax") for n in range(3)]
STATES = {
    "hq": ["active", "archived"],
    "xpm": ["active", "archived", "prospect", "deleted"],
    "tax": ["active"],
}
ORDER = {"hq": 0, "xpm": 1, "tax": 2}


@st.composite
def practices(draw: st.DrawFn) -> Practice:
    """Any records of three products, pairs between any of them, selections and a policy."""
    keys = draw(st.lists(st.sampled_from(IDS), min_size=1, unique=True))
    records = []
    for product, source_id in (key.split(":") for key in keys):
        uuid = draw(st.sampled_from([None, "x0", "x1"])) if product == "tax" else None
        more = {"state": draw(st.sampled_from(STATES[product])), "xpm_client_uuid": uuid}
        job = product == "xpm" and draw(st.booleans())
        records.append(record(product, source_id, has_job=job, organisation_id=draw(_ORGANISATION), **more))
    ordered = sorted(keys, key=lambda key: (ORDER[key.split(":")[0]], key))
    all_pairs = [(a, b) for i, a in enumerate(ordered) for b in ordered[i + 1 :]]
    some = draw(st.lists(st.sampled_from(all_pairs), unique=True, max_size=6)) if all_pairs else []
    bands = st.sampled_from(["exact", "near", "rejected"])
    matches = [pair(a, b, draw(bands), decided_by=draw(_DECIDERS)) for a, b in some]
    selected = draw(st.lists(st.sampled_from(keys), unique=True))
    selection = " ".join(key + draw(st.sampled_from("+-")) for key in selected if not key.startswith("tax"))
    return records, matches, _selection(selection), draw(st.sampled_from(["all_xpm", "all_hq", "selection"]))


_ORGANISATION = st.sampled_from([None, "o1", "o2"])
_DECIDERS = st.sampled_from(["person", "model"])


def _check_conservation(practice: Practice, found: dict[str, pl.DataFrame]) -> None:
    """Every record has one outcome, and every outcome that names a client names a published one."""
    fate, unified = found["client_fate"], found["unified_client"]
    assert fate.height == len(practice[0]) == found["crosswalk"].height
    assert set(fate["client_id"].drop_nulls()) == set(unified["client_id"])
    assert (
        fate["outcome"].is_in(["survivor", "archived"]).sum()
        == unified.height
        == unified["client_id"].n_unique()
    )
    assert set(fate.filter(pl.col("client_id").is_null())["outcome"]) <= {"excluded"}


def _check_answers(practice: Practice, found: dict[str, pl.DataFrame]) -> None:
    """A person's no is never joined over, not even through a third record."""
    key = pl.concat_str("product", "source_id", separator=":")
    joined = dict(found["client_fate"].select(key, "joined_id").iter_rows())
    for m in practice[1]:
        if m["band"] == "rejected" and m["decided_by"] == "person":
            ends = [f"{m[f'{side}_product']}:{m[f'{side}_id']}" for side in ("left", "right")]
            assert joined[ends[0]] != joined[ends[1]]


def _check_simulation(practice: Practice, found: dict[str, pl.DataFrame]) -> None:
    """The simulation of the chosen policy is what is published."""
    fate = found["client_fate"]
    lost = found["field_value"].filter(~pl.col("chosen")).group_by("field").len().sort("field")
    for row in found["policy_simulation"].filter(policy=practice[3]).iter_rows(named=True):
        assert row["kept"] == (fate["outcome"] == "survivor").sum()
        assert row["archived"] == (fate["outcome"] == "archived").sum()
        assert row["questions"] == found["review_item"].height
        assert row["organisations_orphaned"] == (found["organisation_link"]["state"] == "orphaned").sum()
        assert json.loads(row["values_lost"]) == dict(lost.iter_rows())


@settings(max_examples=2, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.lists(practices(), min_size=15, max_size=20))
def test_laws(fleet: list[Practice]) -> None:
    found = run(_together(fleet))
    for practice, own in zip(fleet, split(found, map(_id, range(len(fleet)))), strict=True):
        _check_conservation(practice, own)
        _check_answers(practice, own)
        _check_simulation(practice, own)
    # Neither the order of rows nor an unrelated client changes anything else.
    unrelated = record("xpm", "unrelated", state="archived")
    turned = run(_together([([unrelated, *p[0][::-1]], p[1][::-1], *p[2:]) for p in fleet]))
    for name in ("client_fate", "crosswalk", "field_value", "review_item", "organisation_link"):
        ids = turned[name]["source_id"] if "source_id" in turned[name].columns else pl.Series([""])
        assert turned[name].filter(ids != "unrelated").equals(found[name]), name


def test_practices_do_not_meet() -> None:
    twin = [record("hq", "h1"), record("xpm", "h1")]
    other = [{**r, "practice_id": "NZ-000001"} for r in twin]
    policies = pl.concat(
        [policy("all_xpm"), rows("effective_policy", {"practice_id": "NZ-000001", "policy": "all_hq"})]
    )
    practices = rows("practices", {}, {"practice_id": "NZ-000001"})
    more = {"effective_policy": policies, "practices": practices}
    fate = run(frames([*twin, *other], [pair("hq:h1", "xpm:h1")], **more))["client_fate"]
    here = fate.filter(pl.col("practice_id") == PRACTICE)["outcome"].to_list()
    there = fate.filter(pl.col("practice_id") != PRACTICE)["outcome"].to_list()
    assert (here, there) == (["merged", "survivor"], ["survivor", "archived"])


@pytest.mark.parametrize(("hq", "xpm"), [("active", "archived"), ("archived", "active")])
def test_twins_of_two_states_are_flagged_on_both(hq: str, xpm: str) -> None:
    both = [
        record("hq", "h1", state=hq),
        record("xpm", "x1", state=xpm),
        record("tax", "t1", xpm_client_uuid="x1"),
    ]
    found = run(frames(both, [pair("hq:h1", "xpm:x1")], effective_policy=policy("all_xpm")))
    reasons = dict(found["crosswalk"].select("source_id", "reason").iter_rows())
    assert f"States differ: {hq} here, {xpm} there." in reasons["h1"]
    assert f"States differ: {xpm} here, {hq} there." in reasons["x1"]
    assert "States differ" not in reasons["t1"]
    assert found["unified_client"]["state"].to_list() == [xpm]
