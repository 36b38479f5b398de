"""Which two words are likely one: slips, abbreviations, words written as one, initials, sound, nicknames.

Looked for among the distinct words of all lists, in buckets of words that start, end or sound alike.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein
from scipy.sparse import csr_matrix

from matching import sounds
from matching.words import Words
from transforms import normalise
from transforms.normalise.reference import any_of, reference

_LETTERS = 16
"""A letter too many or too few is looked for in so many first letters of a word."""
_BUCKET = 200
"""A key that more words share is left out: their pairs would be too many."""
_LINKED = 0.9
"""Likeness of nicknames, of words written as one, and of initials, to what they stand for."""
_SLIPS, _SLIP_SHARE = 4.0, 0.1
"""A slip is in so many names at most, or in such a share of the names with the right word."""


@dataclass(frozen=True)
class Alike:
    """What words have to do with each other; both are words × words."""

    like: csr_matrix
    """How far the first is found in the second (1 for the same word)."""
    parts: csr_matrix
    """1 where the second is the first written as one with its neighbours, or their initials."""


def alike(words: Words, persons: bool) -> Alike:
    """Compare the words of all names, of persons or of others."""
    texts, size = words.words, len(words.words)
    parts = pl.concat([_parts(words, persons), _initials(words, persons)]).unique().sort("a", "b")
    found = [_slips(words, persons), _shortened(texts, persons)]
    found += [_both_ways(parts.with_columns(like=pl.lit(_LINKED)))]
    found += [_nicknames(texts), *_sounding(texts)] if persons else [_listed(texts), _with_form(texts)]
    same = pl.DataFrame({"a": np.arange(size), "b": np.arange(size), "like": np.ones(size)})
    table = pl.concat([same, *found], how="vertical_relaxed").group_by("a", "b").agg(pl.col("like").max())
    return Alike(_matrix(table, size), _matrix(parts.with_columns(like=pl.lit(1.0)), size))


def _matrix(table: pl.DataFrame, size: int) -> csr_matrix:
    table = table.sort("a", "b")
    return csr_matrix(
        (table["like"].to_numpy(), (table["a"].to_numpy(), table["b"].to_numpy())), shape=(size, size)
    )


def _numbered(words: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"word": words, "n": np.arange(len(words), dtype=np.int64)})


def _sharing(long: pl.DataFrame, key: str) -> pl.DataFrame:
    """Pairs of rows n < n_b with one key, of keys that are not too common."""
    long = long.filter(pl.len().over(key) <= _BUCKET)
    return long.join(long, on=key, suffix="_b").filter(pl.col("n") < pl.col("n_b"))


def _bucketed(words: pl.Series, persons: bool) -> pl.DataFrame:
    """Pairs of words that start alike, end alike, have the same consonants, or are one slip apart."""
    frame = _numbered(words).filter(
        persons | ~pl.col("word").str.contains(r"\d"),
        pl.col("word").str.len_chars() >= (2 if persons else 4),
    )
    # One letter left out anywhere: words that are one slip apart meet at one of these keys.
    left_out = frame.join(pl.DataFrame({"at": range(_LETTERS)}), how="cross")
    left_out = left_out.filter(pl.col("at") < pl.col("word").str.len_chars())
    less = pl.col("word").str.head(pl.col("at")) + pl.col("word").str.slice(pl.col("at") + 1)
    long = pl.concat(
        [
            frame.select("n", key=pl.lit("start ") + pl.col("word").str.head(3)),
            frame.select("n", key=pl.lit("end ") + pl.col("word").str.tail(4)),
            frame.select("n", key=pl.lit("sound ") + pl.col("word").str.replace_all("[aeiouyhw]", "")),
            frame.select("n", key=pl.lit("less ") + pl.col("word")),
            left_out.select("n", key=pl.lit("less ") + less),
        ]
    )
    return _sharing(long.unique(), "key").select(a="n", b="n_b").unique().sort("a", "b")


def _slips(words: Words, persons: bool) -> pl.DataFrame:
    """Words a slip or two apart of which one is rare: two that many names hold are two words."""
    found = _spelled(words.words, persons)
    names = pl.Series(np.asarray(words.held.sum(axis=0)).ravel())
    one, other = names.gather(found["a"]), names.gather(found["b"])
    rarer, commoner = pl.DataFrame({"one": one, "other": other}).select(
        pl.min_horizontal("one", "other"), other=pl.max_horizontal("one", "other")
    )
    return found.filter(rarer <= _SLIPS + _SLIP_SHARE * commoner)


def _spelled(words: pl.Series, persons: bool) -> pl.DataFrame:
    """Words a slip or two apart: one in short words, two in long ones, three in very long ones."""
    pairs = _bucketed(words, persons)
    left, right = words.gather(pairs["a"]), words.gather(pairs["b"])
    apart = _letters_apart(left, right)
    if persons:
        sound = _letters_apart(sounds.letters(left), sounds.letters(right))
        apart = np.where((sound == 1) & (apart == 2), sound, apart)
    shorter = np.minimum(left.str.len_chars().to_numpy(), right.str.len_chars().to_numpy())
    most = np.where(shorter >= 12, 3, np.where(shorter >= 6, 2, 1))
    kept = apart <= most
    # Of two letters one has to stay in its place, and a third may come in.
    tiny = (left.str.head(1) == right.str.head(1)) | (left.str.tail(1) == right.str.tail(1))
    kept &= (shorter >= 3) | tiny.to_numpy()
    # A slip in a short word makes another word more often than in a long one.
    slip, best = (0.6, 0.95) if persons else (1.2, 0.9)
    like = np.clip(1 - slip * apart / shorter, 0.0, best)
    return _both_ways(pairs.with_columns(like=pl.Series(like)).filter(pl.Series(kept)))


def _letters_apart(left: pl.Series, right: pl.Series) -> NDArray[np.int64]:
    """Letters wrong, missing, too many or swapped between the two words of each pair; 4 for more than 3."""
    return process.cpdist(
        left.to_list(), right.to_list(), scorer=DamerauLevenshtein.distance, score_cutoff=3, dtype=np.int64
    )


def _both_ways(pairs: pl.DataFrame) -> pl.DataFrame:
    pairs = pairs.select(
        pl.col("a").cast(pl.Int64), pl.col("b").cast(pl.Int64), pl.col("like").cast(pl.Float64)
    )
    return pl.concat([pairs, pairs.select(a="b", b="a", like="like")])


def _shortened(words: pl.Series, persons: bool) -> pl.DataFrame:
    """Words cut short, as "calif" of "california": common ones and places; of persons, initials alone."""
    frame = _numbered(words)
    long = frame.filter(pl.col("word").str.len_chars() >= 3)
    cuts = pl.concat(
        long.filter(pl.col("word").str.len_chars() >= size + (2 if size > 1 else 1)).select(
            b="n", word=pl.col("word").str.head(size)
        )
        for size in ((1,) if persons else (1, 3, 4, 5, 6, 7, 8))
    )
    found = frame.join(cuts, on="word").filter(~pl.col("word").str.contains(r"\d"))
    if not persons:
        usual = words.is_in([*reference("words")["common"], *reference("words")["places"]])
        found = found.filter(usual.gather(found["b"]))
    size = pl.col("word").str.len_chars()
    like = pl.when(size == 1).then(0.9 if persons else 0.6).when(size == 3).then(0.6).otherwise(0.8)
    return _both_ways(found.select(a="n", b="b", like=like))


def _parts(words: Words, persons: bool) -> pl.DataFrame:
    """a, b: neighbours that other names write as one word, "blue gum", "bluegum"; of persons, by sound."""
    texts, order = words.words, words.order.sort("name", "at")
    order = order.with_columns(text=texts.gather(order["word"]))
    runs = []
    for size in (2, 3):
        following = [pl.col("text").shift(-k).over("name") for k in range(size)]
        parts = [pl.col("word").shift(-k).over("name") for k in range(size)]
        run = order.select(a=pl.concat_list(parts), one=pl.concat_str(following)).drop_nulls("one")
        runs.append(run.unique().filter(pl.col("one").str.len_chars() >= 4))
    run = pl.concat(runs)
    code = sounds.syllables(run["one"]) if persons else run["one"]
    known = pl.DataFrame({"code": sounds.syllables(texts) if persons else texts, "b": np.arange(len(texts))})
    found = run.with_columns(code=code).join(known, on="code").select("a", pl.col("b").cast(pl.Int64))
    return (
        found.explode("a", empty_as_null=True)
        .with_columns(pl.col("a").cast(pl.Int64))
        .unique()
        .sort("a", "b")
    )


def _initials(words: Words, persons: bool) -> pl.DataFrame:
    """a, b: neighbours whose initials another name has as one word: three to six, of persons two to six."""
    texts, order = words.words, words.order
    small = texts.is_in(reference("words")["small"]).to_numpy()
    order = order.filter(~pl.Series(small).gather(order["word"])).sort("name", "at")
    order = order.with_columns(initial=texts.gather(order["word"]).str.head(1))
    number = _numbered(texts).rename({"word": "short"})
    found = []
    for size in range(2 if persons else 3, 7):
        run = order.with_columns(
            short=pl.concat_str([pl.col("initial").shift(-k).over("name") for k in range(size)]),
            parts=pl.concat_list([pl.col("word").shift(-k).over("name") for k in range(size)]),
        ).drop_nulls("short")
        known = run.join(number, on="short", validate="m:1").select("n", "parts").unique()
        found.append(known.explode("parts", empty_as_null=True).select(a="parts", b="n"))
    return pl.concat(found).cast(pl.Int64).unique()


def _nicknames(words: pl.Series) -> pl.DataFrame:
    """Given names that share a root: "bill" and "william"."""
    roots = normalise.nickname_roots(words)
    long = _numbered(words).select("n", root=roots).explode("root", empty_as_null=True).drop_nulls()
    return _both_ways(_sharing(long, "root").select(a="n", b="n_b", like=pl.lit(_LINKED)).unique())


def _sounding(words: pl.Series) -> list[pl.DataFrame]:
    """Names of one sound, as they are written from other alphabets: "Yusuf" and "Yousef", "Hsi" and "Xi"."""
    numbered = _numbered(words)
    long = numbered.with_columns(code=sounds.consonants(words)).filter(pl.col("code").str.len_chars() >= 3)
    pairs = _sharing(long, "code")
    apart = process.cpdist(
        pairs["word"].to_list(), pairs["word_b"].to_list(), scorer=DamerauLevenshtein.normalized_similarity
    )
    pairs = pairs.with_columns(like=pl.when(pl.Series(apart) >= 0.6).then(0.9).otherwise(0.8))
    syllables = numbered.with_columns(code=sounds.syllables(words))
    eastern = _sharing(syllables.filter(pl.col("code").str.len_chars() >= 2), "code")
    found = [pairs, eastern.with_columns(like=pl.lit(_LINKED))]
    return [_both_ways(pairs.select(a="n", b="n_b", like="like")) for pairs in found]


def _listed(words: pl.Series) -> pl.DataFrame:
    """Spellings of one word that the reference list names."""
    groups = reference("words")["same"]
    table = pl.DataFrame({"word": groups, "group": range(len(groups))}).explode("word", empty_as_null=True)
    long = table.join(_numbered(words), on="word", validate="m:1")
    return _both_ways(_sharing(long.select("n", "group"), "group").select(a="n", b="n_b", like=pl.lit(1.0)))


def _with_form(words: pl.Series) -> pl.DataFrame:
    """Words with a legal form stuck to the end: "kestrelag"."""
    forms = [form for spelled in reference("organisations")["legal_forms"].values() for form in spelled]
    bare = pl.col("word").str.replace(f"{any_of(form for form in forms if ' ' not in form)}$", "")
    number = _numbered(words)
    stuck = number.with_columns(bare=bare).filter(
        pl.col("bare") != pl.col("word"), pl.col("bare").str.len_chars() >= 4
    )
    found = stuck.join(number, left_on="bare", right_on="word", suffix="_b", validate="m:1")
    return _both_ways(found.select(a="n", b="n_b", like=pl.lit(1.0)))
