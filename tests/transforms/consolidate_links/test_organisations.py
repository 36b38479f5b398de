from functools import cache

import polars as pl
import pytest

from tests.transforms.consolidate_links.world import Row, cases, fates, run, run_each, world


def sources(clients: str, holders: str, access: str = "subscriber") -> list[Row]:
    """Rows of `source_client`; those in `holders` are connected to organisation o1."""
    held = {"organisation_id": "o1", "organisation_name": "Doe Ltd", "organisation_access": access}
    found = []
    for fate in fates(clients):
        record = {
            "product": fate["product"],
            "source_id": fate["source_id"],
            "name": f"Client {fate['source_id']}",
        }
        holds = f"{fate['product']}:{fate['source_id']}" in holders.split()
        found.append(record | (held if holds else {}))
    return found


def near(pair: str) -> list[Row]:
    ends = [end.split(":") for end in pair.split("~")]
    (left, right) = ends
    row = {"left_product": left[0], "left_id": left[1], "right_product": right[0], "right_id": right[1]}
    return [row | {"band": "near", "probability": 0.7, "decided_by": "model"}]


def decision(subject: str) -> list[Row]:
    product, _, source_id = subject.partition(":")
    none = {"product": None, "source_id": None}
    return [
        {
            "organisation_id": "o1",
            **(none if subject == "none" else {"product": product, "source_id": source_id}),
        }
    ]


@cache
def found_in_cases() -> dict[str, dict[str, pl.DataFrame]]:
    """Each case of the table as a practice of one batch."""
    return run_each(
        {
            case["case"]: world(
                case["clients"],
                source_client=sources(case["clients"], case["holders"]),
                match=near(case["near"]) if case["near"] else [],
                effective_organisation=decision(case["decision"]) if case["decision"] else [],
            )
            for case in cases("organisation_cases")
        }
    )


@pytest.mark.parametrize("case", cases("organisation_cases"), ids=lambda case: case["case"])
def test_where_an_organisation_ends(case: dict[str, str]) -> None:
    found = found_in_cases()[case["case"]]
    (link,) = found["organisation_link"].to_dicts()
    assert (link["state"], link["client_id"]) == (case["state"], case["client"] or None)
    assert case["reason"] in link["reason"]
    assert found["link_questions"]["kind"].to_list() == ["organisation"] * (case["state"] == "conflict")


def test_a_conflict_asks_once_without_blocking() -> None:
    clients = "hq:h1=survivor:c1 hq:h2=survivor:c2 hq:h3=merged:c1 tax:t1=survivor:c3"
    found = run(world(clients, source_client=sources(clients, "hq:h1 hq:h2 hq:h3 tax:t1")))
    (question,) = found["link_questions"].to_dicts()
    assert (question["left_id"], question["right_id"], question["organisation_id"]) == ("h1", "h2", "o1")
    assert question["blocking"] is False
    assert "3 clients" in question["why"]
    assert "Client h1" in question["why"]


def test_an_invited_practice_is_told() -> None:
    clients = "hq:h1=merged:c1 xpm:x1=survivor:c1"
    found = run(world(clients, source_client=sources(clients, "hq:h1", "invited")))
    assert found["organisation_link"]["state"].item() == "repointed"
    assert "only invited" in found["organisation_link"]["reason"].item()


def test_a_near_pair_counts_in_its_own_practice_only() -> None:
    clients = "hq:h1=archived:c1 hq:h7=archived:c7 xpm:x1=survivor:c2"
    here = world(clients, source_client=sources(clients, "hq:h7"), match=near("hq:h1~xpm:x1"))
    found = run_each({"here": here, "there": world("hq:h1=archived:c7")})
    assert found["here"]["organisation_link"]["state"].item() == "orphaned"
