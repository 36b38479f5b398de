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
    apart: csr_matrix
    """Bits of each word where the other name has another in its place."""
    found: csr_matrix
    """names × words: how far the word, or one like it, is in the name."""
    like: csr_matrix
    """words × words: how far the one stands for the other."""


def names_of(texts: pl.Series, lists: NDArray[np.int64], persons: bool = False, organisations: bool = False) -> Names:
    """Weigh the words of folded names of one or more lists."""
    known = words.words_of(texts, persons)
    told, seen = words.bits(known, lists, persons)
    full = known.held.multiply(told[None, :]).tocsr()
    weighted = full if persons else words.weighted(known, told, seen)
    apart = known.held.multiply(words.apart(known, told)[None, :]).tocsr() if organisations else full
    like = words.alike(known, persons)
    return Names(known, full, weighted, apart, _most(known.held, like), like)


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
        only_a, only_b = _lacking(names.full[a], fb), _lacking(names.full[b], fa)
        apart_a, apart_b = _lacking(names.apart[a], fb), _lacking(names.apart[b], fa)
        da, db = digits[a], digits[b]
        number_a, number_b = _lacking(da, fb), _lacking(db, fa)
        parts.append((np.minimum(of_a, of_b), np.minimum(apart_a, apart_b), np.abs(only_a - only_b),
                      (number_a > 0) & (number_b > 0), np.where(np.minimum(number_a, number_b) > 0, 0, number_a + number_b)))  # fmt: skip
    return Common(*(np.concatenate(column) for column in zip(*parts, strict=True)))


_ROUNDS = 4
"""Words are paired best first; so many rounds pair all that persons' names hold."""


def one_to_one(names: Names, left: NDArray[np.int64], right: NDArray[np.int64]) -> Common:
    """As `in_common`, but a word stands for one word of the other name at most.

    "William W Frost" is not "William G Frost", though its initial fits the given name of the other.
    """
    rows = names.full.tocoo()
    held = pl.DataFrame({"name": rows.row, "word": rows.col, "bits": rows.data})
    pairs = pl.DataFrame({"pair": np.arange(len(left)), "left": left, "right": right})
    sides = [
        pairs.select("pair", name=side).join(held, on="name").select("pair", "word", "bits")
        for side in ("left", "right")
    ]
    table = names.like.tocoo()
    like = pl.DataFrame({"a": table.row, "b": table.col, "like": table.data})
    edges = sides[0].join(like, left_on="word", right_on="a").join(
        sides[1], left_on=["pair", "b"], right_on=["pair", "word"], suffix="_b"
    )
    edges = edges.select("pair", "word", "b", "like", bits=pl.min_horizontal("bits", "bits_b"))
    edges = edges.sort(["pair", "like", "bits", "word", "b"], descending=[False, True, True, False, False])
    chosen = []
    for _ in range(_ROUNDS):
        best = edges.filter(pl.struct("word").is_first_distinct().over("pair"))
        best = best.filter(pl.struct("b").is_first_distinct().over("pair"))
        chosen.append(best)
        edges = edges.join(best, on=["pair", "word"], how="anti", maintain_order="left").join(
            best, on=["pair", "b"], how="anti", maintain_order="left"
        )
    met = pl.concat(chosen).group_by("pair").agg(shared=(pl.col("bits") * pl.col("like")).sum())
    shared = pairs.join(met, on="pair", how="left", maintain_order="left")["shared"].fill_null(0.0).to_numpy()
    whole = np.asarray(names.full.sum(axis=1)).ravel()
    only_a, only_b = whole[left] - shared, whole[right] - shared
    none = np.zeros(len(left))
    return Common(shared, np.minimum(only_a, only_b), np.abs(only_a - only_b), none > 0, none)


def _lacking(bits: csr_matrix, found: csr_matrix) -> Floats:
    """Bits of the words that the other name does not have."""
    return _sum(bits) - _sum(bits.multiply(found))


def _sum(matrix: csr_matrix) -> Floats:
    total: Floats = np.asarray(matrix.sum(axis=1)).ravel()
    return total
