"""A record that may be either of two clients is joined with neither, and is not counted twice."""

import math

import polars as pl
import pytest

from matching import Field, MatchSpec, link, silent
from matching.details import BIRTH
from matching.names import FAMILY, GIVEN
from matching.silent import log_odds
from tests.matching.people import families

COMPARISONS = [GIVEN, FAMILY, BIRTH]
OTHER = BIRTH.size - 1


def pairs(unsaid: int = 0, apart: int = OTHER, two: float = 1.0) -> pl.DataFrame:
    """Record 0 beside 1 and 2; level of the birth date between 0 and each, and between 1 and 2."""
    rows = [(0, 1, 3.0, 1, 1, unsaid), (0, 2, 2.0, 1, 1, unsaid), (1, 2, two, 1, 1, apart)]
    return pl.DataFrame(rows, schema=["l", "r", "log_odds", "c0", "c1", "c2"], orient="row")


def test_two_who_differ_share_the_odds_of_a_third_that_does_not_say() -> None:
    shared = log_odds(pairs(), COMPARISONS)
    assert shared[0] == pytest.approx(3.0 - math.log1p(math.exp(2.0)))
    assert shared[1] == pytest.approx(2.0 - math.log1p(math.exp(3.0)))
    assert shared[2] == 1.0


@pytest.mark.parametrize(
    "others",
    [
        pytest.param(pairs(unsaid=1), id="the third says which"),
        pytest.param(pairs(apart=1), id="the two do not differ"),
        pytest.param(pairs(two=9.0), id="the two are surely one"),
    ],
)
def test_nothing_is_shared(others: pl.DataFrame) -> None:
    assert log_odds(others, COMPARISONS).equals(others["log_odds"])


def test_odds_beyond_all_numbers_are_shared_too() -> None:
    far = pairs().with_columns(log_odds=pl.Series([900.0, 800.0, -1.0]))
    assert log_odds(far, COMPARISONS).to_list() == [100.0, -100.0, -1.0]


def test_rivals_are_the_same_record_by_record(monkeypatch: pytest.MonkeyPatch) -> None:
    many = pl.concat(
        [pairs().with_columns(pl.col("l", "r") + 3 * i, pl.col("log_odds") + i / 9) for i in range(5)]
    )
    together = log_odds(many, COMPARISONS)
    monkeypatch.setattr(silent, "_AT_ONCE", 3)
    assert log_odds(many, COMPARISONS).equals(together)
    assert together[12] == pytest.approx(3 + 4 / 9 - math.log1p(math.exp(2 + 4 / 9)))


def test_a_family_name_is_no_contradiction() -> None:
    """People marry."""
    married = pairs(unsaid=1, apart=1).with_columns(c1=pl.Series([0, 0, FAMILY.size - 1]).cast(pl.Int64))
    assert log_odds(married, COMPARISONS).equals(married["log_odds"])


def test_a_record_between_father_and_son_goes_to_neither() -> None:
    left, right = families(8)
    one = left.head(1).with_columns(
        given=pl.lit("Anselm"), family=pl.lit("Quimby"), address=pl.lit("4 Elm Rd")
    )
    two = pl.concat([one, one]).with_columns(
        id=pl.Series(["father", "son"]), born=pl.Series(["1951-02-03", "1984-11-27"])
    )
    third = one.with_columns(id=pl.lit("which"), born=pl.lit(None, pl.String))
    spec = MatchSpec(
        [Field("given", "given_name"), Field("family", "family_name"),
         Field("born", "date"), Field("address", "address")]
    )  # fmt: skip
    found = link(pl.concat([left, two]), pl.concat([right, third]), spec, "id")
    beside = found.filter(pl.col("right_id") == "which", pl.col("left_id").is_in(["father", "son"]))
    assert beside.height == 2
    assert not beside["is_match"].any()
    assert beside["probability"].is_between(0.3, 0.5).all()
