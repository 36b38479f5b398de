"""Pairs of two lists where a client has one partner at most, though a list may hold some of them twice."""

from collections.abc import Callable

import numpy as np
import polars as pl

from matching import assign
from matching.buckets import Ints
from matching.marginal import LISTS, SURE, between_lists

_DUPLICATES = 0.1
"""A list of which more than this share has two sure partners is taken to hold duplicates."""
_DOUBLE = 6.0
"""Log odds from which two records of a list are one client, were they of two lists: more than sure, for
duplicates are far rarer than partners."""
_USUAL = 20
"""Records of belief in the share of duplicates that is usual, against that of one partition."""


def doubled(pairs: pl.DataFrame, log_odds: Callable[[pl.DataFrame], pl.Series]) -> pl.DataFrame:
    """part_no, side, record, one, other: where a record's likeliest partner and another are one client.

    pairs: by the probability of each alone. `log_odds`: of pairs l, r that are sorted, each once. Where it
    does not hold two partners for the same, they are two who share a name, of whom the record is one at most.
    """
    found = []
    sure = pairs.select("part_no", "l", "r", "log_odds").filter(pairs["probability"] >= SURE)
    sure = sure.sort("log_odds", "l", "r", descending=[True, False, False])
    for side, other in (("l", "r"), ("r", "l")):
        several = sure.filter(pl.col(side).is_duplicated()).group_by("part_no", side, maintain_order=True)
        two = several.agg(best=pl.col(other).first(), next=pl.col(other).slice(1)).explode("next")
        ends = {"one": pl.min_horizontal("best", "next"), "other": pl.max_horizontal("best", "next")}
        found.append(two.select("part_no", record=side, side=pl.lit(side), **ends))
    asked = pl.concat(found)
    once = asked.select(l="one", r="other").unique().sort("l", "r")
    same = once.select(one="l", other="r").filter(log_odds(once) >= _DOUBLE)
    return asked.join(same, on=["one", "other"], how="semi")


def with_duplicates(pairs: pl.DataFrame, twice: pl.DataFrame) -> pl.Series:
    """part_no of the partitions of which a list holds many duplicates: where it does not, hardly a record has
    two partners.

    A small partition is judged by its own records and by what is usual. twice: of `doubled`.
    """
    sure = pairs.filter(pl.col("probability") >= SURE)
    shares = []
    for side in ("l", "r"):
        several = (
            twice.filter(pl.col("side") == side).group_by("part_no").agg(several=pl.col("record").n_unique())
        )
        records = sure.group_by("part_no").agg(records=pl.col(side).n_unique())
        held = records.join(several, on="part_no", how="left").with_columns(pl.col("several").fill_null(0))
        usual = pl.col("several").sum() / pl.col("records").sum()
        share = (pl.col("several") + _USUAL * usual) / (pl.col("records") + _USUAL)
        shares.append(held.select("part_no", share=share))
    return pl.concat(shares).filter(pl.col("share") > _DUPLICATES)["part_no"].unique()


def clients(records: int, twice: pl.DataFrame) -> Ints:
    """Client of each of so many records: its own number, but for those that `doubled` found twice."""
    ends = (twice[side].to_numpy().astype(np.int64) for side in ("one", "other"))
    return assign.joined(records, *ends)


def partnered(pairs: pl.DataFrame, frame: pl.DataFrame, overlap: float, client: Ints) -> pl.DataFrame:
    """The pairs where each client has one partner at most; log_odds with the belief in partners.

    A match is what is likelier than not in view of all ways to pair the clients up, which need not be in the
    single likeliest way (Sadinle 2017, see `marginal`).

    Pairs that this belief does not lift to `FLOOR` are left out, and are nobody's rivals.
    frame: of `Prepared`. client: of each record; records of one are no rivals, and share its partner.
    """
    keys = list(LISTS)
    sizes = frame.group_by("part_no", "list").agg(n=pl.len())
    ends = pairs.select(*keys, "log_odds", l=pl.Series(client[pairs["l"]]), r=pl.Series(client[pairs["r"]]))
    edges = ends.group_by("l", "r", maintain_order=True).agg(pl.col(keys).first(), pl.col("log_odds").max())
    scored = between_lists(edges, sizes, overlap)
    # At most one pair of a client is likelier than not; of two that are as likely as not one is chosen.
    likely = pl.when(pl.col("probability") >= 0.5).then("probability").otherwise(0.0)
    scored = scored.with_columns(is_match=assign.one_to_one(scored.select("l", "r", weight=likely)))
    found = ends.join(scored.drop(*keys, "log_odds"), on=["l", "r"], how="left", maintain_order="left")
    found = pairs.with_columns(pl.col("log_odds") + found["boost"], found["probability"], found["is_match"])
    return found.filter(pl.col("is_match").is_not_null())
