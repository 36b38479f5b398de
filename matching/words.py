"""Words of names, and how much each of them tells.

Worked out once over the distinct words of the lists, never per pair of records.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from matching.model import Floats
from transforms.normalise.reference import reference

_COMMON, _PLACE, _SMALL = 2e-2, 3e-3, 0.3
"""Share of all names that a word of organisations, of places, or of no meaning ("of") is taken to be in."""
_PARTICLE = 0.1
"""The same of "van" and "bin" in names of persons."""
_UNKNOWN = 2e-4
"""The same of all other words: brands and family names."""
_BELIEF = 1000.0
"""Names of belief in these shares, against the shares seen in the lists."""
_MOST_BITS = 12.0
_LEAST_APART = 8.0
"""Bits at least of a word that stands in one name where the other has another word."""
_CONTEXT = 5.0
"""Names of belief that two words come together by chance."""
_SEEN = 4
"""A word in fewer names says nothing of which words come with it."""
_REDUNDANT = 0.7
"""How far a word that always comes with a rarer one of its name is taken to tell nothing more."""


@dataclass(frozen=True)
class Words:
    """The distinct words of all names, in alphabetical order, and in which names they are."""

    words: pl.Series
    held: csr_matrix
    """names × words, 1 where the name holds the word."""
    order: pl.DataFrame
    """name, at, word: each word of each name in its place."""


def words_of(names: pl.Series, persons: bool) -> Words:
    """Words of names that are folded already; a missing name has none.

    Of persons a word that comes twice is two words: "Mohamed Mohamed" is not "Osman Mohamed".
    """
    long = (
        names.to_frame("text")
        .with_row_index("name")
        .drop_nulls()
        .with_columns(pl.col("text").str.split(" "))
        .with_columns(at=pl.int_ranges(pl.col("text").list.len()))
        .explode("text", "at", empty_as_null=True)
        .filter(pl.col("text") != "")
    )
    if persons:
        again = pl.int_range(pl.len()).over("name", "text")
        long = long.with_columns(
            text=pl.when(again > 0).then(pl.col("text") + again.cast(pl.String)).otherwise("text")
        )
    words = long["text"].unique().sort()
    number = pl.DataFrame({"text": words, "word": np.arange(len(words))})
    order = long.join(number, on="text", how="left", maintain_order="left", validate="m:1")
    order = order.select("name", "at", "word")
    pairs = order.select("name", "word").unique().sort("name", "word")
    held = csr_matrix(
        (np.ones(pairs.height), (pairs["name"].to_numpy(), pairs["word"].to_numpy())),
        shape=(len(names), len(words)),
    )
    return Words(words, held, order)


def bits(words: Words, lists: NDArray[np.int64], persons: bool) -> tuple[Floats, Floats]:
    """Bits that sharing each word tells, by its rarity in the lists and at large, and names that hold it.

    lists: the list of each name. Counted is the list that holds the word most: that both lists know a client
    makes its words no more common.
    """
    which = csr_matrix((np.ones(len(lists)), (lists, np.arange(len(lists)))))
    seen = np.asarray((which @ words.held).max(axis=0).todense()).ravel()
    listed = reference("words")
    shares = {"particles": _PARTICLE} if persons else {"common": _COMMON, "places": _PLACE, "small": _SMALL}
    known = {word: share for section, share in shares.items() for word in listed[section]}
    share = words.words.replace_strict(known, default=_UNKNOWN, return_dtype=pl.Float64).to_numpy()
    found = (seen + _BELIEF * share) / (np.bincount(lists).max() + _BELIEF)
    told: Floats = np.clip(-np.log2(found), 0.2, _MOST_BITS)
    return told, seen


def apart(words: Words, told: Floats) -> Floats:
    """Bits that each word tells where the other name has another in its place: common ones as well.

    "Marine Research Institute" is not "Dental Research Institute", however many names hold either word.
    """
    small = words.words.is_in(reference("words")["small"]).to_numpy()
    least: Floats = np.where(small, told, np.maximum(told, _LEAST_APART))
    return least


def weighted(words: Words, told: Floats, seen: Floats) -> csr_matrix:
    """names × words: the bits of each word in its name, less where a rarer word of the name implies it.

    "United States of America as represented by" tells little more than its rarest word.
    """
    rows = words.held.tocoo()
    tokens = pl.DataFrame({"name": rows.row, "word": rows.col})
    both = tokens.join(tokens.filter(pl.Series(seen)[tokens["word"]] >= _SEEN), on="name", suffix="_by")
    both = both.filter(pl.Series(seen).gather(both["word_by"]) < pl.Series(seen).gather(both["word"]))
    together = both.with_columns(n=pl.len().over("word", "word_by"))
    word, by = together["word"].to_numpy(), together["word_by"].to_numpy()
    chance = (together["n"].to_numpy() + _CONTEXT * 2.0 ** -told[word]) / (seen[by] + _CONTEXT)
    implied = (
        together.select("name", "word", bits=pl.Series(-np.log2(np.minimum(chance, 1.0))))
        .group_by("name", "word")
        .agg(pl.col("bits").min())
    )
    joined = tokens.join(implied, on=["name", "word"], how="left", maintain_order="left", validate="1:1")
    full = told[rows.col]
    least = np.minimum(full, joined["bits"].fill_null(np.inf).to_numpy())
    value = (1 - _REDUNDANT) * full + _REDUNDANT * least
    return csr_matrix((value, (rows.row, rows.col)), shape=words.held.shape)


def numbers(words: Words) -> NDArray[np.bool_]:
    """Which words hold a digit or are Roman numerals."""
    roman = list(reference("organisations")["roman_numerals"])
    held: NDArray[np.bool_] = (words.words.str.contains(r"\d") | words.words.is_in(roman)).to_numpy()
    return held
