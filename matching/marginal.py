"""Probabilities of pairs between lists where each record has at most one partner in each other list.

A pair's own odds say nothing of its rivals. The probability of a pair is its marginal in the distribution
over all one-to-one matchings, each weighed by the product of its pairs' odds: in small components of rivals
the sum over all of them, in others by belief propagation, which is exact where rivals form no ring.
The weight of a pair against none is
    overlap / (n · free · free'),
n being the records of the longer list and free, free' the shares of both lists that have no partner: where
almost every record has one, a pair without rivals is likelier than its odds alone say.
Sources: Sadinle, Bayesian Estimation of Bipartite Matchings for Record Linkage, JASA 112 (2017), for the
prior; Zdeborová and Mézard, The number of matchings in random graphs, J. Stat. Mech. (2006), for the
recursion.
"""

import math

import numpy as np
import polars as pl

from matching.assign import Shape, by_shape, components, without_rivals
from matching.buckets import Ints
from matching.model import Floats
from matching.parallel import over

_ROUNDS, _FIRST_ROUNDS = 20, 5
_FAINT = 0.01
"""Odds below which a pair is nobody's rival."""
_WIDE = 5
"""Clients on the smaller side of a component up to which its assignments are summed."""
_LEAST_FREE = 0.03
"""No list is believed to have a partner for more than all but this share of its records."""
FLOOR = 0.001
"""Pairs of a lower probability are left out."""
SURE = 0.95
"""Probability from which a partner is sure."""
LEAST = math.log(FLOOR) + 2 * math.log(_LEAST_FREE)
"""Log odds from which the belief in partners lifts no pair to `FLOOR`."""
LISTS = ("part_no", "left_list", "right_list")
"""Which two lists a pair is of."""
_SHRINK = 30.0
"""Records of belief in the model's overlap, against the overlap seen in a partition."""


def between_lists(pairs: pl.DataFrame, sizes: pl.DataFrame, overlap: float) -> pl.DataFrame:
    """The pairs that the belief in partners lifts to `FLOOR`, with probability, boost and lifted log_odds.

    pairs: l, r, log_odds and LISTS; sizes: part_no, list, n. How many have a partner is told by the likely
    pairs, and tells then how likely all are; `overlap` is believed before.
    """
    likely, expected = pl.col("log_odds") > math.log(FLOOR), None
    for some in (pairs.filter(likely), pairs):
        boosts = some.select(LISTS).join(
            unpaired(sizes, overlap, expected), on=LISTS, how="left", maintain_order="left"
        )
        found = some.with_columns(boosts["boost"], pl.col("log_odds") + boosts["boost"]).filter(likely)
        odds = found["log_odds"].clip(-60, 60).exp()
        found = found.with_columns(marginals(found["l"], found["r"], odds))
        expected = found.group_by(LISTS).agg(matches=pl.col("probability").sum())
    return found


def marginals(left: pl.Series, right: pl.Series, odds: pl.Series) -> pl.Series:
    """Probability of each pair (left[i], right[i]) of clients, each pair once, by the odds of all."""
    found = odds / (1 + odds)
    # Most pairs have no rival: their own odds are all there is.
    rows = (~without_rivals(left, right)).arg_true()
    if len(rows):
        found = found.scatter(rows, _among_rivals(*(some.gather(rows) for some in (left, right, odds))))
    return found.rename("probability")


def _among_rivals(left: pl.Series, right: pl.Series, odds: pl.Series) -> pl.Series:
    found = pl.Series("probability", _by_recursion(left, right, odds.to_numpy().astype(np.float64)))
    edges = pl.DataFrame({"a": left, "b": right, "best": odds, "probability": found})
    near = pl.arg_where(pl.col("best") >= _FAINT, eager=False)
    rows = edges.select(near).to_series()
    if rows.len():
        found = found.scatter(rows, _in_components(edges[rows]))
    return found


def _by_recursion(left: pl.Series, right: pl.Series, odds: Floats) -> Floats:
    """Probabilities by belief propagation, begun on either side, so that neither list counts for more."""
    if not len(odds):
        return odds
    of_left, of_right = ((side.rank("dense") - 1).cast(pl.Int64).to_numpy() for side in (left, right))
    component = components(of_left, of_right + int(of_left.max()) + 1)
    ways = (of_left, of_right), (of_right, of_left)
    there, back = over(lambda way: _propagated(odds, *way, component), ways)
    found: Floats = (there + back) / 2
    # Among many strong rivals it need not settle; no record has more than one partner all the same.
    most = np.maximum(*(np.bincount(node, weights=found)[node] for node in (of_left, of_right)))
    shares: Floats = found / np.maximum(most, 1)
    return shares


def _propagated(odds: Floats, first: Ints, second: Ints, component: Ints) -> Floats:
    free = np.ones((2, len(odds)))
    moved = np.arange(len(odds))
    # The later rounds are left to the few components that have not settled by then.
    for rounds in (_FIRST_ROUNDS, _ROUNDS - _FIRST_ROUNDS):
        some, here, there = odds[moved], first[moved], second[moved]
        one, other = free[:, moved]
        for _ in range(rounds):
            before = other
            one = _free(some * other, here)
            other = _free(some * one, there)
        free[:, moved] = one, other
        settling = np.bincount(component[moved], weights=other != before, minlength=component.max() + 1) > 0
        moved = moved[settling[component[moved]]]
    taken = odds * free[0] * free[1]
    found: Floats = taken / (1 + taken)
    return found


def _free(claims: Floats, node: Ints) -> Floats:
    """For each pair: chance that no other pair of its node takes it."""
    free: Floats = 1 / (1 + np.maximum(np.bincount(node, weights=claims)[node] - claims, 0))
    return free


def _in_components(edges: pl.DataFrame) -> Floats:
    """Probability of each edge over all one-to-one assignments of its component; of wide ones as it is."""
    a, b = (edges[side].rank("dense").cast(pl.Int64).to_numpy() for side in "ab")
    odds = edges["best"].to_numpy()
    found: Floats = edges["probability"].to_numpy().astype(np.float64).copy()
    for shape in by_shape(a, b + int(a.max())):
        if min(shape.rows, shape.columns) <= _WIDE:
            found[shape.at] = _of_shape(shape, odds[shape.at])
    return found


def _of_shape(shape: Shape, odds: Floats) -> Floats:
    """Probabilities of the edges of components of one shape, worked out together."""
    weights = shape.matrices(odds)
    share = (
        _assignments(weights)
        if shape.rows >= shape.columns
        else _assignments(weights.swapaxes(1, 2)).swapaxes(1, 2)
    )
    found: Floats = share[shape.number, shape.row, shape.column]
    return found


def _assignments(weights: Floats) -> Floats:
    """Share of each cell in the summed weight of all partial one-to-one assignments.

    weights: components × rows × columns, few columns. Forward and backward over rows, by sets of columns.
    """
    count, rows, columns = weights.shape
    sets = 1 << columns
    before = np.zeros((rows + 1, sets, count))
    before[0, 0] = 1.0
    after = np.ones((rows + 1, sets, count))
    # For each column the sets that hold it, and the same without it.
    taken = [np.flatnonzero(np.arange(sets) >> j & 1) for j in range(columns)]
    left = [held ^ 1 << j for j, held in enumerate(taken)]
    for i in range(rows):
        before[i + 1] = before[i]
        for j in range(columns):
            before[i + 1, taken[j]] += weights[:, i, j] * before[i, left[j]]
    for i in reversed(range(rows)):
        after[i] = after[i + 1]
        for j in range(columns):
            after[i, taken[j]] += weights[:, i, j] * after[i + 1, left[j]]
    share = np.zeros_like(weights)
    for i in range(rows):
        for j in range(columns):
            others = before[i, (sets - 1) ^ taken[j]] * after[i + 1, left[j]]
            share[:, i, j] = weights[:, i, j] * others.sum(axis=0)
    return np.asarray(share / after[0, sets - 1][:, None, None], dtype=np.float64)


def unpaired(sizes: pl.DataFrame, overlap: float, expected: pl.DataFrame | None = None) -> pl.DataFrame:
    """Table part_no, left_list, right_list, boost: log of 1 / (free · free') of each pair of lists.

    sizes: part_no, list, n; `expected`: part_no, left_list, right_list, matches found so far, where known.
    """
    pairs = sizes.rename({"list": "left_list", "n": "of_left"}).join(
        sizes.rename({"list": "right_list", "n": "of_right"}), on="part_no"
    )
    pairs = pairs.filter(pl.col("left_list") < pl.col("right_list"))
    shorter = pl.min_horizontal("of_left", "of_right")
    if expected is None:
        matches = overlap * shorter
    else:
        pairs = pairs.join(expected, on=["part_no", "left_list", "right_list"], how="left")
        seen = pl.col("matches").fill_null(0.0)
        matches = shorter * (seen + _SHRINK * overlap) / (shorter + _SHRINK)
    free = [1 - matches / pl.col(side) for side in ("of_left", "of_right")]
    return pairs.select(
        "part_no",
        "left_list",
        "right_list",
        boost=-pl.sum_horizontal(share.clip(_LEAST_FREE, 1.0).log() for share in free),
    )
