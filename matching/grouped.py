"""What clusters say of their pairs: the other records of two groups are evidence too."""

import polars as pl

_OWN = 0.3
"""Share in which a pair's own log odds count beside what the records around it say."""
_OTHERS = 2.5
"""Log odds that the others say: for pairs inside a cluster, and against pairs between two."""


def log_odds(pairs: pl.DataFrame, label: pl.Series) -> pl.Series:
    """Log odds of each pair (l, r, log_odds) in view of the clusters that were found; label: of each record.

    Two records that hardly agree are one client all the same where a third agrees with both, and two that
    agree well are two where all their fellows disagree. Where neither has fellows, the pair speaks alone.
    """
    size = label.to_frame("cluster").select(pl.len().over("cluster")).to_series()
    frame = pl.DataFrame({"own": pairs["log_odds"]}).with_columns(
        one=label.gather(pairs["l"]), other=label.gather(pairs["r"]),
        of_one=size.gather(pairs["l"]), of_other=size.gather(pairs["r"]),
    )  # fmt: skip
    together = pl.col("one") == pl.col("other")
    has_fellows = pl.max_horizontal("of_one", "of_other") > pl.when(together).then(2).otherwise(1)
    told = pl.max_horizontal("own", _OWN * pl.col("own") + _OTHERS, 0.0)
    told_apart = pl.min_horizontal("own", _OWN * pl.col("own") - _OTHERS)
    judged = pl.when(~has_fellows).then("own").when(together).then(told).otherwise(told_apart)
    return frame.select(judged.alias("log_odds")).to_series()
