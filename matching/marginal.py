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
from numpy.typing import NDArray

from matching.model import Floats

_ROUNDS = 25
_LEAST_FREE = 0.03
"""No list is believed to have a partner for more than all but this share of its records."""
_SHRINK = 30.0
"""Records of belief in the model's overlap, against the overlap seen in a partition."""


def marginals(left: pl.Series, right: pl.Series, odds: pl.Series) -> pl.Series:
    """Probability of each pair (left[i], right[i]) of clients, each pair once, by the odds of all."""
    of_left, of_right = ((side.rank("dense") - 1).cast(pl.Int64).to_numpy() for side in (left, right))
    weight = odds.to_numpy().astype(np.float64)
    left_free = right_free = np.ones(len(weight))
    for _ in range(_ROUNDS):
        left_free = _free(weight * right_free, of_left)
        right_free = _free(weight * left_free, of_right)
    taken = weight * left_free * right_free
    return pl.Series("probability", taken / (1 + taken))


def _free(claims: Floats, node: NDArray[np.int64]) -> Floats:
    """For each pair: chance that no other pair of its node takes it."""
    free: Floats = 1 / (1 + np.maximum(np.bincount(node, weights=claims)[node] - claims, 0))
    return free


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
