"""Probabilities of pairs between lists where each record has at most one partner in each other list.

A pair's own odds say nothing of its rivals. The probability of a pair is its marginal in the distribution over
all one-to-one matchings, each weighed by the product of its pairs' odds, found by belief propagation (exact
where rivals form no ring, close elsewhere). The weight of a pair against none is
    overlap / (n · free · free'),
n being the records of the longer list and free, free' the shares of both lists that have no partner: where
almost every record has one, a pair without rivals is likelier than its odds alone say.
Sources: Sadinle, Bayesian Estimation of Bipartite Matchings for Record Linkage, JASA 112 (2017), for the prior;
Zdeborová and Mézard, The number of matchings in random graphs, J. Stat. Mech. (2006), for the recursion.
"""

import numpy as np
import polars as pl

from matching.model import Floats

_ROUNDS = 25
_LEAST_FREE = 0.03
"""No list is believed to have a partner for more than all but this share of its records."""
_SHRINK = 30.0
"""Records of belief in the model's overlap, against the overlap seen in a partition."""


def marginals(frame: pl.DataFrame, odds: Floats, left: pl.Expr, right: pl.Expr) -> Floats:
    """Probability of each pair of `frame`, in its order.

    frame: left_list, right_list; `left`, `right`: the client that each record stands for. Pairs of one client
    are no rivals of each other.
    """
    nodes = frame.select(
        edge=pl.struct(left.alias("a"), right.alias("b")).rank("dense") - 1,
        left=pl.struct(left.alias("a"), "right_list").rank("dense") - 1,
        right=pl.struct(right.alias("b"), "left_list").rank("dense") - 1,
    )
    if nodes.is_empty():
        return odds
    edge, of_left, of_right = (nodes[name].to_numpy().astype(np.int64) for name in ("edge", "left", "right"))
    total = np.bincount(edge, weights=odds)
    first = np.zeros(len(total), dtype=np.int64)
    first[edge] = np.arange(len(edge))
    free = _cavity(total, of_left[first], of_right[first])[edge]
    found: Floats = odds * free / (1 + odds * free)
    return found


def _cavity(odds: Floats, left: np.ndarray, right: np.ndarray) -> Floats:
    """For each edge: chance that neither end is taken by another edge."""
    of_left = of_right = np.ones(len(odds))
    for _ in range(_ROUNDS):
        sent = odds * of_right
        of_left = 1 / (1 + np.maximum(np.bincount(left, weights=sent)[left] - sent, 0))
        sent = odds * of_left
        of_right = 1 / (1 + np.maximum(np.bincount(right, weights=sent)[right] - sent, 0))
    both: Floats = of_left * of_right
    return both


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
