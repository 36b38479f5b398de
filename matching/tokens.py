"""How much two names have in common, by their words.

shared: bits of the words they share; lacking: bits of what stands in the one instead of the other, so that the
names say different things; extra: bits of what only the longer name says.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from matching import words
from matching.model import Floats

WL = 0.0
_ROWS = 100_000
"""Pairs worked on at a time."""


@dataclass(frozen=True)
class Names:
    """Names by their words."""

    words: words.Words
    full: csr_matrix
    """names × words: bits of each word that the name holds."""
    weighted: csr_matrix
    """The same, less where a rarer word of the name implies the word."""
    found: csr_matrix
    """names × words: how far the word, or one like it, is in the name."""


def names_of(texts: pl.Series, lists: NDArray[np.int64], persons: bool = False) -> Names:
    """Weigh the words of folded names of one or more lists."""
    known = words.words_of(texts, persons)
    told, seen = words.bits(known, lists, persons)
    full = known.held.multiply(told[None, :]).tocsr()
    weighted = full if persons else words.weighted(known, told, seen)
    return Names(known, full, weighted, _most(known.held, words.alike(known, persons)))


def _most(held: csr_matrix, like: csr_matrix) -> csr_matrix:
    """names × words: the best likeness of each word to any word of the name."""
    rows, pairs = held.tocoo(), like.tocoo()
    tokens = pl.DataFrame({"name": rows.row, "b": rows.col})
    table = pl.DataFrame({"a": pairs.row, "b": pairs.col, "like": pairs.data})
    best = tokens.join(table, on="b").group_by("name", "a").agg(pl.col("like").max()).sort("name", "a")
    return csr_matrix((best["like"], (best["name"], best["a"])), shape=held.shape)


@dataclass(frozen=True)
class Common:
    """What pairs of names have in common, in bits; see the module."""

    shared: Floats
    lacking: Floats
    extra: Floats
    numbers_differ: NDArray[np.bool_]
    number_more: Floats
    """Bits of numbers that only one name has."""


def in_common(names: Names, left: NDArray[np.int64], right: NDArray[np.int64]) -> Common:
    """Compare names left[i] and right[i]."""
    digits = names.full.multiply(words.numbers(names.words)[None, :]).tocsr()
    parts = []
    for start in range(0, max(len(left), 1), _ROWS):
        a, b = left[start : start + _ROWS], right[start : start + _ROWS]
        wa, wb, fa, fb = (m[i] for m in (names.weighted, names.found) for i in (a, b))
        of_a, of_b = _sum(wa.multiply(fb)), _sum(wb.multiply(fa))
        ua, ub = (WL * m + (1 - WL) * f for m, f in ((wa, names.full[a]), (wb, names.full[b])))
        only_a, only_b = _sum(ua) - _sum(ua.multiply(fb)), _sum(ub) - _sum(ub.multiply(fa))
        da, db = digits[a], digits[b]
        number_a, number_b = _sum(da) - _sum(da.multiply(fb)), _sum(db) - _sum(db.multiply(fa))
        parts.append((np.minimum(of_a, of_b), np.minimum(only_a, only_b), np.abs(only_a - only_b),
                      (number_a > 0) & (number_b > 0), np.where(np.minimum(number_a, number_b) > 0, 0, number_a + number_b)))  # fmt: skip
    return Common(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _sum(matrix: csr_matrix) -> Floats:
    total: Floats = np.asarray(matrix.sum(axis=1)).ravel()
    return total
