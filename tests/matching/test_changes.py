"""What another model would change: bands, evidence under both, weights."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl
import pytest

from matching.changes import band_changes, completed, weight_changes
from matching.model import Model, Stratum, load
from matching.options import DEFAULT_MODEL, MatchOptions
from tests.matching.test_clients import JOHN, frames, record

SHIPPED = load(DEFAULT_MODEL)


def test_the_shipped_model_takes_no_relatives_for_matches() -> None:
    for kind in ("person", "organisation"):
        found = SHIPPED.strata[kind]
        assert 0.5 < found.overlap < 0.99
        assert found.duplicates < 0.05
        assert found.relatives <= 1


def _other(change: Callable[[Stratum], Stratum]) -> Model:
    return replace(SHIPPED, strata={name: change(s) for name, s in SHIPPED.strata.items()})


def _blind(stratum: Stratum) -> Stratum:
    """A birth date, e-mail or phone tells nothing."""
    flat = {name: stratum.u[name] for name in ("date_of_birth", "email", "phone")}
    return replace(stratum, m=stratum.m | flat, r=stratum.r | flat)


@pytest.fixture
def blind(tmp_path: Path) -> MatchOptions:
    _other(_blind).save(tmp_path / "model.json")
    return MatchOptions(model=tmp_path / "model.json")


def test_the_same_model_changes_nothing(con: duckdb.DuckDBPyConnection) -> None:
    world = frames(record("hq", "a", JOHN), record("xpm", "b", JOHN))
    assert band_changes(con, world, MatchOptions(), MatchOptions()).height == 0
    assert (
        weight_changes(SHIPPED, SHIPPED)["change"].to_list()
        == [0.0] * weight_changes(SHIPPED, SHIPPED).height
    )


def test_a_pair_that_changes_is_shown_under_both_models(
    con: duckdb.DuckDBPyConnection, blind: MatchOptions
) -> None:
    world = frames(record("hq", "a", JOHN), record("xpm", "b", JOHN))
    [lost] = band_changes(con, world, MatchOptions(), blind).rows(named=True)
    assert (lost["kind"], lost["left_id"], lost["right_id"]) == ("no longer joined", "a", "b")
    assert lost["probability_before"] > lost["probability_after"]
    assert lost["shift"] < 0
    before, after = (json.loads(lost[f"evidence_{side}"]) for side in ("before", "after"))
    assert [e["comparison"] for e in before] == [e["comparison"] for e in after]
    bits = {e["comparison"]: e["bits"] for e in after}
    assert (bits["email"], bits["phone"]) == (0, 0)
    [won] = band_changes(con, world, blind, MatchOptions()).rows(named=True)
    assert (won["kind"], won["band_before"], won["band_after"]) == (
        "joined",
        lost["band_after"],
        lost["band_before"],
    )
    assert won["shift"] == -lost["shift"]


def test_a_question_more_is_newly_asked(con: duckdb.DuckDBPyConnection) -> None:
    names = "given_name=john;family_name=smith"
    world = frames(record("hq", "a", names), record("xpm", "b", names))
    strict, lax = MatchOptions(near=0.9979), MatchOptions()
    for before, after, kind in ((strict, lax, "newly asked"), (lax, strict, "no longer asked")):
        found = band_changes(con, world, before, after).filter(pl.col("left_id") == "a")
        assert found["kind"].to_list() == [kind]


def test_weights_that_moved() -> None:
    moved = weight_changes(SHIPPED, _other(_blind)).filter(pl.col("change").abs() > 1e-9)
    assert set(moved["comparison"]) == {"date_of_birth", "email", "phone"}
    assert moved["after"].abs().max() == 0
    assert "same date" in moved["level"].to_list()


def test_what_the_landing_does_not_hold_is_kept_from_the_model_in_use() -> None:
    def without(stratum: Stratum) -> Stratum:
        m, r, u = (
            {k: v for k, v in part.items() if k != "email"} for part in (stratum.m, stratum.r, stratum.u)
        )
        return replace(stratum, m=m, r=r, u=u)

    poor = replace(_other(without), levels={}, note="new")
    poor = replace(poor, strata={"person": replace(poor.strata["person"], overlap=0.123)})
    whole = completed(poor, SHIPPED)
    assert whole.strata["person"].m["email"] == SHIPPED.strata["person"].m["email"]
    assert whole.strata["person"].overlap == 0.123
    assert whole.strata["other"] == SHIPPED.strata["other"]
    assert (whole.note, whole.levels) == ("new", SHIPPED.levels)
