"""What two names have in common, by their words, in bits."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from matching import words
from matching.alike import alike
from matching.model import Floats

Ints = NDArray[np.int64]

_ROWS = 100_000
"""Pairs worked on at a time."""
_SLIP = 0.5
"""What the unlike part of two like words weighs against a word that the other name has not."""


@dataclass(frozen=True)
class Names:
    """Names by their words; each matrix is names × words, but the last two."""

    words: words.Words
    full: csr_matrix
    """Bits of each word that the name holds."""
    weighted: csr_matrix
    """The same, less where a rarer word of the name implies the word."""
    apart: csr_matrix
    """The same where the other name has another word in its place."""
    found: csr_matrix
    """How far the word, or one like it, is in the name."""
    like: csr_matrix
    """words × words: how far the one stands for the other."""
    parts: csr_matrix
    """words × words: 1 where the second is the first with its neighbours, written as one or by initials."""


@dataclass(frozen=True)
class Common:
    """What pairs of names have in common, in bits."""

    shared: Floats
    """Of the words that they share."""
    lacking: Floats
    """Of words that stand in the one instead of the other: the names say different things."""
    extra: Floats
    """Of what only the longer name says."""
    numbers_differ: NDArray[np.bool_]
    """Each name has a number that the other has not."""
    number_more: Floats
    """Of a number where the other name has none."""


def names_of(texts: pl.Series, lists: Ints, persons: bool = False, free: bool = False) -> Names:
    """Weigh the words of folded names; lists: the list that each is in.

    persons: names of persons; free: any text, where a common word that is another tells little.
    """
    known = words.words_of(texts, persons)
    told, seen = words.bits(known, lists, persons)
    full = _scaled(known.held, told)
    weighted = full if persons else words.weighted(known, told, seen)
    apart = full if persons or free else _scaled(known.held, words.apart(known, told))
    found = alike(known, persons)
    return Names(known, full, weighted, apart, _most(known.held, found.like), found.like, found.parts)


def _scaled(matrix: csr_matrix, by: Floats) -> csr_matrix:
    return csr_matrix(matrix @ diags(by))


def _most(held: csr_matrix, like: csr_matrix) -> csr_matrix:
    """names × words: the best likeness of each word to any word of the name."""
    rows, pairs = held.tocoo(), like.tocoo()
    tokens = pl.DataFrame({"name": rows.row, "b": rows.col})
    table = pl.DataFrame({"a": pairs.row, "b": pairs.col, "like": pairs.data})
    best = tokens.join(table, on="b").group_by("name", "a").agg(pl.col("like").max()).sort("name", "a")
    return csr_matrix((best["like"], (best["name"], best["a"])), shape=held.shape)


def in_common(names: Names, left: Ints, right: Ints) -> Common:
    """Compare names left[i] and right[i]; a word may stand for several, as initials do."""
    numbers = _scaled(names.full, words.numbers(names.words).astype(np.float64))
    starts = range(0, max(len(left), 1), _ROWS)
    parts = [_compared(names, numbers, left[i : i + _ROWS], right[i : i + _ROWS]) for i in starts]
    return Common(
        shared=np.concatenate([part.shared for part in parts]),
        lacking=np.concatenate([part.lacking for part in parts]),
        extra=np.concatenate([part.extra for part in parts]),
        numbers_differ=np.concatenate([part.numbers_differ for part in parts]),
        number_more=np.concatenate([part.number_more for part in parts]),
    )


def _compared(names: Names, numbers: csr_matrix, a: Ints, b: Ints) -> Common:
    in_a, in_b = names.found[a], names.found[b]
    shared = np.minimum(_met(names.weighted[a], in_b), _met(names.weighted[b], in_a))
    only_a, only_b = _lacking(names.full[a], in_b), _lacking(names.full[b], in_a)
    like_a, like_b = _leniently(in_a), _leniently(in_b)
    apart = np.minimum(_lacking(names.apart[a], like_b), _lacking(names.apart[b], like_a))
    number_a, number_b = _lacking(numbers[a], in_b), _lacking(numbers[b], in_a)
    differ = (number_a > 0) & (number_b > 0)
    return Common(shared, apart, np.abs(only_a - only_b), differ, np.where(differ, 0.0, number_a + number_b))


def _met(bits: csr_matrix, found: csr_matrix) -> Floats:
    """Bits of the words that the other name has."""
    return _sums(csr_matrix(bits.multiply(found)))


def _lacking(bits: csr_matrix, found: csr_matrix) -> Floats:
    """Bits of the words that the other name does not have."""
    return _sums(bits) - _met(bits, found)


def _leniently(found: csr_matrix) -> csr_matrix:
    """How far words are found, where a slip is held against a name less than another word would be."""
    return csr_matrix((1 - _SLIP * (1 - found.data), found.indices, found.indptr), shape=found.shape)


def _sums(matrix: csr_matrix) -> Floats:
    return np.asarray(matrix.sum(axis=1), dtype=np.float64).ravel()


_ROUNDS = 4
"""Words are paired best first; so many rounds pair all that persons' names hold."""


def one_to_one(names: Names, left: Ints, right: Ints) -> Common:
    """As `in_common`, but a word stands for one word of the other name at most; numbers are not told apart.

    "William W Cole" is not "William G Cole", though its initial fits the given name of the other.
    """
    rows, table = names.full.tocoo(), names.like.tocoo()
    held = pl.DataFrame({"name": rows.row, "word": rows.col, "bits": rows.data})
    like = pl.DataFrame({"word": table.row, "b": table.col, "like": table.data})
    pairs = pl.DataFrame({"pair": np.arange(len(left)), "left": left, "right": right})
    one, other = (
        pairs.select("pair", name=side).join(held, on="name").drop("name") for side in ("left", "right")
    )
    edges = one.join(like, on="word").join(other.rename({"word": "b", "bits": "bits_b"}), on=["pair", "b"])
    # A slip of a common word tells no more than that word.
    least = pl.min_horizontal("bits", "bits_b")
    edges = edges.select(
        "pair",
        "word",
        "b",
        "like",
        bits=least,
        excess=pl.col("bits") - least,
        excess_b=pl.col("bits_b") - least,
    )
    best_first = [False, True, True, False, False]
    edges = edges.sort(["pair", "like", "bits", "word", "b"], descending=best_first)
    chosen = []
    for _ in range(_ROUNDS):
        best = edges.unique(["pair", "word"], keep="first", maintain_order=True)
        best = best.unique(["pair", "b"], keep="first", maintain_order=True)
        chosen.append(best)
        edges = edges.join(best, on=["pair", "word"], how="anti", maintain_order="left")
        edges = edges.join(best, on=["pair", "b"], how="anti", maintain_order="left")
    met = pl.concat(chosen).sort("pair", "word", "b")
    shared = _total(met["pair"], met["bits"] * met["like"], len(left))
    excess, excess_b = (_total(met["pair"], met[side], len(left)) for side in ("excess", "excess_b"))
    part = _written_with(names, one, met.select("pair", "word", "b"), len(left))
    part_b = _written_with(names, other, met.select("pair", word="b", b="word"), len(left))
    whole = _sums(names.full)
    only_a, only_b = whole[left] - shared - excess - part, whole[right] - shared - excess_b - part_b
    none = np.zeros(len(left))
    return Common(shared, np.minimum(only_a, only_b), np.abs(only_a - only_b), none > 0, none)


def _written_with(names: Names, own: pl.DataFrame, met: pl.DataFrame, pairs: int) -> Floats:
    """Bits of the words of `own` that met none, but that a word holds which met a neighbour: "Patr ushev".

    own: pair, word, bits; met: pair, word of `own`, b of the other name.
    """
    table = names.parts.tocoo()
    parts = pl.DataFrame({"word": table.row, "b": table.col})
    wholes = met.join(parts, on=["word", "b"], how="semi").select("pair", "b")
    found = own.join(met, on=["pair", "word"], how="anti").join(parts, on="word")
    found = found.join(wholes, on=["pair", "b"], how="semi").unique(["pair", "word"]).sort("pair", "word")
    return _total(found["pair"], found["bits"], pairs)


def _total(pair: pl.Series, bits: pl.Series, pairs: int) -> Floats:
    """Sum of the bits of each of so many pairs."""
    return np.bincount(pair.to_numpy(), weights=bits.to_numpy(), minlength=pairs).astype(np.float64)
