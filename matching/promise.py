"""Which pairs are joined without asking: so many that the wrong ones expected stay below a bound."""

import polars as pl

from matching.assign import one_to_one
from matching.options import MatchOptions
from matching.score import BITS

_LEAST = 0.98
"""No pair of a lower probability is joined unasked, however much room the bound leaves."""
_SMALL = 100.0
"""Clients that every practice is taken to have at least: else one of five clients could join nothing."""
_TIE = 1 / BITS
"""Log odds by which one of two records of a client must beat the other: a factor of two."""


def kept_promise(pairs: pl.DataFrame, open_to_join: pl.Series, options: MatchOptions) -> pl.Series:
    """Whether each pair is likely enough to be joined without asking.

    pairs: practice_id, left_list, right_list, left_size, right_size, settled. In each practice pairs are
    taken from the likeliest down while the wrong ones expected, the sum of 1 - probability, stay within the
    bound; pairs of one probability all or none. `options.exact` takes the place of the bound.
    """
    if options.exact is not None:
        return open_to_join & (pairs["settled"] >= options.exact)
    rate = options.wrong_per_10000 / 10_000
    ranked = (
        pairs.select("practice_id", "settled", allowed=_clients().clip(_SMALL) * rate)
        .with_row_index("row")
        .filter(open_to_join & (pl.col("settled") >= _LEAST))
        .sort("practice_id", "settled", "row", descending=[False, True, False])
    )
    # Rounded, so that the order of equal terms tells nothing; with their ties, so that all or none pass.
    expected = (1 - pl.col("settled")).cum_sum().round(9)
    ranked = ranked.with_columns(expected=expected.over("practice_id"))
    ranked = ranked.with_columns(expected=pl.col("expected").max().over("practice_id", "settled"))
    taken = ranked.filter(pl.col("expected") <= pl.col("allowed"))["row"]
    return pl.Series(pl.int_range(pairs.height, eager=True)).is_in(taken.implode())


def _clients() -> pl.Expr:
    """Clients of each pair's practice, about: the records of HQ and XPM, those in both lists once."""
    sizes = []
    for side in ("left", "right"):
        for number in (0, 1):
            size = pl.col(f"{side}_size").filter(pl.col(f"{side}_list") == number).max().over("practice_id")
            sizes.append((number, size.fill_null(0)))
    lists = [pl.max_horizontal(size for of, size in sizes if of == number) for number in (0, 1)]
    between = (pl.col("left_list") == 0) & (pl.col("right_list") == 1)
    both = pl.when(between).then("settled").otherwise(0.0).sum().over("practice_id")
    return pl.max_horizontal(pl.sum_horizontal(lists) - both, *lists)


def one_partner(pairs: pl.DataFrame) -> pl.DataFrame:
    """Adds `chosen` and `tied` to pairs between lists that would be joined.

    pairs: l, r, l_as, r_as (clients as people see them), left_list, right_list, log_odds, left_state,
    right_state (the smaller the livelier). A client has one partner in a list. Where several qualify, which
    happens where they are likely one client, the livelier record is taken, then the likelier pair; pairs that
    are alike are `tied`, for a person to choose.
    """
    state = pl.col("left_state") + pl.col("right_state")
    pairs = pairs.with_columns(
        weight=pl.col("log_odds").clip(-60, 60) + 60.0 + 1000.0 * (8 - state), chosen=pl.lit(False)
    ).with_columns(weight=pl.col("weight").max().over("l_as", "r_as"))
    done = [_between_two_lists(frame) for frame in pairs.partition_by("left_list", "right_list")]
    return pl.concat([pairs.clear().with_columns(tied=pl.col("chosen")), *done]).drop("weight")


def _between_two_lists(pairs: pl.DataFrame) -> pl.DataFrame:
    edges = pairs.group_by("l_as", "r_as", maintain_order=True).agg(pl.col("weight").first())
    edges = edges.with_columns(chosen=one_to_one(edges.select("weight", l="l_as", r="r_as")))
    edges = edges.with_columns(_has_equal(edges))
    return pairs.drop("chosen").join(
        edges.select("l_as", "r_as", "chosen", "tied"), on=["l_as", "r_as"], maintain_order="left"
    )


def _has_equal(edges: pl.DataFrame) -> pl.Series:
    """Whether another pair of either client, none better, has a weight that is about the same."""
    sides, weight = ("l_as", "r_as"), pl.col("weight")
    # In steps: a window over a window is worked out again for every group.
    top = edges.select(
        *sides,
        *((weight > weight.max().over(side) - _TIE).alias(f"top_{side}") for side in sides),
    )
    tied = [pl.col(f"top_{side}") & (pl.col(f"top_{side}").sum().over(side) > 1) for side in sides]
    return top.select(tied=pl.any_horizontal(tied)).to_series()
