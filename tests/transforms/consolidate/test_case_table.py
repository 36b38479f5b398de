"""Every policy with every kind of client, from landed files to the published store: `case_table.csv`.

A line is one practice; all run together. The last columns say what the contract promises of it: `clients`
what each record became (`pending` for all where it is not published), `organisations` state and client of
each link, `questions` (`!` blocks), `warnings` those of the policy, `rejected` decisions that do not count.
"""

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from flows.config import load_settings
from flows.night import new_request
from flows.progress import PlainProgress
from flows.run import run
from tests.transforms.consolidate.case_landing import landing, practice_id
from tests.transforms.consolidate.laws import Tables, was_simulated
from transforms.store import open_store

_TABLE = (Path(__file__).parent / "case_table.csv").read_text(encoding="utf-8")
CASES = list(csv.DictReader(_TABLE.splitlines()))
_READ = (
    *("crosswalk", "unified_client", "organisation_link", "review_item", "policy_simulation"),
    *("practice_status", "rejected_decision", "field_value", "dropped_link", "validation_failure"),
)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    """The tables of the store after one run of all cases."""
    root = tmp_path_factory.mktemp("cases")
    landing(CASES, root / "landing")
    settings = load_settings(landing=str(root / "landing"), store=str(root / "store"))
    run(settings, new_request(dt.date(2024, 1, 15)), PlainProgress())
    with open_store(root / "store", read_only=True) as store:
        yield {name: store.read(f"select * from {name}") for name in _READ}


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{c['case']}-{c['policy']}" for c in CASES])
def test_a_case_ends_as_its_line_says(fleet: Tables, number: int) -> None:
    case = CASES[number]
    found = {name: frame.filter(practice_id=practice_id(number)) for name, frame in fleet.items()}
    promised = ("clients", "organisations", "questions", "warnings", "status", "rejected")
    assert _told(found) == {name: case[name] for name in promised}


def test_what_is_published_is_what_was_simulated(fleet: Tables) -> None:
    assert fleet["validation_failure"].rows() == []
    published = fleet["practice_status"].filter(outcome="published")
    for own_id, policy in published.select("practice_id", "policy").iter_rows():
        was_simulated({name: frame.filter(practice_id=own_id) for name, frame in fleet.items()}, policy)


@pytest.mark.parametrize(
    ("acknowledged", "warnings", "note"),
    [
        ("+drops_working_clients", "drops_working_clients", "Acknowledged: drops_working_clients."),
        (
            "+drops_working_clients",
            "drops_working_clients orphans_organisations",
            "Warnings: orphans_organisations. Acknowledged: drops_working_clients.",
        ),
        ("", "keeps_duplicates", "Warnings: keeps_duplicates."),
    ],
)
def test_acknowledged_warnings_are_told_apart(
    fleet: Tables, acknowledged: str, warnings: str, note: str
) -> None:
    ids = [
        practice_id(number)
        for number, case in enumerate(CASES)
        if case["policy"].endswith(acknowledged) and case["warnings"] == warnings
    ]
    published = fleet["practice_status"].filter(pl.col("practice_id").is_in(ids), outcome="published")
    assert published.height
    assert published["reason"].str.contains(f". {note}", literal=True).all()


def _told(found: Tables) -> dict[str, str]:
    status = found["practice_status"].row(0, named=True)
    chosen = found["policy_simulation"].filter(policy=status["policy"] or "")
    asked = found["review_item"].select(
        pl.format("{}{}", "kind", pl.when("blocking").then(pl.lit("!")).otherwise(pl.lit("")))
    )
    return {
        "clients": _clients(found),
        "organisations": _organisations(found),
        "questions": " ".join(asked.to_series().sort()),
        "warnings": " ".join(sorted(chosen["reasons"].explode().drop_nulls())),
        "status": f"{status['step']} {status['outcome']}",
        "rejected": " ".join(found["rejected_decision"]["decision"].sort()),
    }


def _clients(found: Tables) -> str:
    lines = found["crosswalk"].filter(entity="client")
    if set(lines["outcome"]) == {"pending"}:
        return "pending"
    stands = _standing(found)
    state = dict(found["unified_client"].select("client_id", "state").iter_rows())
    told = []
    for source_id, outcome, unified in lines.select("source_id", "outcome", "unified_id").iter_rows():
        if outcome == "merged":
            told.append(f"{source_id} merged {stands[unified]}")
        elif outcome == "survivor" and state[unified] == "archived":
            told.append(f"{source_id} survivor(archived)")
        else:
            told.append(f"{source_id} {outcome}")
        assert (unified is None) == (outcome == "excluded")
        assert outcome != "archived" or state[unified] == "archived"
    return "; ".join(sorted(told))


def _standing(found: Tables) -> dict[str, str]:
    """Unified client → the record that it stands on."""
    lines = found["crosswalk"].filter(pl.col("outcome").is_in(["survivor", "archived"]), entity="client")
    return dict(lines.select("unified_id", "source_id").iter_rows())


def _organisations(found: Tables) -> str:
    stands = _standing(found) | {None: ""}
    links = found["organisation_link"].sort("organisation_id").to_dicts()
    told = [
        f"{link['organisation_id']} {link['state']} "
        + ("none" if link["state"] == "confirmed" and not link["client_id"] else stands[link["client_id"]])
        for link in links
    ]
    return "; ".join(line.strip() for line in told)
