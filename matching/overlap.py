"""How far the lists of a practice overlap, and what that tells of each pair.

Where nearly all clients of one list are in the other, two records of one name are hardly ever father and son
of whom each list holds only one. Where few are, that is likelier. A pair stands against "neither has a
partner", so its prior odds are N / ((a - N) (b - N)) for lists of a and b records of which N are in both: the
density at which that many one-to-one pairs are expected.
"""

import polars as pl

from matching.score import BITS

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
    likelihood = pl.col("log_odds") - pl.col("prior") / BITS
    base = pairs.filter(between).select(
        "practice_id", "l", "r", "left_size", "right_size", likelihood=likelihood
    )
    if base.is_empty():
        return pairs
    practice = base.group_by("practice_id", maintain_order=True).agg(
        pl.col("left_size").first(), pl.col("right_size").first()
    )
    practice = practice.with_columns(_density(pl.lit(USUAL)))
    for _ in range(_ROUNDS):
        found = _matched(base.join(practice.select("practice_id", "density"), on="practice_id"))
        practice = practice.join(found, on="practice_id", how="left", maintain_order="left")
        smaller = pl.min_horizontal("left_size", "right_size")
        share = (pl.col("matched") + BELIEF * USUAL) / (smaller + BELIEF)
        practice = practice.with_columns(_density(share)).drop("matched")
    of_pair = pairs.select("practice_id").join(
        practice.select("practice_id", "density"), on="practice_id", how="left", maintain_order="left"
    )
    prior = (
        pl.when(between & pl.col("density").is_not_null()).then(pl.col("density") * BITS).otherwise("prior")
    )
    return (
        pairs.with_columns(of_pair["density"])
        .with_columns(log_odds=pl.col("log_odds") + (prior - pl.col("prior")) / BITS, prior=prior)
        .drop("density")
    )


def _density(share: pl.Expr) -> pl.Expr:
    """Log prior odds of a pair where `share` of the shorter list has a partner."""
    left, right = pl.col("left_size").cast(pl.Float64), pl.col("right_size").cast(pl.Float64)
    matched = share * pl.min_horizontal(left, right)
    alone = [(size - matched).clip(lower_bound=0.3 + _ALONE * size) for size in (left, right)]
    return (matched / (alone[0] * alone[1])).log().alias("density")


def _matched(base: pl.DataFrame) -> pl.DataFrame:
    """practice_id, matched: clients of the one list expected in the other, the fewer of both ways."""
    odds = (pl.col("likelihood") + pl.col("density")).clip(-60, 60).exp()
    sides = []
    for side in ("l", "r"):
        of_record = base.group_by("practice_id", side, maintain_order=True).agg(odds.sum().alias("odds"))
        share = (pl.col("odds") / (1 + pl.col("odds"))).sum().alias(f"by_{side}")
        sides.append(of_record.group_by("practice_id", maintain_order=True).agg(share))
    both = sides[0].join(sides[1], on="practice_id")
    return both.select("practice_id", matched=pl.min_horizontal("by_l", "by_r"))
