from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import rows
from tests.transforms.consolidate_links.world import INPUTS, Row, dropped, outcomes, run, world

CLIENTS = "hq:h1=merged:c1 hq:h2=archived:c2 hq:h3=excluded xpm:x1=survivor:c1"


def test_staff_follow_their_client() -> None:
    clients = "hq:h1=merged:c1 hq:h2=merged:c1 hq:h3=survivor:c1 hq:h4=excluded hq:h5=archived:c5"
    access = {"h1": ["u1", "u2", "u2"], "h2": ["u2"], "h3": ["u1"], "h4": ["u1"], "h5": ["u9"]}
    staff: list[Row] = [{"product": "hq", "source_id": h, "staff_ids": users} for h, users in access.items()]
    found = run(world(clients, source_client=staff))
    assert found["client_staff"].select("client_id", "user_id", "source_client_id").rows() == [
        ("c1", "u1", "h3"),
        ("c1", "u2", "h1"),
        ("c5", "u9", "h5"),
    ]
    reasons = dropped(found, "staff")
    assert set(reasons) == {("u1", "h1"), ("u2", "h1"), ("u2", "h2"), ("u1", "h4")}
    assert "repeats" in reasons["u2", "h1"]
    assert "excluded" in reasons["u1", "h4"]


def test_a_practice_without_a_plan_has_pending_records_and_nothing_else() -> None:
    frames = world(
        "hq:h1=pending xpm:x1=pending",
        effective_policy=[],
        source_client=[{"product": "hq", "source_id": "h1", "staff_ids": ["u1"], "organisation_id": "o1"}],
        hq_contacts=[
            {"hq_contact_id": "k1", "hq_client_id": "h1"},
            {"hq_contact_id": "k1", "hq_client_id": "h2"},
        ],
        xpm_groups=[{"UUID": "g1", "Name": "Doe", "ClientUUIDs": ["x1"]}],
        xpm_relationships=[{"UUID": "r1", "ClientUUID": "x1", "Type": "Director", "RelatedClientUUID": "x1"}],
    )
    found = run(frames)
    assert found["link_crosswalk"].select("entity", "source_id", "outcome").rows() == [
        ("contact", "k1", "pending"),
        ("group", "g1", "pending"),
        ("relationship", "r1", "pending"),
    ]
    assert all(frame.height == 0 for name, frame in found.items() if name != "link_crosswalk")


def test_a_practice_without_clients_follows_its_policy() -> None:
    found = run(world("", hq_contacts=[{"hq_contact_id": "k1", "hq_client_id": "h1"}]))
    assert outcomes(found, "contact") == {"hq:k1": "dropped"}


def test_records_of_which_no_row_was_readable_are_quarantined() -> None:
    lines: list[Row] = [
        {"product": "hq", "entity": "contact", "source_id": "k1", "level": "row"},
        {"product": "hq", "entity": "contact", "source_id": "k2", "level": "row"},
        {"product": "hq", "entity": "contact", "source_id": "k3", "level": "value"},
        {"product": "hq", "entity": "client", "source_id": "h7", "level": "row"},
        {"product": "xpm", "entity": "relationship", "source_id": "r1", "level": "row"},
        {"product": "xpm", "entity": "relationship", "source_id": "r1", "level": "row", "line": 7},
    ]
    contact = {"hq_contact_id": "k1", "hq_client_id": "h1"}
    found = run(world(CLIENTS, quarantine=lines, hq_contacts=[contact]))
    assert outcomes(found, "contact") == {"hq:k1": "survivor", "hq:k2": "quarantined"}
    assert outcomes(found, "relationship") == {"xpm:r1": "quarantined"}


PRACTICES = ("AU-000001", "AU-000002", "NZ-000003", "NZ-000004", "UK-000005")
_outcomes = st.sampled_from(["survivor", "merged", "archived", "excluded"])
_few = st.integers(0, 3).map(str)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, pl.DataFrame]:
    """Practices whose ids clash, the last without a plan. Links point at clients that may not be."""
    found: dict[str, list[Row]] = {name: [] for name in INPUTS}
    for practice in PRACTICES:
        key = {"practice_id": practice}
        planned = practice != PRACTICES[-1]
        found["practices"].append(key | {"region": practice[:2]})
        if planned:
            found["effective_policy"].append(key | {"policy": draw(st.sampled_from(["all_xpm", "all_hq"]))})
        survivors = draw(st.sets(_few, min_size=1, max_size=2))
        for number in sorted(survivors):
            found["client_fate"].append(_fate(key, "xpm", f"s{number}", "survivor", f"c{number}", planned))
        for product in ("hq", "xpm"):
            for number in sorted(draw(st.sets(_few, max_size=3))):
                outcome = draw(st.sampled_from(["merged", "archived", "excluded"]))
                client = f"c{min(survivors)}" if outcome == "merged" else f"a{product}{number}"
                client_id = None if outcome == "excluded" else client
                found["client_fate"].append(_fate(key, product, number, outcome, client_id, planned))
        for fate in [f for f in found["client_fate"] if f["practice_id"] == practice]:
            record = {name: fate[name] for name in ("practice_id", "product", "source_id")}
            users = draw(st.lists(_few, max_size=2)) if fate["product"] == "hq" else []
            organisation = draw(st.one_of(st.none(), _few))
            found["source_client"].append(record | {"staff_ids": users, "organisation_id": organisation})
        _hang(draw, key, found)
    return {name: rows(name, *found[name]) for name in INPUTS}


def _fate(key: Row, product: str, source_id: str, outcome: str, client_id: str | None, planned: bool) -> Row:
    fate = {"outcome": outcome, "client_id": client_id} if planned else {"outcome": "pending"}
    return key | {"product": product, "source_id": source_id, "joined_id": client_id or source_id, **fate}


def _hang(draw: st.DrawFn, key: Row, found: dict[str, list[Row]]) -> None:
    names = st.sampled_from(["Jane Doe", "DOE, Jane", "John Doe", None])
    emails = st.sampled_from(["a@doe.example", "b@doe.example", None])
    clients = st.one_of(_few, _few.map(lambda number: f"s{number}"))
    pairs = st.sets(st.tuples(_few, clients), max_size=5)
    for contact, client in sorted(draw(pairs)):
        row = {"hq_contact_id": contact, "hq_client_id": client, "name": draw(names), "email": draw(emails)}
        found["hq_contacts"].append(key | row | {"is_primary": draw(st.booleans())})
    for contact, client in sorted(draw(pairs)):
        row = {"UUID": contact, "ClientUUID": client, "Name": draw(names), "Email": draw(emails)}
        flags = {"IsPrimary": draw(st.booleans()), "IsDeleted": draw(st.booleans())}
        found["xpm_contacts"].append(key | row | flags)
    group_names = st.sampled_from(["Doe", "DOE ", "Roe"])
    members = st.lists(clients, max_size=4)
    for group in sorted(draw(st.sets(_few, max_size=3))):
        found["hq_groups"].append(
            key | {"hq_group_id": group, "name": draw(group_names), "hq_client_ids": draw(members)}
        )
        found["xpm_groups"].append(
            key | {"UUID": group, "Name": draw(group_names), "ClientUUIDs": draw(members)}
        )
    for number, (start, end) in enumerate(draw(st.lists(st.tuples(clients, clients), max_size=4))):
        row = {"UUID": str(number), "ClientUUID": start, "RelatedClientUUID": end, "Type": "Director"}
        found["xpm_relationships"].append(key | row)


def links_read(frames: dict[str, pl.DataFrame], practice: str) -> dict[str, list[tuple[Any, ...]]]:
    mine = {name: frames[name].filter(practice_id=practice).to_dicts() for name in INPUTS}
    members = [("hq", row["hq_group_id"], c) for row in mine["hq_groups"] for c in row["hq_client_ids"]]
    members += [("xpm", row["UUID"], c) for row in mine["xpm_groups"] for c in row["ClientUUIDs"]]
    contacts = [("hq", row["hq_contact_id"], row["hq_client_id"]) for row in mine["hq_contacts"]]
    contacts += [("xpm", row["UUID"], row["ClientUUID"]) for row in mine["xpm_contacts"]]
    staff = [("hq", user, row["source_id"]) for row in mine["source_client"] for user in row["staff_ids"]]
    relationships = [("xpm", row["UUID"]) for row in mine["xpm_relationships"]]
    return {"contact": contacts, "group": members, "staff": staff, "relationship": relationships}


def links_ended(found: dict[str, pl.DataFrame], practice: str) -> dict[str, list[tuple[str, ...]]]:
    columns: dict[str, tuple[str, list[Any]]] = {
        "contact": ("client_contact", ["product", "source_contact_id", "source_client_id"]),
        "group": ("group_member", ["product", "source_group_id", "source_client_id"]),
        "staff": ("client_staff", [pl.lit("hq"), "user_id", "source_client_id"]),
        "relationship": ("relationship", [pl.lit("xpm"), "source_id"]),
    }
    ended = {}
    for kind, (name, published) in columns.items():
        lost = found["dropped_link"].filter(practice_id=practice, kind=kind)
        key = ["product", "source_id", "source_client_id"][: len(published)]
        ended[kind] = (
            found[name].filter(practice_id=practice).select(published).rows() + lost.select(key).rows()
        )
    return ended


@settings(max_examples=5, deadline=None)
@given(worlds(), st.integers(0, 1000))
def test_every_link_and_every_record_ends_once_whatever_the_order_of_rows_and_threads(
    frames: dict[str, pl.DataFrame], seed: int
) -> None:
    found = run(frames)
    ends_once(frames, found)
    leads_somewhere(frames, found)
    shuffled = {name: frame.sample(fraction=1.0, shuffle=True, seed=seed) for name, frame in frames.items()}
    again = run(shuffled, threads=2)
    assert all(found[name].equals(again[name]) for name in found)


def ends_once(frames: dict[str, pl.DataFrame], found: dict[str, pl.DataFrame]) -> None:
    for practice in PRACTICES[:-1]:
        read, ended = links_read(frames, practice), links_ended(found, practice)
        assert {kind: sorted(links) for kind, links in read.items()} == {
            k: sorted(v) for k, v in ended.items()
        }
        known = frames["source_client"].filter(practice_id=practice)["organisation_id"].drop_nulls()
        listed = found["organisation_link"].filter(practice_id=practice)["organisation_id"]
        assert set(known) == set(listed)
    contacts = set(frames["hq_contacts"].select("practice_id", pl.lit("hq"), "hq_contact_id").rows())
    contacts |= set(frames["xpm_contacts"].select("practice_id", pl.lit("xpm"), "UUID").rows())
    told = (
        found["link_crosswalk"].filter(entity="contact").select("practice_id", "product", "source_id").rows()
    )
    assert sorted(told) == sorted(contacts)


def leads_somewhere(frames: dict[str, pl.DataFrame], found: dict[str, pl.DataFrame]) -> None:
    clients = frames["client_fate"].select("practice_id", "client_id").drop_nulls().unique()
    for name in ("client_contact", "group_member", "client_staff", "relationship"):
        assert found[name].join(clients, on=["practice_id", "client_id"], how="anti").height == 0, name
    key = ["practice_id", "contact_id"]
    assert (
        sorted(found["client_contact"].select(key).unique().rows())
        == found["unified_contact"].select(key).rows()
    )
    key = ["practice_id", "group_id"]
    assert (
        sorted(found["group_member"].select(key).unique().rows()) == found["unified_group"].select(key).rows()
    )
    primaries = found["client_contact"].filter("is_primary").select("practice_id", "client_id")
    assert primaries.is_unique().all()
    ids = {"contact": "unified_contact", "group": "unified_group", "relationship": "relationship"}
    for entity, name in ids.items():
        told = found["link_crosswalk"].filter(entity=entity)["unified_id"].drop_nulls()
        assert set(told) == set(found[name][f"{entity}_id"]), entity


@settings(max_examples=3, deadline=None)
@given(worlds())
def test_nothing_crosses_practices(frames: dict[str, pl.DataFrame]) -> None:
    together = run(frames)
    for practice in PRACTICES[::2]:
        alone = run({name: frame.filter(practice_id=practice) for name, frame in frames.items()})
        assert all(together[name].filter(practice_id=practice).equals(alone[name]) for name in alone)
