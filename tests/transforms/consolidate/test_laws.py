"""What holds for any small practice, from its source tables to what would be published.

A practice is drawn in the short form of `case_landing`: an example that fails reads like a line of the case
table. Several go together through every stage that keeps no files.
"""

import json
from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import polars as pl
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from expectations.contracts import table, tables
from expectations.gate import check
from matching.clients import match_clients
from matching.options import MatchOptions
from tests.factories import rows
from tests.transforms.consolidate.case_landing import practice_id, source_frames
from transforms.clients import source_clients
from transforms.consolidate import Options, consolidate
from transforms.decisions import effective
from transforms.normalise import comparable
from transforms.sql import connect

Case = dict[str, str]
Tables = dict[str, pl.DataFrame]
PUBLISHED = sorted(name for name, contract in tables("published").items() if contract.kind == "published")
READ = ("clients", "contacts", "groups", "relationships")
UNRELATED = "h9"


def compute(sources: Tables) -> Tables:
    """Every table of the practices, up to the gate."""
    empty = {name: table(name).empty() for name in ("quarantine",)}
    frames: Tables = {**sources, **empty, "intake": _intake(sources)}
    with connect(threads=1) as con:
        frames["source_client"] = source_clients(con, frames)
        frames["comparable"] = comparable(frames["source_client"], frames["practices"])
        frames |= effective(con, frames, "run-1")
        frames["match"] = match_clients(con, frames, MatchOptions(), "run-1")
        frames |= consolidate(con, frames, Options(), "run-1")
        frames["validation_failure"] = check(con, frames, "run-1").failures
    return frames


def _intake(sources: Tables) -> pl.DataFrame:
    lists = [(p, e) for p in ("hq", "xpm", "tax") for e in READ if f"{p}_{e}" in sources]
    return pl.concat(
        sources[f"{p}_{e}"].group_by("practice_id").len("rows_read").select(
            "practice_id", product=pl.lit(p), entity=pl.lit(e), rows_read=pl.col("rows_read").cast(pl.Int64)
        )
        for p, e in lists
    ).pipe(lambda counted: rows("intake", *counted.to_dicts()))  # fmt: skip


HQ, XPM, TAX = ("h1", "h2", "h3"), ("x1", "x2", "x3"), ("t1", "t2")
_PEOPLE = st.sampled_from(["ann", "ann", "bob", "cat"])
_ORGANISATIONS = ["", "", ":o1", ":o2"]


@st.composite
def practices(draw: st.DrawFn) -> Case:
    """Twins and strangers in three lists, what hangs on them, and what people decided."""
    some = {ids: draw(st.lists(st.sampled_from(ids), unique=True, max_size=3)) for ids in (HQ, XPM, TAX)}
    hq = [f"{i}={draw(_PEOPLE)}{draw(_HQ_MARKS)}" for i in some[HQ]]
    xpm = [f"{i}={draw(_PEOPLE)}{draw(_XPM_MARKS)}" for i in some[XPM]]
    tax = [f"{i}{draw(_POINTER)}={draw(_PEOPLE)}{draw(_TAX_MARKS)}" for i in some[TAX]]
    everyone = sorted(some[HQ] + some[XPM] + some[TAX])
    return {
        "case": "drawn",
        "connection": "",
        "policy": draw(
            st.sampled_from(["all_xpm", "all_hq", "all_hq fill", "selection", "selection fill", ""])
        ),
        "hq": " ".join(hq),
        "xpm": " ".join(xpm),
        "tax": " ".join(tax),
        "decisions": " ".join(draw(_decisions(everyone))),
        "links": " ".join(draw(_links())),
    }


_HQ_MARKS = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "", ":archived", ":thin"]),
        st.sampled_from(_ORGANISATIONS),
        st.sampled_from(["", ":u1", ":u1:u2"]),
    ),
)
_XPM_MARKS = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "", ":archived", ":prospect", ":deleted", ":job"]),
        st.sampled_from(["", ":n1", ":n1:b1", ":n1:b2"]),
        st.sampled_from(["", ":full", ":custom"]),
    ),
)
_TAX_MARKS = st.builds(
    "".join, st.tuples(st.sampled_from(["", ":n1", ":n2"]), st.sampled_from(_ORGANISATIONS))
)
_POINTER = st.sampled_from(["", ">x1", ">x2", ">x9"])


@st.composite
def _decisions(draw: st.DrawFn, everyone: list[str]) -> list[str]:
    if not everyone:
        return []
    selected = draw(st.lists(st.sampled_from(everyone), unique=True))
    said = [i + draw(st.sampled_from("+-")) for i in selected if i[0] != "t"]
    pairs = list(combinations(everyone, 2))
    judged = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=2)) if pairs else []
    said += [one + draw(st.sampled_from("=!?")) + other for one, other in judged]
    if draw(st.booleans()):
        said.append("o1>" + draw(st.sampled_from(["none", *everyone])))
    return said


@st.composite
def _links(draw: st.DrawFn) -> list[str]:
    contacts = [f"k{n}@{c}={draw(_PEOPLE)}{draw(_CONTACT_MARKS)}" for n, c in draw(_ends(HQ))]
    contacts += [f"y{n}@{c}={draw(_PEOPLE)}{draw(_CONTACT_MARKS)}" for n, c in draw(_ends(XPM))]
    groups = [f"{key}={','.join(draw(_MEMBERS[ids]))}" for key, ids in (("g1", HQ), ("g2", HQ), ("G1", XPM))]
    return [*contacts, *groups, f"r1={draw(st.sampled_from(XPM))},{draw(st.sampled_from(XPM))}"]


_CONTACT_MARKS = st.sampled_from(["", ":primary", ":thin", ":deleted"])
_MEMBERS = {
    HQ: st.lists(st.sampled_from(HQ), min_size=1, max_size=3),
    XPM: st.lists(st.sampled_from(XPM), min_size=1, max_size=3),
}


def _ends(clients: Sequence[str]) -> st.SearchStrategy[list[tuple[int, str]]]:
    """Contact number and client of each link: one person on several clients, several on one."""
    return st.lists(st.tuples(st.integers(1, 2), st.sampled_from(clients)), unique=True, max_size=3)


_fleets = st.lists(practices(), min_size=14, max_size=20)
_laws = settings(max_examples=4, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])


@_laws
@given(_fleets, st.randoms(use_true_random=False))
def test_laws(fleet: list[Case], dice: Any) -> None:
    sources = source_frames(fleet)
    found = compute(sources)
    assert found["validation_failure"].rows() == []
    for number, case in enumerate(fleet):
        own = {name: frame.filter(practice_id=practice_id(number)) for name, frame in found.items()}
        _conserves_records(own)
        _conserves_links(own)
        if case["policy"]:
            _shares_nothing_unasked(own)
            _was_simulated(own, case["policy"].split()[0])
    seed = dice.randrange(1000)
    more = [case | {"hq": f"{UNRELATED}=dan {case['hq']}"} for case in fleet]
    turned = compute(
        {n: f.sample(fraction=1.0, shuffle=True, seed=seed) for n, f in source_frames(more).items()}
    )
    _unchanged_but_for_one(found, turned)


def _conserves_records(own: Tables) -> None:
    """Every client, contact, group and relationship that was read has exactly one outcome."""
    keys = {
        "client": [own["source_client"].select("product", "source_id")],
        "contact": [_ids(own, "hq_contacts", "hq_contact_id"), _ids(own, "xpm_contacts", "UUID")],
        "group": [_ids(own, "hq_groups", "hq_group_id"), _ids(own, "xpm_groups", "UUID")],
        "relationship": [_ids(own, "xpm_relationships", "UUID")],
    }
    for entity, read in keys.items():
        outcomes = own["crosswalk"].filter(entity=entity)
        assert sorted(pl.concat(read).rows()) == sorted(outcomes.select("product", "source_id").rows()), (
            entity
        )


def _ids(own: Tables, name: str, column: str) -> pl.DataFrame:
    return own[name].select(product=pl.lit(name.partition("_")[0]), source_id=column).unique()


def _conserves_links(own: Tables) -> None:
    """Every link that was read is published or dropped, never both."""
    if set(own["client_fate"]["outcome"]) in ({"pending"}, set()):
        return
    members = [own["hq_groups"]["hq_client_ids"], own["xpm_groups"]["ClientUUIDs"]]
    read = Counter(
        contact=own["hq_contacts"].height + own["xpm_contacts"].height,
        group=sum(len(set(ids)) for ids in pl.concat(members).to_list()),
        relationship=own["xpm_relationships"].height,
        staff=sum(len(ids or []) for ids in own["source_client"]["staff_ids"].to_list()),
    )
    ended = Counter(own["dropped_link"]["kind"].to_list())
    for kind, name in (("contact", "client_contact"), ("group", "group_member"), ("staff", "client_staff")):
        ended[kind] += own[name].height
    ended["relationship"] += own["relationship"].height
    assert +ended == +read


def _shares_nothing_unasked(own: Tables) -> None:
    """Two clients that survive share no whole tax number and no organisation, unless it is asked about."""
    lives = own["client_fate"].filter(outcome="survivor")["client_id"]
    records = own["source_client"].join(own["client_fate"], on=["product", "source_id"])
    records = records.filter(pl.col("client_id").is_in(lives.implode()))
    decided = own["effective_organisation"]["organisation_id"].to_list()
    asked = own["review_item"].filter(kind="organisation")["organisation_id"].to_list()
    for organisation_id, clients in _holders(records, "organisation_id").items():
        if len(clients) > 1 and organisation_id not in decided:
            link = own["organisation_link"].filter(organisation_id=organisation_id).row(0, named=True)
            assert (link["state"], link["client_id"]) == ("conflict", None)
            assert organisation_id in asked
    linked = own["organisation_link"]["client_id"].drop_nulls().to_list()
    assert set(linked) <= set(lives)
    branches = {client: set(ids) for client, ids in _holders(records, "client_id", "branch_number").items()}
    shared = own["review_item"].filter("blocking", kind="shared_tax_number")
    told = {(row["left_id"], row["right_id"]) for row in shared.to_dicts()}
    client_of = dict(records.select("source_id", "client_id").iter_rows())
    questioned = {client_of[i] for pair in told for i in pair}
    for clients in _holders(records, "tax_number").values():
        for one, other in combinations(sorted(clients), 2):
            if not (branches.get(one) and branches.get(other)) or branches[one] & branches[other]:
                assert {one, other} <= questioned


def _holders(records: pl.DataFrame, column: str, held: str = "client_id") -> dict[str, set[str]]:
    pairs = records.select(column, held).drop_nulls().unique().iter_rows()
    found: dict[str, set[str]] = {}
    for value, holder in pairs:
        found.setdefault(value, set()).add(holder)
    return found


def _was_simulated(own: Tables, policy: str) -> None:
    """The simulation of the chosen policy tells what is then published."""
    [row] = own["policy_simulation"].filter(policy=policy).to_dicts() or [None]
    both = {"hq", "xpm"} <= set(own["source_client"]["product"])
    assert (row is not None) == both
    if row is None:
        return
    fate, lost = own["client_fate"], own["field_value"].filter(~pl.col("chosen"))
    twice = fate.filter(pl.col("product") != "tax", outcome="survivor").group_by("joined_id").agg("product")
    promised = {
        "kept": (fate["outcome"] == "survivor").sum(),
        "archived": (fate["outcome"] == "archived").sum(),
        "duplicates_left": sum(set(products) == {"hq", "xpm"} for products in twice["product"].to_list()),
        "organisations_orphaned": (own["organisation_link"]["state"] == "orphaned").sum(),
        "contacts_changed": len(_changed(own, "contact")),
        "groups_changed": len(_changed(own, "group")),
        "questions": own["review_item"].height,
    }
    assert {name: row[name] for name in promised} == promised
    assert json.loads(row["values_lost"]) == dict(lost.group_by("field").len().iter_rows())


def _changed(own: Tables, entity: str) -> set[tuple[str, str]]:
    """Records that join another, lose a link or are dropped."""
    lines = own["crosswalk"].filter(entity=entity).to_dicts()
    losing = set(own["dropped_link"].filter(kind=entity).select("product", "source_id").iter_rows())
    size = Counter(line["unified_id"] for line in lines)
    return {
        (line["product"], line["source_id"])
        for line in lines
        if line["outcome"] in ("merged", "dropped")
        or (line["outcome"] == "survivor" and size[line["unified_id"]] > 1)
        or (line["outcome"] != "excluded" and (line["product"], line["source_id"]) in losing)
    }


def _unchanged_but_for_one(found: Tables, turned: Tables) -> None:
    """An unrelated client and another order of rows change nothing else, ids included."""
    extra = turned["client_fate"].filter(source_id=UNRELATED)["client_id"].drop_nulls()
    for name in (*PUBLISHED, "dropped_link"):
        frame = turned[name]
        for column, values in (("client_id", extra), ("source_id", [UNRELATED])):
            if column in frame.columns:
                frame = frame.filter(~pl.col(column).is_in(list(values)).fill_null(False))
        assert frame.equals(found[name]), name
