"""Prepared records as comparisons read them: values, parts of them, and numbers that stand for them."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching import details, names
from matching.comparison import LETTERS
from transforms.normalise.lists import coded

LENGTH = "length of "
"""Before the name of a column of lists: how many values each holds."""
_PARTS = names.PARTS | details.PARTS
_PART_OF = {name: part.meta.root_names()[0] for name, part in _PARTS.items()}
_BIT = np.uint64(1) << (np.arange(256, dtype=np.uint64) % np.uint64(64))

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Records:
    """Prepared records, and their values as numbers, each column once it is asked for."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame
        # Several threads may ask at once: then both work a column out, and find the same.
        self.made: dict[str, pl.Series] = {}
        self.numbers: dict[str, NDArray[np.uint64]] = {}
        self.lists: dict[str, tuple[Ints, pl.Series]] = {}
        self.distinct: dict[str, tuple[pl.Series, pl.Series]] = {}
        self.there: dict[str, Bools] = {}

    def values(self, column: str) -> pl.Series:
        """A prepared column, or one that the comparisons derive from prepared ones."""
        if column in self.frame.columns:
            return self.frame[column]
        if column not in self.made:
            self.made[column] = self._made(column).alias(column)
        return self.made[column]

    def _made(self, column: str) -> pl.Series:
        if column in details.FIRST:
            return pl.select(pl.coalesce(map(self._first, details.FIRST[column]))).to_series()
        if column.startswith(LENGTH):
            return self.values(column.removeprefix(LENGTH)).list.len()
        whole = column.removeprefix(LETTERS) if column.startswith(LETTERS) else _PART_OF[column]
        if whole not in self.distinct:
            self.distinct[whole] = coded(self.values(whole))
        code, texts = self.distinct[whole]
        if column.startswith(LETTERS):
            return _letters(texts).gather(code)
        return texts.alias(whole).to_frame().select(_PARTS[column]).to_series().gather(code)

    def _first(self, column: str) -> pl.Series:
        begin, values = self.listed(column)
        some = np.diff(begin) > 0
        return values.gather(pl.Series(begin[:-1]).set(pl.Series(~some), None))

    def has(self, column: str) -> Bools:
        """Which records have any value in a column of texts or lists."""
        if column not in self.there:
            values = self.values(column)
            some = values.list.len() > 0 if values.dtype == pl.List else values.is_not_null()
            self.there[column] = some.fill_null(False).to_numpy()
        return self.there[column]

    def number(self, column: str) -> NDArray[np.uint64]:
        """Number of each text of a column, 0 for none."""
        if column not in self.numbers:
            texts = self.values(column)
            number = texts.hash().to_numpy()
            self.numbers[column] = np.where(texts.is_null().to_numpy(), np.uint64(0), number)
        return self.numbers[column]

    def listed(self, column: str) -> tuple[Ints, pl.Series]:
        """Where in the values of all lists of a column each record's begin, and the end; and these values."""
        if column not in self.lists:
            values = self.values(column)
            begin = np.concatenate([[0], values.list.len().fill_null(0).to_numpy().astype(np.int64).cumsum()])
            self.lists[column] = begin, values.explode(empty_as_null=False).drop_nulls()
        return self.lists[column]


def _letters(texts: pl.Series) -> pl.Series:
    """The bytes that each text holds, as a set of 64 bits: one edit of a text changes two of them at most."""
    held = texts.fill_null("").to_arrow(compat_level=pl.CompatLevel.oldest())
    begin = np.frombuffer(held.buffers()[1], np.int64)[: len(texts) + 1]
    byte = np.frombuffer(held.buffers()[2] or b"", np.uint8)[begin[0] : begin[-1]]
    bits = np.append(_BIT[byte], np.uint64(0))
    found = np.bitwise_or.reduceat(bits, begin[:-1] - begin[0])
    return pl.Series(np.where(np.diff(begin) > 0, found, np.uint64(0)))
