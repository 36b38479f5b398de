"""What the other list says of two records of one list that may be one client.

Two clients have a partner each in the other list about as often as the lists overlap; one client that is
twice in this list seldom is twice in the other too. So the odds that they are one client rise where they have
no partners of their own, and fall where each has one.
"""

import polars as pl

from matching.overlap import BELIEF, USUAL
from matching.rivals import SAME, client_of

_TWICE = 0.05
"""Share of the clients that are twice in one list that are twice in the other as well."""


def by_partners(pairs: pl.DataFrame) -> pl.Series:
    """Probability of each pair, that of pairs inside the HQ or the XPM list as their partners have it.

    pairs: practice_id, l, r, left_list, right_list, left_size, right_size (records of each list), within,
    probability, belief.
    """
    inside = pl.col("within") & (pl.col("left_list") < 2)
    between = pairs.filter((pl.col("left_list") == 0) & (pl.col("right_list") == 1))
    if between.is_empty() or not pairs.select(inside.any()).item():
        return pairs["probability"]
    # Partners that are likely one client themselves are one partner.
    client = client_of(pairs, pairs.filter(inside & (pl.col("belief") >= SAME)))
    asked = pairs.filter(inside).select("l", "r")
    partner = _partners(
        between.with_columns(as_l=client.gather(between["l"]), as_r=client.gather(between["r"])),
        pl.concat([asked["l"], asked["r"]]),
    )
    found = (
        pairs.lazy()
        .with_row_index("row")
        .filter(inside)
        .select("row", "practice_id", "l", "r", "probability")
    )
    for side in "lr":
        named = partner.rename({"record": side, "client": f"of_{side}", "chance": f"chance_{side}"})
        found = found.join(named.lazy(), on=side, how="left", maintain_order="left")
    found = found.join(_overlap(between).lazy(), on="practice_id", maintain_order="left")  # many to one
    each = (
        pl.when(pl.col("of_l") != pl.col("of_r")).then(pl.col("chance_l") * pl.col("chance_r")).fill_null(0.0)
    )
    both = pl.col("overlap") ** 2
    ratio = each * _TWICE / both + (1 - each) * (1 - _TWICE) / (1 - both)
    odds = pl.col("probability") / (1 - pl.col("probability")).clip(1e-12) * ratio
    told = found.select("row", odds / (1 + odds)).collect()
    return pairs["probability"].scatter(told["row"], told["probability"])


def _partners(between: pl.DataFrame, records: pl.Series) -> pl.DataFrame:
    """record, client, chance: the likeliest partner of each of `records` in the other list."""
    wanted = records.unique().implode()
    ways = [
        between.filter(pl.col(a).is_in(wanted)).select(record=a, client=f"as_{b}", chance="probability")
        for a, b in ("lr", "rl")
    ]
    return (
        pl.concat(ways)
        .group_by("record", "client", maintain_order=True)
        .agg(pl.col("chance").sum().clip(upper_bound=1.0))
        .sort("record", "chance", "client", descending=[False, True, False])
        .unique("record", keep="first")
    )


def _overlap(between: pl.DataFrame) -> pl.DataFrame:
    """practice_id, overlap: the share of the shorter list's clients that are in the other."""
    smaller = pl.min_horizontal("left_size", "right_size").first()
    matched = pl.col("probability").sum().clip(upper_bound=smaller)
    return between.group_by("practice_id", maintain_order=True).agg(
        overlap=((matched + BELIEF * USUAL) / (smaller + BELIEF)).clip(0.05, 0.95)
    )
