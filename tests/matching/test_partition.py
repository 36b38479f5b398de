"""Pairs stay inside their partition."""

import polars as pl

from matching import MatchSpec, link
from tests.matching.people import two_lists
from tests.matching.test_link import SPEC, who


def test_pairs_never_cross_the_partition() -> None:
    left, right = two_lists(120)
    moved = right.with_columns(firm=pl.lit("elsewhere"))
    spec = MatchSpec(SPEC.fields, partition="firm")
    assert link(left, moved, spec, id_column="id").is_empty()
    firm = dict(pl.concat([left, right]).select("id", "firm").iter_rows())
    pairs = link(left, right, spec, id_column="id")
    assert pairs.height > 100
    assert all(firm[a] == firm[b] for a, b in pairs.select("left_id", "right_id").iter_rows())


def test_partitions_are_told_apart_by_their_text_and_no_value_is_one_of_its_own() -> None:
    left, right = two_lists(90)
    spec = MatchSpec(SPEC.fields, partition="firm")
    whole = who(link(left, right, spec, "id"))
    number = pl.col("firm").str.slice(1)
    for mine, theirs in ((pl.Int64, pl.String), (pl.Float64, pl.String), (pl.Float64, pl.UInt8)):
        one = left.with_columns(number.cast(mine))
        assert who(link(one, right.with_columns(number.cast(theirs)), spec, "id")) == whole
    none = [pl.when(pl.col("firm") != "f1").then("firm").otherwise(pl.lit(no, pl.String)).alias("firm")
            for no in (None, "")]  # fmt: skip
    assert who(link(left.with_columns(none[0]), right.with_columns(none[1]), spec, "id")) == whole
