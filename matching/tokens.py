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
    """Names by their words; matrices are names × words, but the last two; arrays have a value per word."""

    words: words.Words
    told: Floats
    """Bits of each word."""
    apart: Floats
    """The same where the other name has another word in its place."""
    full: csr_matrix
    """Bits of each word that the name holds."""
    weighted: csr_matrix | None
    """The same, less where a rarer word of the name implies the word; None where it is the same."""
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
    weighted = None if persons else words.weighted(known, told, seen)
    apart = told if persons or free else words.apart(known, told)
    full, found = csr_matrix(known.held @ diags(told)), alike(known, persons)
    return Names(known, told, apart, full, weighted, _most(known.held, found.like), found.like, found.parts)


def _most(held: csr_matrix, like: csr_matrix) -> csr_matrix:
    """names × words: the best likeness of each word to any word of the name."""
    rows, pairs = held.tocoo(), like.tocoo()
    tokens = pl.DataFrame({"name": rows.row, "b": rows.col})
    table = pl.DataFrame({"a": pairs.row, "b": pairs.col, "like": pairs.data})
    best = tokens.join(table, on="b").group_by("name", "a").agg(pl.col("like").max()).sort("name", "a")
    return csr_matrix((best["like"], (best["name"], best["a"])), shape=held.shape)


def in_common(names: Names, left: Ints, right: Ints) -> Common:
    """Compare names left[i] and right[i]; a word may stand for several, as initials do."""
    starts = range(0, max(len(left), 1), _ROWS)
    parts = [_compared(names, left[i : i + _ROWS], right[i : i + _ROWS]) for i in starts]
    return Common(
        shared=np.concatenate([part.shared for part in parts]),
        lacking=np.concatenate([part.lacking for part in parts]),
        extra=np.concatenate([part.extra for part in parts]),
        numbers_differ=np.concatenate([part.numbers_differ for part in parts]),
        number_more=np.concatenate([part.number_more for part in parts]),
    )


def _compared(names: Names, a: Ints, b: Ints) -> Common:
    one, other = _side(names, a, b), _side(names, b, a)
    differ = (one.number > 0) & (other.number > 0)
    return Common(
        np.minimum(one.shared, other.shared),
        np.minimum(one.apart, other.apart),
        np.abs(one.only - other.only),
        differ,
        np.where(differ, 0.0, one.number + other.number),
    )


@dataclass(frozen=True)
class _Side:
    """One name of each pair, in bits."""

    shared: Floats
    only: Floats
    """Of words that the other name does not have."""
    apart: Floats
    """The same where it has another; a slip is held against a name less than another word would be."""
    number: Floats
    """Of numbers that the other name does not have."""


def _side(names: Names, own: Ints, others: Ints) -> _Side:
    held, found = names.words.held[own], names.found[others]
    met = csr_matrix(held.multiply(found))
    numbers = np.where(words.numbers(names.words), names.told, 0.0)
    shared = met @ names.told
    only = held @ names.told - shared
    number = held @ numbers - met @ numbers
    if names.weighted is not None:
        shared = _sums(csr_matrix(names.weighted[own].multiply(found)))
    met.data = 1 - _SLIP * (1 - met.data)
    # What is nothing but the rounding of sums is no difference.
    return _Side(shared, only, held @ names.apart - met @ names.apart, np.where(number > 1e-9, number, 0.0))


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
