"""Records that are silent about what tells two others apart."""

import math

import polars as pl

from matching.comparison import Comparison

_SURE = math.log(0.99 / 0.01)
"""Log odds from which two records are one client, whatever they differ in."""
_COUNTS = -2.0
"""Log odds from which another claim is worth a look."""
_AT_ONCE = 50_000
"""Claims whose rivals are looked for at once, about: each may have a hundred."""


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
            blocks = 1 + silent.height // _AT_ONCE
            some = (silent.filter(pl.col("record") % blocks == block) for block in range(blocks))
            rivals += [_rivals(of_records, two) for of_records in some]
    if not rivals:
        return pairs["log_odds"]
    strongest = pl.concat(rivals).group_by("record", "partner").agg(pl.col("log_odds").max())
    shared = pl.Series(pairs["log_odds"])
    for record, partner in (("l", "r"), ("r", "l")):
        of_rival = pairs.select(record=record, partner=partner).join(
            strongest, on=["record", "partner"], how="left", maintain_order="left"
        )
        shared -= of_rival.select(_one_and(pl.col("log_odds")).fill_null(0.0)).to_series()
    return shared


def _rivals(silent: pl.DataFrame, two: pl.DataFrame) -> pl.DataFrame:
    """record, partner, log_odds of the likeliest rival: a partner of the record too, apart from this one."""
    claims = silent.select("record", "partner").join(two, on="partner")
    found = claims.join(silent.rename({"partner": "rival"}), on=["record", "rival"])
    return found.group_by("record", "partner").agg(pl.col("log_odds").max())


def _one_and(log_odds: pl.Expr) -> pl.Expr:
    """Log of one and the odds, which may be beyond all numbers."""
    return log_odds.clip(lower_bound=0) + (-log_odds.abs()).exp().log1p()


def _seen_from(pairs: pl.DataFrame, record: str, partner: str) -> pl.DataFrame:
    levels = [column for column in pairs.columns if column[0] == "c" and column[1:].isdecimal()]
    return pairs.select("log_odds", *levels, record=record, partner=partner)
