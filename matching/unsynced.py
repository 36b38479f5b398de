"""What it tells that the old client sync left a pair out.

A practice that used the sync has links for most of its clients that are in both lists. Two records that no
link names are then less likely one client: of one client the sync would have left out a share 1 - s, of two
clients that have no partner it left out all. How much, the practice's own likely pairs tell.
"""

import polars as pl

from matching.comparison import Comparison
from matching.score import BITS

_LIKELY = 3.0
"""Log odds from which a pair counts as one that the sync could have found."""
_BELIEF = 20.0
"""Pairs of belief that a practice never used the sync."""
_MOST = 0.9
"""Share of pairs linked beyond which nothing more is read from it: the sync ended before the snapshot."""


def with_unsynced(pairs: pl.DataFrame, comparisons: list[Comparison]) -> pl.DataFrame:
    """Pairs with column unsynced (bits, 0 or less) taken into log_odds.

    pairs: practice_id, left_list, right_list, log_odds, and the levels of the comparisons. Only pairs of HQ
    and XPM of which neither record has a link lose anything.
    """
    level = next((f"c{k}" for k, c in enumerate(comparisons) if c.name == "sync_link"), None)
    if level is None:
        return pairs.with_columns(unsynced=pl.lit(0.0))
    between = (pl.col("left_list") == 0) & (pl.col("right_list") == 1)
    likely = pairs.filter(between & (pl.col("log_odds") > _LIKELY))
    linked = ((pl.col(level) == 1).sum() / (pl.len() + _BELIEF)).clip(upper_bound=_MOST)
    share = likely.group_by("practice_id").agg(linked.alias("linked"))
    of_pair = pairs.select("practice_id").join(share, on="practice_id", how="left", maintain_order="left")
    left_out = pl.when(between & (pl.col(level) == 0)).then((1 - pl.col("linked")).log()).fill_null(0.0)
    pairs = pairs.with_columns(of_pair["linked"]).with_columns(unsynced=left_out * BITS)
    return pairs.with_columns(log_odds=pl.col("log_odds") + pl.col("unsynced") / BITS).drop("linked")
