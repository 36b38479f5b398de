"""Marginals over one-to-one assignments in wide components, and the belief in partners."""

import math
import random

import numpy as np
import polars as pl
import pytest

from matching import Field, MatchSpec, link, marginal
from matching.marginal import marginals, unpaired
from matching.partners import partnered
from tests.matching.people import two_lists


@pytest.mark.parametrize("seed", range(10))
def test_in_wide_components_no_record_has_more_than_one_partner(seed: int) -> None:
    dice = random.Random(seed)
    pairs = [
        (a, b, math.exp(dice.uniform(-2, 12))) for a in range(12) for b in range(12) if dice.random() < 0.5
    ]
    frame = pl.DataFrame(pairs, schema=["l", "r", "odds"], orient="row")
    found = frame.with_columns(marginals(frame["l"], frame["r"], frame["odds"]))
    for side in ("l", "r"):
        assert found.group_by(side).agg(pl.col("probability").sum())["probability"].max() <= 1 + 1e-6  # type: ignore[operator]
    turned = marginals(frame["r"], frame["l"], frame["odds"])
    assert turned.to_list() == pytest.approx(found["probability"].to_list(), abs=1e-9)


def test_a_long_row_of_rivals_settles_to_the_sum_over_all_assignments() -> None:
    """A row of 17 records, each the rival of its neighbours: ends hear of each other many rounds later."""
    dice = random.Random(2)
    odds = {(i // 2 + i % 2, i // 2): math.exp(dice.uniform(1, 6)) for i in range(16)}
    odds |= {(12, 10): 2.0, (13, 10): 0.5}  # settles at once
    frame = pl.DataFrame([(*edge, x) for edge, x in odds.items()], schema=["l", "r", "odds"], orient="row")
    found = dict(zip(odds, marginals(frame["l"], frame["r"], frame["odds"]), strict=True))
    weights = np.zeros((1, 14, 11))
    for (i, j), x in odds.items():
        weights[0, i, j] = x
    exact = marginal._assignments(weights)[0]
    for (i, j), share in found.items():
        assert share == pytest.approx(exact[i, j], abs=1e-9)


def test_where_nearly_all_have_a_partner_a_pair_without_rivals_gains() -> None:
    sizes = pl.DataFrame({"part_no": [0, 0, 1, 1], "list": [0, 1, 0, 1], "n": [100, 200, 100, 100]})
    boosts = dict(unpaired(sizes, 0.9).select("part_no", "boost").rows())
    assert boosts[0] == pytest.approx(-math.log(1 - 0.9) - math.log(1 - 90 / 200))
    assert boosts[1] == pytest.approx(-2 * math.log(1 - 0.9))
    found = pl.DataFrame({"part_no": [0], "left_list": [0], "right_list": [1], "matches": [20.0]})
    assert dict(unpaired(sizes, 0.9, found).select("part_no", "boost").rows())[0] < boosts[0]


def test_a_partition_whose_list_holds_duplicates_gets_them_all() -> None:
    left, right = two_lists(400)
    right = right.with_columns(firm=pl.lit("double"))
    left = left.with_columns(firm=pl.lit("double"))
    single_left, single_right = (
        frame.with_columns(firm=pl.lit("single"), id="s" + pl.col("id")) for frame in (left, right)
    )
    again = right.with_columns(id="again" + pl.col("id"))
    kinds = {"given": "given_name", "family": "family_name", "born": "date", "post": "post_code"}
    spec = MatchSpec([Field(column, kind) for column, kind in kinds.items()], partition="firm")
    pairs = link(pl.concat([left, single_left]), pl.concat([right, again, single_right]), spec, "id")
    partners = pairs.filter("is_match").group_by("left_id").len()
    of_double = partners.filter(~pl.col("left_id").str.starts_with("s"))["len"]
    assert (of_double == 2).mean() > 0.9  # type: ignore[operator]
    assert partners.filter(pl.col("left_id").str.starts_with("s"))["len"].max() == 1


def test_a_pair_that_is_likelier_than_not_is_a_match_though_the_likeliest_assignment_has_another() -> None:
    """With the pair 0-0, four others may have partner 1: in sum more than what the pair 0-1 has alone."""
    odds = {(0, 0): 1.7, (0, 1): 2.5} | {(i, 1): 1.01 for i in range(1, 5)}
    edges = [(a, 10_000 + b, math.log(x)) for (a, b), x in odds.items()]
    pairs = pl.DataFrame(edges, schema=["l", "r", "log_odds"], orient="row")
    pairs = pairs.with_columns(part_no=0, left_list=0, right_list=1)
    frame = pl.DataFrame({"list": np.repeat([0, 1], 10_000)}).with_columns(part_no=pl.lit(0))
    found = partnered(pairs, frame, 0.0, np.arange(20_000))
    assert found["probability"][0] == pytest.approx(1.7 * 5.04 / (1.7 * 5.04 + 5.04 + 2.5), abs=0.01)
    assert found["is_match"].to_list() == [True, False, False, False, False, False]


def test_of_two_that_are_as_likely_as_not_one_is_chosen() -> None:
    pairs = pl.DataFrame({"l": [0, 0], "r": [1, 2], "log_odds": [90.0, 90.0]})
    pairs = pairs.with_columns(part_no=0, left_list=0, right_list=1)
    frame = pl.DataFrame({"list": [0, 1, 1], "part_no": [0, 0, 0]})
    found = partnered(pairs, frame, 0.9, np.arange(3))
    assert found["probability"].to_list() == [0.5, 0.5]
    assert found["is_match"].sum() == 1
