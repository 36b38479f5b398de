"""Columns that hold several values a row: normalised value by value, each distinct value once."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pyarrow as pa

_AS_IS = pl.CompatLevel.newest()
"""Text goes to Arrow as Polars holds it, without a copy."""


def coded(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Number of each text (null for none), and the distinct texts in the order of these numbers."""
    encoded = texts.to_arrow(compat_level=_AS_IS).dictionary_encode()
    codes = pl.from_arrow(encoded.indices)
    return pl.Series(codes, dtype=pl.Int64), pl.Series(encoded.dictionary, dtype=pl.String)


def lists_of(rows: pl.Series, values: pl.Series, height: int) -> pl.Series:
    """For each row 0 … height - 1 the list of its values, in their order; empty where it has none.

    rows: ascending, of the length of `values`.
    """
    ends = np.bincount(rows.to_numpy(), minlength=height).cumsum()
    offsets = pa.array(np.concatenate([[0], ends]))
    lists = pa.LargeListArray.from_arrays(offsets, values.to_arrow(compat_level=_AS_IS))
    return pl.Series(values.name, pl.from_arrow(lists))


def collected(values: pl.Series, pick: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    """What `pick` (text → list of text) finds in each row's values: sorted, distinct, an empty list where
    nothing.

    `values` is text or a list of text.
    """
    long = exploded(values)
    code, distinct = coded(long["value"])
    found = distinct.to_frame("value").select(found=pick(pl.col("value"))).to_series().gather(code)
    return gathered(long.select("row", found=found).explode("found"), len(values), values.name)


def exploded(values: pl.Series) -> pl.DataFrame:
    """row (position), value: one row per value that is there."""
    frame = values.alias("value").to_frame().with_row_index("row")
    if values.dtype == pl.List:
        frame = frame.explode("value", empty_as_null=True)
    return frame.with_columns(pl.col("value").cast(pl.String)).drop_nulls("value")


def gathered(long: pl.DataFrame, height: int, name: str) -> pl.Series:
    """row, found → one sorted list of distinct values for each of `height` rows; null is no value."""
    held = long.select("row", pl.col("found").cast(pl.String)).drop_nulls()
    code, distinct = coded(held["found"])
    order = distinct.arg_sort()
    # Rows and values as one number each: text is sorted once for each distinct one.
    wide = held["row"].cast(pl.Int64) * len(distinct) + order.arg_sort().gather(code)
    wide = wide.unique().sort()
    values = distinct.gather(order).gather(wide % len(distinct))
    return lists_of(wide // len(distinct), values, height).alias(name)
