from functools import cache
from typing import Any

import polars as pl
import pytest

from expectations.contracts import table
from expectations.errors import ContractError
from tests.factories import rows
from tests.transforms.consolidate_links.world import (
    cases,
    dropped,
    follow,
    outcomes,
    run,
    run_each,
    unified,
    world,
)
from transforms.sql import connect

JOINED = "hq:h1=merged:c1 xpm:x1=survivor:c1"


def hq(contact: str, client: str, name: str = "Jane Doe", **values: Any) -> dict[str, Any]:
    return {"hq_contact_id": contact, "hq_client_id": client, "name": name or None, **values}


def xpm(contact: str, client: str, name: str = "Jane Doe", **values: Any) -> dict[str, Any]:
    return {"UUID": contact, "ClientUUID": client, "Name": name or None, **values}


@cache
def found_in_cases() -> dict[str, dict[str, pl.DataFrame]]:
    """Each case of the table as a practice of one batch."""
    worlds = {}
    for case in cases("contact_cases"):
        name, email, phone, mobile = (value or None for value in case["left"].split("|"))
        left = hq("k1", "h1", name or "", email=email, phone=phone, mobile=mobile)
        name, email, phone, mobile = (value or None for value in case["right"].split("|"))
        right = xpm("y1", "x2", name or "", Email=email, Phone=phone, Mobile=mobile)
        worlds[case["case"]] = world(JOINED + " xpm:x2=survivor:c2", hq_contacts=[left], xpm_contacts=[right])
    return run_each(worlds)


@pytest.mark.parametrize("case", cases("contact_cases"), ids=lambda case: case["case"])
def test_contacts_are_one_person_by_name_and_one_more(case: dict[str, str]) -> None:
    contacts = found_in_cases()[case["case"]]["unified_contact"]
    assert (contacts.height == 1) is (case["joined"] == "yes")


def test_agreeing_pairs_chain_and_all_links_follow() -> None:
    people = [
        xpm("y1", "x1", Email="a@doe.example"),
        xpm("y2", "x2", Email="a@doe.example", Mobile="0412 345 678"),
        xpm("y3", "x3", Mobile="0412345678"),
        xpm("y4", "x3", "Jim Roe", Mobile="0412345678"),
    ]
    clients = "xpm:x1=survivor:c1 xpm:x2=survivor:c2 xpm:x3=archived:c3"
    found = run(world(clients, xpm_contacts=people))
    ids = unified(found, "contact")
    assert ids["xpm:y1"] == ids["xpm:y2"] == ids["xpm:y3"] != ids["xpm:y4"]
    # y2 is the fullest record
    assert outcomes(found, "contact") == {
        "xpm:y1": "merged",
        "xpm:y2": "survivor",
        "xpm:y3": "merged",
        "xpm:y4": "survivor",
    }
    jane = found["client_contact"].filter(contact_id=ids["xpm:y1"])
    assert jane["client_id"].to_list() == ["c1", "c2", "c3"]


@pytest.mark.parametrize(("policy", "survivor"), [("all_xpm", "y1"), ("selection", "y1"), ("all_hq", "k1")])
def test_the_kept_product_gives_the_contact(policy: str, survivor: str) -> None:
    clients = JOINED if policy != "all_hq" else "hq:h1=survivor:c1 xpm:x1=merged:c1"
    full = {"email": "j@doe.example", "phone": "02 9374 4000", "first_name": "Jane", "last_name": "Doe"}
    frames = world(
        clients,
        policy,
        hq_contacts=[hq("k1", "h1", **full)],
        xpm_contacts=[xpm("y1", "x1", Email="J@doe.example")],
    )
    found = run(frames)
    assert found["unified_contact"]["source_id"].to_list() == [survivor]
    assert found["client_contact"]["source_contact_id"].to_list() == [survivor]
    (reason,) = dropped(found, "contact").values()
    assert "repeats a link that is published" in reason


def test_fuller_then_smaller_id_gives_the_contact() -> None:
    def survivor(*people: dict[str, Any]) -> str:
        found = run(world("xpm:x1=survivor:c1 xpm:x2=survivor:c2", xpm_contacts=list(people)))
        return str(found["unified_contact"]["source_id"].item())

    poor = xpm("y1", "x1", Email="a@doe.example")
    assert survivor(poor, xpm("y2", "x2", Email="a@doe.example", Phone="02 9374 4000")) == "y2"
    assert survivor(poor, xpm("y2", "x2", Email="a@doe.example")) == "y1"


def test_deleted_and_dropped_contacts() -> None:
    people = [
        xpm("gone", "x1", IsDeleted=True),
        xpm("half", "x1", IsDeleted=True),
        xpm("half", "x2"),
        xpm("lost", "x3"),
        xpm("lost", "x9"),
    ]
    clients = "xpm:x1=survivor:c1 xpm:x2=survivor:c2 xpm:x3=excluded"
    found = run(world(clients, xpm_contacts=people))
    assert outcomes(found, "contact") == {
        "xpm:gone": "excluded",
        "xpm:half": "survivor",
        "xpm:lost": "dropped",
    }
    assert found["client_contact"].select("client_id", "source_contact_id").rows() == [("c2", "half")]
    reasons = dropped(found, "contact")
    assert set(reasons) == {("gone", "x1"), ("half", "x1"), ("lost", "x3"), ("lost", "x9")}
    assert "deleted" in reasons["half", "x1"]
    assert "excluded" in reasons["lost", "x3"]
    assert "not among the clients" in reasons["lost", "x9"]


PRIMARY: list[tuple[list[bool | None], list[bool | None], str | None]] = [
    # (HQ says primary, XPM says primary) under all_xpm → the primary contact
    ([True], [True], "y0"),
    ([True], [False], "k0"),
    ([True, True], [False], "k0"),
    ([False], [False, True], "y1"),
    ([None], [None], None),
]


def test_one_primary_and_that_of_the_survivor() -> None:
    worlds = {
        f"{in_hq} {in_xpm}": world(
            JOINED,
            hq_contacts=[hq(f"k{i}", "h1", f"Hq {i}", is_primary=p) for i, p in enumerate(in_hq)],
            xpm_contacts=[xpm(f"y{i}", "x1", f"Xpm {i}", IsPrimary=p) for i, p in enumerate(in_xpm)],
        )
        for in_hq, in_xpm, _ in PRIMARY
    }
    links = {name: found["client_contact"].filter("is_primary") for name, found in run_each(worlds).items()}
    named = {name: primaries["source_contact_id"].to_list() for name, primaries in links.items()}
    assert named == {f"{in_hq} {in_xpm}": [one] if one else [] for in_hq, in_xpm, one in PRIMARY}


def test_a_primary_that_only_the_merged_twin_names_stays_primary() -> None:
    in_hq = [hq("k1", "h1", email="a@doe.example", is_primary=True, position="Director")]
    in_xpm = [xpm("y1", "x1", Email="a@doe.example", Position="CFO")]
    found = run(world(JOINED, hq_contacts=in_hq, xpm_contacts=in_xpm))
    assert found["client_contact"].select("product", "is_primary", "position").rows() == [
        ("xpm", True, "CFO")
    ]


@pytest.mark.parametrize("email", [None, "other@doe.example"])
def test_one_name_on_one_client_is_one_person(email: str | None) -> None:
    in_hq, in_xpm = [hq("k1", "h1", email="a@doe.example")], [xpm("y1", "x1", Email=email)]
    found = run(world(JOINED, hq_contacts=in_hq, xpm_contacts=in_xpm))
    assert outcomes(found, "contact") == {"hq:k1": "merged", "xpm:y1": "survivor"}
    reason = found["link_crosswalk"].filter(source_id="k1")["reason"].item()
    assert reason.startswith(
        "It is the same person as Practice Manager contact y1: same given name, same family"
    )
    assert reason.endswith("on one client.")


def test_one_name_on_two_clients_is_asked_about_where_both_are_published() -> None:
    def asked(clients: str) -> list[tuple[Any, ...]]:
        in_hq = [hq("k1", "h2", email="a@doe.example")]
        questions = run(world(clients, hq_contacts=in_hq, xpm_contacts=[xpm("y1", "x1")]))["link_questions"]
        assert all("may be one person: same given name, same" in why for why in questions["why"])
        return questions.select("kind", "left_id", "right_id", "blocking").rows()

    assert asked("xpm:x1=survivor:c1 hq:h2=archived:c2") == [("contact", "k1", "y1", False)]
    assert asked("xpm:x1=survivor:c1 hq:h2=excluded") == [], "its answer changes nothing"


Named = list[tuple[str, str]]
DIFFER: list[tuple[Named, Named, Named]] = [
    # primary contacts in HQ, in XPM, those asked about
    ([("k1", "Ann Elk")], [("y1", "Bob Fox")], [("y1", "k1")]),
    ([], [("y1", "Ann Elk"), ("y2", "Bob Fox")], [("y1", "y2")]),
    ([("k1", "Ann Elk")], [("y1", "Ann Elk")], []),
    ([("k1", "Ann Elk")], [], []),
]


@cache
def found_in_differ() -> dict[str, dict[str, pl.DataFrame]]:
    worlds = [
        world(
            JOINED,
            hq_contacts=[hq(key, "h1", name, is_primary=True) for key, name in in_hq],
            xpm_contacts=[xpm(key, "x1", name, IsPrimary=True) for key, name in in_xpm],
        )
        for in_hq, in_xpm, _ in DIFFER
    ]
    return run_each({str(number): one for number, one in enumerate(worlds)})


@pytest.mark.parametrize("number", range(len(DIFFER)))
def test_primary_contacts_that_differ_are_asked_about(number: int) -> None:
    found, asked = found_in_differ()[str(number)], DIFFER[number][2]
    questions = found["link_questions"]
    assert questions.select("left_id", "right_id").rows() == asked
    assert found["client_contact"]["is_primary"].sum() == 1
    if asked == [("y1", "k1")]:
        assert questions["why"].item() == (
            "Bob Fox is the primary contact of Practice Manager client x1, and Ann Elk of Xero HQ client h1,"
            " which became the same client."
        )


def test_two_who_may_be_one_are_asked_about_once() -> None:
    frames = world(
        JOINED,
        hq_contacts=[hq("k1", "h1", "Ann Elk", is_primary=True)],
        xpm_contacts=[xpm("y1", "x1", "Anne Elk", IsPrimary=True)],
    )
    ends = [("hq", "k1", 0), ("xpm", "y1", 1)]
    people = [{"product": p, "source_id": s, "person": n, "record": n} for p, s, n in ends]
    near = {"left_person": 0, "right_person": 1, "probability": 0.9, "clue": "given name one letter apart"}
    matched = {"contact_person": rows("contact_person", *people), "contact_near": rows("contact_near", near)}
    with connect() as con:
        (why,) = follow(con, {**frames, **matched})["link_questions"]["why"]
    assert why == (
        "Contacts Ann Elk (Xero HQ) and Anne Elk (Practice Manager) may be one person:"
        " given name one letter apart."
    )


def test_contacts_that_nobody_matched_are_an_error_not_one_person() -> None:
    frames = world(JOINED, xpm_contacts=[xpm("y1", "x1"), xpm("y2", "x1", "Jim Roe")])
    none = {name: table(name).empty() for name in ("contact_person", "contact_near")}
    with (
        connect() as con,
        pytest.raises(ContractError, match="lacks 2 contacts, for example AU-000001 xpm y1"),
    ):
        follow(con, {**frames, **none})
