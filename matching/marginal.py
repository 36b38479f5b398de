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

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.assign import components, place
from matching.model import Floats

_ROUNDS = 20
_FAINT = 0.01
"""Odds below which a pair is nobody's rival."""
_WIDE = 5
"""Clients on the smaller side of a component up to which its assignments are summed."""
_LEAST_FREE = 0.03
"""No list is believed to have a partner for more than all but this share of its records."""
_SHRINK = 30.0
"""Records of belief in the model's overlap, against the overlap seen in a partition."""


def marginals(left: pl.Series, right: pl.Series, odds: pl.Series) -> pl.Series:
    """Probability of each pair (left[i], right[i]) of clients, each pair once, by the odds of all."""
    found = pl.Series("probability", _by_recursion(left, right, odds.to_numpy().astype(np.float64)))
    edges = pl.DataFrame({"a": left, "b": right, "best": odds, "probability": found})
    near = pl.arg_where(pl.col("best") >= _FAINT, eager=False)
    rows = edges.select(near).to_series()
    if rows.len():
        found = found.scatter(rows, _in_components(edges[rows]))
    return found


def _by_recursion(left: pl.Series, right: pl.Series, odds: Floats) -> Floats:
    """Probabilities by belief propagation, begun on either side, so that neither list counts for more."""
    of_left, of_right = ((side.rank("dense") - 1).cast(pl.Int64).to_numpy() for side in (left, right))
    found: Floats = (_propagated(odds, of_left, of_right) + _propagated(odds, of_right, of_left)) / 2
    # Among many strong rivals it need not settle; no record has more than one partner all the same.
    most = np.maximum(*(np.bincount(node, weights=found)[node] for node in (of_left, of_right)))
    shares: Floats = found / np.maximum(most, 1)
    return shares


def _propagated(odds: Floats, first: NDArray[np.int64], second: NDArray[np.int64]) -> Floats:
    first_free = second_free = np.ones(len(odds))
    for _ in range(_ROUNDS):
        first_free = _free(odds * second_free, first)
        second_free = _free(odds * first_free, second)
    taken = odds * first_free * second_free
    found: Floats = taken / (1 + taken)
    return found


def _free(claims: Floats, node: NDArray[np.int64]) -> Floats:
    """For each pair: chance that no other pair of its node takes it."""
    free: Floats = 1 / (1 + np.maximum(np.bincount(node, weights=claims)[node] - claims, 0))
    return free


def _in_components(edges: pl.DataFrame) -> Floats:
    """Probability of each edge over all one-to-one assignments of its component; of wide ones in full."""
    places = edges.select(pl.col("a", "b").rank("dense").cast(pl.Int64) - 1)
    a, b = places["a"].to_numpy(), places["b"].to_numpy()
    component = components(a, b + int(a.max()) + 1)
    frame = edges.with_columns(
        component=pl.Series(component), row=pl.int_range(pl.len()),
        i=pl.Series(place(component, a)), j=pl.Series(place(component, b)),
    ).with_columns(
        rows=pl.col("i").max().over("component") + 1, columns=pl.col("j").max().over("component") + 1
    )  # fmt: skip
    found: Floats = edges["probability"].to_numpy().astype(np.float64).copy()
    narrow = frame.filter(pl.min_horizontal("rows", "columns") <= _WIDE)
    for (rows, columns), group in narrow.group_by("rows", "columns", maintain_order=True):
        found[group["row"].to_numpy()] = _of_shape(group, int(str(rows)), int(str(columns)))
    return found


def _of_shape(group: pl.DataFrame, rows: int, columns: int) -> Floats:
    """Probabilities of the edges of components of one shape, worked out together."""
    number = group["component"].rank("dense").cast(pl.Int64).to_numpy() - 1
    i, j, odds = (group[c].to_numpy() for c in ("i", "j", "best"))
    if rows < columns:
        i, j, rows, columns = j, i, columns, rows
    weights = np.zeros((int(number.max()) + 1, rows, columns))
    weights[number, i, j] = odds
    share: Floats = _assignments(weights)[number, i, j]
    return share


def _assignments(weights: Floats) -> Floats:
    """Share of each cell in the summed weight of all partial one-to-one assignments.

    weights: components × rows × columns, few columns. Forward and backward over rows, by sets of columns.
    """
    count, rows, columns = weights.shape
    sets = 1 << columns
    before = np.zeros((rows + 1, sets, count))
    before[0, 0] = 1.0
    after = np.ones((rows + 1, sets, count))
    cells = [(s, j) for s in range(sets) for j in range(columns) if s >> j & 1]
    for i in range(rows):
        before[i + 1] = before[i]
        for s, j in cells:
            before[i + 1, s] += weights[:, i, j] * before[i, s ^ 1 << j]
    for i in reversed(range(rows)):
        after[i] = after[i + 1]
        for s, j in cells:
            after[i, s] += weights[:, i, j] * after[i + 1, s ^ 1 << j]
    share = np.zeros_like(weights)
    for i in range(rows):
        for s, j in cells:
            share[:, i, j] += weights[:, i, j] * before[i, (sets - 1) ^ s] * after[i + 1, s ^ 1 << j]
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
