"""How far the lists of a practice overlap, and what that tells of each pair.

Where nearly all clients of one list are in the other, two records of one name are hardly ever father and son
of whom each list holds only one. Where few are, that is likelier. A pair stands against "neither has a
partner", so its prior odds are N / ((a - N) (b - N)) for lists of a and b records of which N are in both: the
density at which that many one-to-one pairs are expected.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.model import Floats
from matching.score import BITS
from transforms.normalise.lists import coded

_ROUNDS = 3
BELIEF = 30.0
"""Records of belief in the usual overlap, against what the practice shows."""
USUAL = 0.7
_ALONE = 0.03
"""Least share of a list without a partner: some always are new, or twice in it."""


def with_overlap(pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs of HQ and XPM with log_odds and prior as the overlap of their practice's lists has it.

    pairs: practice_id, l, r, left_list, right_list, left_size, right_size (records of each list), log_odds,
    prior (bits). Other pairs stay as they are.
    """
    between = (pl.col("left_list") == 0) & (pl.col("right_list") == 1)
    rows = pairs.select(pl.arg_where(between)).to_series()
    if rows.is_empty():
        return pairs
    likelihood = pl.col("log_odds") - pl.col("prior") / BITS
    base = pairs.select("practice_id", "l", "r", "left_size", "right_size", likelihood=likelihood)[rows]
    base = base.with_columns(practice=coded(base["practice_id"])[0])
    sides = [_Side.of(base[side], base["practice"]) for side in "lr"]
    practice = base.unique("practice", keep="first", maintain_order=True).select("left_size", "right_size")
    practice = practice.with_columns(_density(pl.lit(USUAL)))
    for _ in range(_ROUNDS):
        found = pl.col("likelihood") + practice["density"].gather(base["practice"])
        odds = base.select(found.clip(-60, 60).exp()).to_series().to_numpy()
        matched = pl.min_horizontal(*(side.matched(odds) for side in sides))
        smaller = pl.min_horizontal("left_size", "right_size")
        practice = practice.with_columns(_density((matched + BELIEF * USUAL) / (smaller + BELIEF)))
    prior = pairs["prior"].scatter(rows, practice["density"].gather(base["practice"]) * BITS)
    return pairs.with_columns(log_odds=pl.col("log_odds") + (prior - pl.col("prior")) / BITS, prior=prior)


def _density(share: pl.Expr) -> pl.Expr:
    """Log prior odds of a pair where `share` of the shorter list has a partner."""
    left, right = pl.col("left_size").cast(pl.Float64), pl.col("right_size").cast(pl.Float64)
    matched = share * pl.min_horizontal(left, right)
    alone = [(size - matched).clip(lower_bound=0.3 + _ALONE * size) for size in (left, right)]
    return (matched / (alone[0] * alone[1])).log().alias("density")


@dataclass(frozen=True)
class _Side:
    """The records of one list that have pairs, numbered in the order of these."""

    record: NDArray[np.int64]
    """Record of each pair."""
    practice: pl.Series
    """Practice of each record."""

    @classmethod
    def of(cls, rid: pl.Series, practice: pl.Series) -> "_Side":
        record = rid.rank("dense").to_numpy().astype(np.int64) - 1
        first = rid.is_first_distinct()
        # Records by their first pair, so that sums run in this order.
        number = np.empty(len(rid.filter(first)), np.int64)
        number[record[first.to_numpy()]] = np.arange(number.size)
        return cls(number[record], practice.filter(first).alias("practice"))

    def matched(self, odds: Floats) -> pl.Series:
        """Records of each practice expected to have a partner; odds: of each pair."""
        of_record = np.bincount(self.record, weights=odds)
        found = self.practice.to_frame().with_columns(share=pl.Series(of_record / (1 + of_record)))
        return found.group_by("practice", maintain_order=True).agg(pl.col("share").sum())["share"]
