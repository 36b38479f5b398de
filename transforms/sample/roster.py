"""Which client stands in which list, under which id and in which state."""

import numpy as np
import polars as pl

from transforms.sample.contact_points import shuffled_within
from transforms.sample.dice import Dice, runs

# How much more or less careful people are with a list than with the average one.
_CARE = {"hq": 1.0, "xpm": 0.8, "tax": 0.3}


def draw_roster(entities: pl.DataFrame, practices: pl.DataFrame, seed: int) -> pl.DataFrame:
    """One row per record: practice, entity, product, copy (1 for a duplicate), source_id, state, mess.

    Sorted by product, then in the order of the list. HQ ids repeat from practice to practice, as any
    product's own numbering may; ids and order tell nothing about who is who.
    """
    dice = Dice(seed, "roster")
    traits = practices.select("practice", "overlap", "hq_side", "mess", "duplicates", "connection", "has_tax")
    frame = entities.select("entity", "practice", "role").join(traits, on="practice", maintain_order="left")
    n = frame.height
    both = dice.uniform(n) < frame["overlap"].to_numpy()
    one_sided = dice.uniform(n) < frame["hq_side"].to_numpy()
    alone = (frame["connection"] == "no_account").to_numpy()
    in_hq, in_xpm = both | one_sided | alone, (both | ~one_sided) & ~alone
    in_tax = (
        frame["has_tax"].to_numpy() & ~alone & np.where(in_xpm, dice.chance(0.75, n), dice.chance(0.01, n))
    )
    copied = frame["duplicates"].to_numpy()
    frame = frame.with_columns(left_firm=pl.Series(dice.chance(0.05, n)))
    parts = [
        frame.filter(pl.Series(chosen)).with_columns(product=pl.lit(product), copy=pl.lit(copy))
        for product, copy, chosen in (
            ("hq", 0, in_hq),
            ("hq", 1, in_hq & dice.chance(copied, n)),
            ("xpm", 0, in_xpm),
            ("xpm", 1, in_xpm & dice.chance(copied, n)),
            ("tax", 0, in_tax),
        )
    ]
    return _identified(_in_state(pl.concat(parts), dice), dice)


def _in_state(roster: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Most clients that left are archived on both sides, some on one only; few are deleted or prospects."""
    n = roster.height
    u = pl.Series(dice.uniform(n))
    archived = pl.Series(dice.chance(roster["left_firm"].to_numpy() * 0.8 + 0.015, n))
    xpm = pl.col("product") == "xpm"
    state = (
        pl.when(pl.col("product") == "tax")
        .then(pl.lit("active"))
        .when(xpm & (u < 0.012))
        .then(pl.lit("deleted"))
        .when(pl.lit(archived))
        .then(pl.lit("archived"))
        .when(xpm & (u > 0.982))
        .then(pl.lit("prospect"))
        .otherwise(pl.lit("active"))
    )
    care = pl.col("product").replace_strict(_CARE) * pl.when(pl.col("copy") == 1).then(2.0).otherwise(1.0)
    return roster.with_columns(state=state, mess=pl.col("mess") * care).select(
        "practice", "entity", "product", "copy", "state", "mess"
    )


def _identified(roster: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    order = {"hq": 0, "xpm": 1, "tax": 2}
    lists = roster["product"].replace_strict(order, return_dtype=pl.Int64).to_numpy() * 10_000_000
    keys = lists + roster["practice"].to_numpy()
    roster = roster[shuffled_within(dice, keys)]
    place = runs(np.sort(keys, kind="stable"))
    number = pl.Series(place * 3 + 101).cast(pl.String)
    source_id = (
        pl.when(pl.col("product") == "hq")
        .then(pl.lit(number.str.zfill(7)))
        .when(pl.col("product") == "tax")
        .then(pl.lit("T") + pl.lit(number))
        .otherwise(pl.lit(dice.uuids(roster.height)))
    )
    return (
        roster.with_columns(source_id=source_id)
        .with_row_index("record")
        .with_columns(pl.col("record").cast(pl.Int64))
    )
