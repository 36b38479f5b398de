"""Records that are silent about what tells two others apart."""

import math

import polars as pl

from matching.comparison import Comparison

_SURE = math.log(0.99 / 0.01)
"""Log odds from which two records are one client, whatever they differ in."""
_COUNTS = -2.0
"""Log odds from which another claim is worth a look."""


def log_odds(pairs: pl.DataFrame, comparisons: list[Comparison]) -> pl.Series:
    """Log odds of each pair, where a record that may be either of two clients shares its odds between them.

    Two John Smiths of one address have two birth dates; a third John Smith of that address without one agrees
    with both, and is one of them at most. The odds of a pair are divided by one and those of the likeliest
    rival: half for each of two who agree as well, which leaves the decision to a person.

    pairs: l, r, log_odds and the levels c0 … of every pair that was compared, inside lists too; a row each.
    """
    ends = pl.concat([_seen_from(pairs, "l", "r"), _seen_from(pairs, "r", "l")])
    likely = ends.filter(pl.col("log_odds") >= _COUNTS)
    rivals = []
    for k, comparison in enumerate(comparisons):
        if comparison.firm or comparison.apart:
            silent = likely.filter(pl.col(f"c{k}") == 0).select("record", "partner", "log_odds")
            apart = (pl.col(f"c{k}") == comparison.size - 1) & (pl.col("log_odds") < _SURE)
            two = ends.filter(apart).select(partner="record", rival="partner")
            claims = silent.select("record", "partner").join(two, on="partner")
            rivals.append(claims.join(silent.rename({"partner": "rival"}), on=["record", "rival"]))
    if not rivals:
        return pairs["log_odds"]
    strongest = pl.concat(rivals).group_by("record", "partner").agg(pl.col("log_odds").max())
    shared = pl.Series(pairs["log_odds"])
    for record, partner in (("l", "r"), ("r", "l")):
        of_rival = pairs.select(record=record, partner=partner).join(
            strongest, on=["record", "partner"], how="left", maintain_order="left"
        )
        shared -= of_rival.select(pl.col("log_odds").exp().log1p().fill_null(0.0)).to_series()
    return shared


def _seen_from(pairs: pl.DataFrame, record: str, partner: str) -> pl.DataFrame:
    levels = [column for column in pairs.columns if column[0] == "c" and column[1:].isdecimal()]
    return pairs.select("log_odds", *levels, record=record, partner=partner)
