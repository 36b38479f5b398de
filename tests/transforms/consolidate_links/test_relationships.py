import datetime as dt
from functools import cache
from typing import Any

import polars as pl
import pytest

from tests.transforms.consolidate_links.world import Row, dropped, outcomes, run, run_each, unified, world

CLIENTS = "xpm:x1=survivor:c1 xpm:x1b=merged:c1 xpm:x2=survivor:c2 xpm:x3=archived:c3 xpm:x4=excluded"
YEAR = dt.date(2001, 1, 1)
Tables = dict[str, pl.DataFrame]


def tie(relationship: str, start: str, end: str, kind: str = "Director", **values: Any) -> Row:
    return {"UUID": relationship, "ClientUUID": start, "RelatedClientUUID": end, "Type": kind, **values}


LOST = [
    # start, end, the one that is lost, why
    ("x4", "x1", "x4", "excluded"),
    ("x1", "x4", "x4", "points to is excluded"),
    ("x9", "x9", "x9", "not among the clients"),
    ("x1", "x9", "x9", "points to is not among"),
    ("x1", "x1b", "x1", "became one client"),
]


@cache
def found_in_lost() -> dict[str, Tables]:
    ties = {f"{start} {end}": tie("r1", start, end) for start, end, *_ in LOST}
    return run_each({name: world(CLIENTS, xpm_relationships=[one]) for name, one in ties.items()})


@pytest.mark.parametrize(("start", "end", "lost", "reason"), LOST)
def test_an_end_that_cannot_follow_drops_it(start: str, end: str, lost: str, reason: str) -> None:
    found = found_in_lost()[f"{start} {end}"]
    assert outcomes(found, "relationship") == {"xpm:r1": "dropped"}
    assert reason in dropped(found, "relationship")["r1", lost]
    assert found["relationship"].height == 0


def test_both_ends_follow_also_to_archived_clients() -> None:
    found = run(world(CLIENTS, xpm_relationships=[tie("r1", "x1b", "x3", "Partner", Percentage=50.0)]))
    row = found["relationship"].row(0, named=True)
    assert (row["client_id"], row["type"], row["related_client_id"], row["percentage"]) == (
        "c1",
        "Partner",
        "c3",
        50,
    )


REPEATS: list[tuple[Row, Row, str | None]] = [
    # values of r1, of r2, which one repeats the other
    ({}, {}, "r2"),
    ({}, {"NumberOfShares": 10.0}, "r1"),
    ({"StartDate": YEAR}, {"StartDate": YEAR, "EndDate": YEAR}, "r1"),
    ({"NumberOfShares": 10.0}, {"NumberOfShares": 20.0}, None),
    ({"StartDate": YEAR}, {"EndDate": YEAR}, None),
    ({"Type": "Trustee"}, {}, None),
    ({"Type": "DIRECTOR"}, {}, "r2"),
]


@cache
def found_in_repeats() -> dict[str, Tables]:
    both = [[{**tie("r1", "x1", "x2"), **one}, {**tie("r2", "x1b", "x2"), **two}] for one, two, _ in REPEATS]
    return run_each({str(n): world(CLIENTS, xpm_relationships=ties) for n, ties in enumerate(both)})


@pytest.mark.parametrize("number", range(len(REPEATS)))
def test_only_what_says_nothing_more_repeats(number: int) -> None:
    found, repeating = found_in_repeats()[str(number)], REPEATS[number][2]
    merged = {key for key, outcome in outcomes(found, "relationship").items() if outcome == "merged"}
    assert merged == ({f"xpm:{repeating}"} if repeating else set())
    assert found["relationship"].height == 2 - len(merged)
    assert len(dropped(found, "relationship")) == len(merged)
    assert len(set(unified(found, "relationship").values())) == 2 - len(merged)


def test_chains_of_repeats_lead_to_the_published_one() -> None:
    ties = [
        tie("r1", "x1", "x2"),
        tie("r2", "x1", "x2", StartDate=YEAR),
        tie("r3", "x1", "x2", StartDate=YEAR, EndDate=YEAR),
    ]
    found = run(world(CLIENTS, xpm_relationships=ties))
    assert found["relationship"]["source_id"].to_list() == ["r3"]
    assert set(unified(found, "relationship").values()) == set(found["relationship"]["relationship_id"])


def test_the_same_relationship_in_another_practice_is_no_repeat() -> None:
    worlds = {name: world(CLIENTS, xpm_relationships=[tie(name, "x1", "x2")]) for name in ("r1", "r2")}
    found = run_each(worlds)
    assert [found[name]["relationship"]["source_id"].item() for name in worlds] == ["r1", "r2"]
