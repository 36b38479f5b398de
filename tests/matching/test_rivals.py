"""Rivals, the overlap prior, namesakes and the promise, each against what it has to come to."""

import itertools
import math
import random

import polars as pl
import pytest

from matching.options import MatchOptions
from matching.overlap import with_overlap
from matching.promise import kept_promise, one_partner
from matching.rivals import SAME, connected, marginals

Edges = list[tuple[int, int, float]]


def candidates(edges: Edges, within: Edges = []) -> tuple[pl.DataFrame, pl.Series, pl.Series]:  # noqa: B006
    """Pairs of HQ (records below 10) and XPM with their log odds, and pairs inside XPM with their belief."""
    rows = [(a, b, 0, 1, False, odds, 0.0) for a, b, odds in edges]
    rows += [(a, b, 1, 1, True, 0.0, belief) for a, b, belief in within]
    names = ["l", "r", "left_list", "right_list", "within", "odds", "same"]
    frame = pl.DataFrame(sorted(rows), schema=names, orient="row")
    return frame, frame["odds"], frame["same"]


def found(edges: Edges, within: Edges = []) -> dict[tuple[int, int], float]:  # noqa: B006
    frame, odds, same = candidates(edges, within)
    probability = marginals(frame, odds, same, pl.repeat(False, frame.height, eager=True))
    keys = zip(frame["l"].to_list(), frame["r"].to_list(), strict=True)
    return dict(zip(keys, probability.to_list(), strict=True))


def by_counting(edges: Edges) -> dict[tuple[int, int], float]:
    """Share of each pair in the summed weight of all sets of pairs that use no record twice."""
    total, share = 0.0, dict.fromkeys([(a, b) for a, b, _ in edges], 0.0)
    for size in range(len(edges) + 1):
        for chosen in itertools.combinations(edges, size):
            if len({a for a, _, _ in chosen}) == size == len({b for _, b, _ in chosen}):
                weight = math.exp(sum(odds for _, _, odds in chosen))
                total += weight
                for a, b, _ in chosen:
                    share[a, b] += weight
    return {pair: weight / total for pair, weight in share.items()}


@pytest.mark.parametrize("seed", range(25))
def test_probabilities_are_shares_of_all_assignments(seed: int) -> None:
    dice = random.Random(seed)
    edges = [(a, 10 + b, dice.uniform(-3, 15)) for a in range(3) for b in range(3) if dice.random() < 0.8]
    assert found(edges) == pytest.approx(by_counting(edges), abs=1e-9)


@pytest.mark.parametrize("seed", range(25))
def test_what_is_known_of_twins_changes_only_what_is_connected_with_them(seed: int) -> None:
    dice = random.Random(seed)
    edges = [(a, 10 + b, dice.uniform(-3, 15)) for a in range(9) for b in range(12) if dice.random() < 0.15]
    twins = [(b, b + 1, dice.random()) for b in (10, 13, 16)]
    frame, odds, same = candidates(edges, twins)
    alone = pl.repeat(False, frame.height, eager=True)
    rows = connected(frame, frame["within"] & (same >= SAME))
    anew = marginals(frame[rows], odds[rows], same[rows], alone[rows])
    whole = marginals(frame, odds, same, alone)
    kept = marginals(frame, odds, same * 0, alone).scatter(rows, anew)
    assert kept.to_list() == pytest.approx(whole.to_list(), abs=1e-12)


def test_twins_that_no_other_list_knows_are_no_trouble() -> None:
    assert found([(0, 10, 5.0)], [(18, 19, 0.9)])[0, 10] == pytest.approx(by_counting([(0, 10, 5.0)])[0, 10])


def test_connected_are_the_rivals_of_the_twins_and_theirs_alone() -> None:
    edges = [(0, 10, 5.0), (0, 12, 5.0), (1, 12, 5.0), (2, 14, 5.0)]
    frame, _, same = candidates(edges, [(10, 11, 0.9), (14, 15, 0.1)])
    rows = connected(frame, frame["within"] & (same >= SAME))
    assert frame[rows].select("l", "r").rows() == [(0, 10), (0, 12), (1, 12), (10, 11)]


def test_a_rival_that_is_surely_somebody_else_counts_for_nothing() -> None:
    tied = found([(0, 10, 9.0), (0, 11, 9.0)])
    father_known = found([(0, 10, 9.0), (0, 11, 9.0), (1, 11, 30.0)])
    assert tied[0, 10] < 0.5
    assert father_known[0, 10] > 0.999


def test_two_records_of_one_client_are_no_rivals() -> None:
    edges = [(0, 10, 12.0), (0, 11, 10.0)]
    assert found(edges)[0, 10] < 0.9
    assert found(edges, [(10, 11, 0.9999)])[0, 10] > 0.999
    assert found(edges, [(10, 11, 0.6)])[0, 10] < 0.96


def test_the_overlap_of_the_lists_moves_the_prior() -> None:
    def prior(sure: int) -> float:
        rows = [("p", i, 100 + i, 0, 1, 100, 100, 30.0 if i < sure else -30.0, 0.0) for i in range(100)]
        names = ["practice_id", "l", "r", "left_list", "right_list", "left_size", "right_size"]
        frame = pl.DataFrame(rows, schema=[*names, "log_odds", "prior"], orient="row")
        moved = with_overlap(frame)
        assert (moved["log_odds"] - frame["log_odds"]).to_list() == pytest.approx(
            [moved["prior"][0] * math.log(2)] * 100
        )
        return float(moved["prior"][0])

    assert prior(95) > prior(50) + 4 > prior(10) + 4


def asked(probabilities: list[float], clients: int = 1000) -> pl.DataFrame:
    n = len(probabilities)
    columns = {
        "practice_id": ["p"] * n,
        "settled": probabilities,
        "left_list": [0] * n,
        "right_list": [2] * n,
    }
    return pl.DataFrame({**columns, "left_size": [clients] * n, "right_size": [10] * n})


def test_joins_stay_within_the_wrong_ones_promised() -> None:
    pairs = asked([0.992, 0.9999, 0.992, 0.991, 0.998])
    every = pl.repeat(True, pairs.height, eager=True)
    kept = kept_promise(pairs, every, MatchOptions(wrong_per_10000=0.1))
    assert kept.to_list() == [False, True, False, False, True]
    kept = kept_promise(pairs, every, MatchOptions(wrong_per_10000=0.2))
    assert kept.to_list() == [True, True, True, False, True]
    kept = kept_promise(pairs, every, MatchOptions(exact=0.995, wrong_per_10000=0.0))
    assert kept.to_list() == [False, True, False, False, True]
    assert kept_promise(pairs, every, MatchOptions(wrong_per_10000=0.0)).sum() == 0


@pytest.mark.parametrize(
    ("weights", "states", "chosen", "tied"),
    [
        ((9.0, 12.0), (0, 0), [False, True], [False, False]),
        ((9.0, 12.0), (0, 3), [True, False], [False, False]),
        ((12.0, 12.1), (0, 0), None, [True, True]),
    ],
)
def test_of_two_records_of_a_client_the_livelier_then_the_likelier(
    weights: tuple[float, float], states: tuple[int, int], chosen: list[bool] | None, tied: list[bool]
) -> None:
    rows = [(0, 10 + i, 0, 10 + i, 0, 1, weights[i], 0, states[i]) for i in range(2)]
    names = ["l", "r", "l_as", "r_as", "left_list", "right_list", "log_odds", "left_state", "right_state"]
    done = one_partner(pl.DataFrame(rows, schema=names, orient="row")).sort("r")
    assert done["tied"].to_list() == tied
    if chosen:
        assert done["chosen"].to_list() == chosen
