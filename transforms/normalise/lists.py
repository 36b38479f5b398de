"""Columns that hold several values a row: normalised value by value, each distinct value once."""

from collections.abc import Callable

import polars as pl


def collected(values: pl.Series, pick: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    """What `pick` (text → list of text) finds in each row's values: sorted, distinct, an empty list where
    nothing.

    `values` is text or a list of text.
    """
    long = exploded(values)
    distinct = long.select("value").unique().with_columns(found=pick(pl.col("value")))
    return gathered(long.join(distinct, on="value", how="inner").explode("found"), len(values), values.name)


def exploded(values: pl.Series) -> pl.DataFrame:
    """row (position), value: one row per value that is there."""
    frame = values.alias("value").to_frame().with_row_index("row")
    if values.dtype == pl.List:
        frame = frame.explode("value", empty_as_null=True)
    return frame.with_columns(pl.col("value").cast(pl.String)).drop_nulls("value")


def gathered(long: pl.DataFrame, height: int, name: str) -> pl.Series:
    """row, found → one sorted list of distinct values for each of `height` rows."""
    distinct = long.select("row", "found").drop_nulls("found").unique().sort("row", "found")
    lists = distinct.group_by("row", maintain_order=True).agg("found")
    rows = pl.DataFrame({"row": pl.int_range(height, dtype=pl.get_index_type(), eager=True)})
    found = rows.join(lists, on="row", how="left", maintain_order="left", validate="1:1")["found"]
    return found.cast(pl.List(pl.String)).fill_null(pl.Series([[]], dtype=pl.List(pl.String))).alias(name)
