import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from expectations.contracts import table
from expectations.errors import UsageError
from matching.contacts import MODEL, match_contacts
from tests.factories import rows
from transforms.sql import connect

CASES = list(csv.DictReader((Path(__file__).parent / "contact_cases.csv").read_text("utf-8").splitlines()))
GIVEN = ("Alice", "Brian", "Carol", "Derek", "Edith", "Frank", "Grace", "Henry", "Irene", "Karl")
FAMILY = ("Abbot", "Baker", "Carver", "Draper", "Elder", "Fisher", "Glover", "Hunter")
Row = dict[str, Any]


def hq(contact: str, client: str, name: str | None, **values: Any) -> Row:
    return {"hq_contact_id": contact, "hq_client_id": client, "name": name, **values}


def xpm(contact: str, client: str, name: str | None, **values: Any) -> Row:
    return {"UUID": contact, "ClientUUID": client, "Name": name, **values}


def others() -> list[Row]:
    """Contacts enough that two of one name are no wonder and no certainty."""
    names = [f"{given} {family}" for family in FAMILY for given in GIVEN]
    return [hq(f"o{n}", f"c{n}", name, email=f"o{n}@other.example") for n, name in enumerate(names)]


def world(
    in_hq: list[Row], in_xpm: list[Row], practice: str = "AU-1", twins: bool = False
) -> dict[str, pl.DataFrame]:
    """Frames of one practice; `twins`: client h1 of HQ is x1 of Practice Manager."""
    exact = {"left_product": "hq", "left_id": "h1", "right_product": "xpm", "right_id": "x1", "band": "exact"}
    tables = {
        "practices": [{"region": "AU", "email": "office@firm.example", "phone": "02 5550 1000"}],
        "hq_contacts": in_hq,
        "xpm_contacts": in_xpm,
        "match": [exact] if twins else [],
    }
    frames = {name: rows(name, *given) if given else table(name).empty() for name, given in tables.items()}
    return {name: frame.with_columns(practice_id=pl.lit(practice)) for name, frame in frames.items()}


def matched(frames: dict[str, pl.DataFrame], threads: int = 1) -> dict[str, pl.DataFrame]:
    with connect(threads=threads) as con:
        return match_contacts(con, frames)


def found(frames: dict[str, pl.DataFrame]) -> tuple[dict[str, int], set[frozenset[str]]]:
    """Person of each contact, and the pairs of contacts whose persons may be one."""
    tables = matched(frames)
    person = dict(tables["contact_person"].select("source_id", "person").iter_rows())
    near = tables["contact_near"].select("left_person", "right_person").rows()
    asked = {
        frozenset((a, b)) for a in person for b in person if tuple(sorted((person[a], person[b]))) in near
    }
    return person, asked


def split(text: str) -> list[str | None]:
    return [value or None for value in text.split("|")]


@cache
def ends() -> dict[str, str]:
    """Case → joined, asked or apart; each is a practice of one batch."""
    worlds = []
    for case in CASES:
        name, email, phone, mobile = split(case["left"])
        left = hq("a", "h1", name, email=email, phone=phone, mobile=mobile)
        name, email, phone, mobile = split(case["right"])
        right = xpm("b", "x1", name, Email=email, Phone=phone, Mobile=mobile)
        one_client = case["one client"] == "yes"
        worlds.append(world([left, *others()], [right], case["case"], twins=one_client))
    tables = matched({name: pl.concat([w[name] for w in worlds]) for name in worlds[0]})
    made = {}
    for case in CASES:
        persons = tables["contact_person"].filter(practice_id=case["case"])
        a, b = (persons.filter(source_id=contact)["person"].item() for contact in "ab")
        near = tables["contact_near"].filter(practice_id=case["case"]).height
        made[case["case"]] = "joined" if a == b else "asked" if near else "apart"
    return made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_cases(case: Row) -> None:
    assert ends()[case["case"]] == case["expected"]


def test_an_initial_that_fits_two_people_joins_neither() -> None:
    reach = {"email": "family@doe.example", "phone": "02 9374 4000"}
    couple = [hq("jane", "h1", "Jane Doe", **reach), hq("john", "h1", "John Doe", **reach)]
    initial = xpm("j", "x1", "J Doe", Email=reach["email"], Phone=reach["phone"])
    person, asked = found(world([*couple, *others()], [initial], twins=True))
    assert len({person["jane"], person["john"], person["j"]}) == 3
    assert {frozenset(("jane", "j")), frozenset(("john", "j"))} <= asked
    person, _ = found(world([couple[0], *others()], [initial], twins=True))
    assert person["jane"] == person["j"]


def test_agreeing_contacts_chain() -> None:
    people = [
        xpm("y1", "x1", "Jane Doe", Email="a@doe.example"),
        xpm("y2", "x2", "Jane Doe", Email="a@doe.example", Mobile="0412 345 678"),
        xpm("y3", "x3", "Jane Doe", Mobile="0412345678"),
        xpm("y4", "x3", "Jim Roe", Mobile="0412345678"),
    ]
    person, _ = found(world(others(), people))
    assert person["y1"] == person["y2"] == person["y3"] != person["y4"]


def test_deleted_contacts_are_nobody_and_the_clue_says_what_ties() -> None:
    gone = xpm("gone", "x1", "Jane Doe", Email="j@doe.example", IsDeleted=True)
    rest = [hq("a", "h1", "William Doe", email="j@doe.example"), *others()]
    tables = matched(world(rest, [gone, xpm("b", "x1", "Bill Doe", Email="j@doe.example")], twins=True))
    persons = tables["contact_person"]
    assert "gone" not in persons["source_id"].to_list()
    clue = "nickname of the other given name, same family name, same e-mail, held by no other, on one client"
    assert persons.filter(source_id="b")["clue"].item() == clue


def test_nothing_depends_on_row_order_threads_or_company() -> None:
    people = [hq(f"k{n}", f"h{n}", "Jane Doe", email="j@doe.example" if n % 2 else None) for n in range(6)]
    one = world([*people, *others()], [xpm("y1", "x1", "Jane Doe")], "AU-1", twins=True)
    two = {n: f.with_columns(practice_id=pl.lit("AU-0")) for n, f in one.items()}
    base = matched(one)
    shuffled = matched({n: f.sample(fraction=1.0, shuffle=True, seed=3) for n, f in one.items()}, threads=2)
    assert all(base[name].equals(shuffled[name]) for name in base)
    fleet = matched({n: pl.concat([two[n], one[n]]) for n in one})
    company = fleet["contact_person"].filter(practice_id="AU-1")
    shift = company["person"][0] - base["contact_person"]["person"][0]
    numbers = base["contact_person"].with_columns(pl.col("person", "record") + shift)
    assert company.equals(numbers)
    near = fleet["contact_near"].filter(practice_id="AU-1").with_columns(pl.col("^.*_person$") - shift)
    assert near.equals(base["contact_near"])


def test_no_contacts() -> None:
    assert {name: frame.height for name, frame in matched(world([], [])).items()} == {
        "contact_person": 0,
        "contact_near": 0,
    }


def test_a_model_of_other_comparisons_is_refused(tmp_path: Path) -> None:
    raw = json.loads(MODEL.read_text("utf-8"))
    del raw["levels"]["given_name"]
    (tmp_path / "model.json").write_text(json.dumps(raw), "utf-8")
    with connect() as con, pytest.raises(UsageError, match="the model knows no comparison given_name"):
        match_contacts(con, world(others(), []), tmp_path / "model.json")
