"""What holds for any small practice, from its source tables to what would be published.

A practice is drawn in the short form of `case_landing`: an example that fails reads like a line of the case
table. Several go together through every stage that keeps no files.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import polars as pl
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from expectations.contracts import table, tables
from expectations.gate import check
from matching.clients import match_clients
from matching.contacts import match_contacts
from matching.options import MatchOptions
from tests.factories import rows
from tests.transforms.consolidate.case_landing import practice_id, source_frames
from tests.transforms.consolidate.laws import (
    Tables,
    conserves_links,
    conserves_records,
    shares_nothing_unasked,
    was_simulated,
)
from tests.transforms.consolidate.worlds import split
from transforms.clients import source_clients
from transforms.consolidate import Options, consolidate
from transforms.decisions import effective
from transforms.normalise import comparable
from transforms.sql import connect

Case = dict[str, str]
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
        frames |= match_contacts(con, frames)
        frames |= consolidate(con, frames, Options(), "run-1")
        frames["validation_failure"] = check(con, frames, "run-1").failures
    return frames


def _intake(sources: Tables) -> pl.DataFrame:
    lists = [(p, e) for p in ("hq", "xpm", "tax") for e in READ if f"{p}_{e}" in sources]
    return pl.concat(
        sources[f"{p}_{e}"].group_by("practice_id").len("rows_read").select(
            "practice_id", product=pl.lit(p), entity=pl.lit(e), accepted=pl.lit(True),
            rows_read=pl.col("rows_read").cast(pl.Int64)
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


_fleets = st.lists(practices(), min_size=35, max_size=45)
# The first example is the simplest there is, the second is drawn.
_laws = settings(max_examples=2, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])


def test_lists_without_clients_are_no_failure() -> None:
    empty = dict.fromkeys(("connection", "hq", "xpm", "tax", "decisions"), "")
    found = compute(
        source_frames([{**empty, "case": "empty", "policy": "all_xpm", "links": "k1@h1=ann g1=x1"}])
    )
    assert found["validation_failure"].rows() == []
    assert found["crosswalk"]["outcome"].to_list() == ["dropped", "dropped"]


@_laws
@given(_fleets, st.randoms(use_true_random=False))
def test_laws(fleet: list[Case], dice: Any) -> None:
    sources = source_frames(fleet)
    found = compute(sources)
    assert found["validation_failure"].rows() == []
    for case, own in zip(fleet, split(found, map(practice_id, range(len(fleet)))), strict=True):
        conserves_records(own)
        conserves_links(own)
        if case["policy"]:
            shares_nothing_unasked(own)
            was_simulated(own, case["policy"].split()[0])
    seed = dice.randrange(1000)
    more = [case | {"hq": f"{UNRELATED}=dan {case['hq']}"} for case in fleet]
    turned = compute(
        {n: f.sample(fraction=1.0, shuffle=True, seed=seed) for n, f in source_frames(more).items()}
    )
    _unchanged_but_for_one(found, turned)


def _unchanged_but_for_one(found: Tables, turned: Tables) -> None:
    """An unrelated client and another order of rows change nothing else, ids included.

    Matching weighs a pair by the sizes of the lists: a practice in which that moves a pair to another band
    has other matches, and says nothing here.
    """
    moved = _bands(found) ^ _bands(turned)
    ids = {practice for practice, *_ in moved}
    assert 5 * len(ids) < found["practices"].height, "too many to learn anything"
    extra = turned["client_fate"].filter(source_id=UNRELATED)["client_id"].drop_nulls().to_list()
    for name in (*PUBLISHED, "dropped_link"):
        before, after = (t[name].filter(~pl.col("practice_id").is_in(ids)) for t in (found, turned))
        for column, values in (("client_id", extra), ("source_id", [UNRELATED])):
            if column in after.columns:
                after = after.filter(~pl.col(column).is_in(values).fill_null(False))
        assert after.equals(before), name


def _bands(tables: Tables) -> set[tuple[str, str, str, str]]:
    pairs = tables["match"].filter(pl.col("left_id") != UNRELATED, pl.col("right_id") != UNRELATED)
    return set(pairs.select("practice_id", "left_id", "right_id", "band").iter_rows())
