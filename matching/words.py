"""Words of names: how much each tells, and which two words are likely one.

Spelling errors, abbreviations by the start of a word, words written as one, and initials that stand for
several words. All of it is worked out once over the distinct words of the lists, never per pair of records.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein
from scipy.sparse import csr_matrix

from matching.model import Floats
from transforms import normalise
from transforms.normalise.reference import reference

_COMMON, _PLACE, _SMALL = 2e-2, 3e-3, 0.3
"""Share of all names that a word of organisations, of places, or of no meaning ("of") is taken to be in."""
_PARTICLE = 0.1
_UNKNOWN = 2e-4
_BELIEF = 1000.0
"""Names of belief in these shares, against the shares seen in the lists."""
_MOST_BITS = 12.0
_LETTERS = 16
"""A letter too many or too few is looked for in so many first letters of a word."""
_BUCKET = 200
"""Most words of one start or one end that are compared with each other."""
_LINKED = 0.9
"""Likeness of words written as one, and of initials, to what they stand for."""
_CONTEXT = 5.0
"""Names of belief that two words come together by chance."""
_SEEN = 4
"""A word in fewer names says nothing of which words come with it."""
SLOPE=[1.2,.6]; TOP=[.9,.95]; LONG3=12; PLEN=6; OLEN=6
FLOORB=8.0
_MEANING = 0.7
"""How far a word that always comes with a rarer one of the name is taken to tell nothing more."""


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
    """Bits that sharing each word tells, its rarity in the lists and in names at large; names of a list with it.

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
    least: Floats = np.where(small, told, np.maximum(told, FLOORB))
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
    value = (1 - _MEANING) * full + _MEANING * least
    return csr_matrix((value, (rows.row, rows.col)), shape=words.held.shape)


def alike(words: Words, persons: bool) -> csr_matrix:
    """words × words: how far the first is found in the second (1 for the same word)."""
    texts = words.words
    found = [_spelled(texts, persons), _shortened(texts, persons), _joined(words), _initials(words, persons)]
    found += [_nicknames(texts), _sounding(texts)] if persons else [_listed(texts)]
    size = len(words.words)
    same = pl.DataFrame({"a": np.arange(size), "b": np.arange(size), "like": np.ones(size)})
    table = pl.concat([same, *found], how="vertical_relaxed").group_by("a", "b").agg(pl.col("like").max())
    table = table.sort("a", "b")
    return csr_matrix(
        (table["like"].to_numpy(), (table["a"].to_numpy(), table["b"].to_numpy())), shape=(size, size)
    )


_NONE = pl.DataFrame(schema={"a": pl.Int64, "b": pl.Int64, "like": pl.Float64})


def _bucketed(words: pl.Series, persons: bool) -> pl.DataFrame:
    """Pairs of words (a < b) that start alike, end alike or have the same consonants."""
    frame = pl.DataFrame({"word": words, "n": np.arange(len(words), dtype=np.int64)}).filter(
        persons | ~pl.col("word").str.contains(r"\d"), pl.col("word").str.len_chars() >= (2 if persons else 4)
    )
    keys = [
        pl.lit("s") + pl.col("word").str.head(3),
        pl.lit("e") + pl.col("word").str.tail(4),
        pl.lit("c") + pl.col("word").str.replace_all("[aeiouyhw]", ""),
    ]
    # One letter left out anywhere: words that are one slip apart meet at one of these keys.
    left_out = frame.join(pl.DataFrame({"at": range(_LETTERS)}), how="cross").filter(
        pl.col("at") < pl.col("word").str.len_chars()
    )
    less = pl.lit("d") + pl.col("word").str.head(pl.col("at")) + pl.col("word").str.slice(pl.col("at") + 1)
    long = pl.concat(
        [
            *(frame.select("n", key=key) for key in keys),
            left_out.select("n", key=less),
            frame.select("n", key=pl.lit("d") + pl.col("word")),
        ]
    ).unique()
    long = long.filter(pl.len().over("key") <= _BUCKET)
    pairs = long.join(long, on="key", suffix="_b").filter(pl.col("n") < pl.col("n_b"))
    return pairs.select(a="n", b="n_b").unique().sort("a", "b")


def _spelled(words: pl.Series, persons: bool) -> pl.DataFrame:
    """Words a slip or two apart: one in short words, two in long ones, three in very long ones."""
    pairs = _bucketed(words, persons)
    if pairs.is_empty():
        return _NONE
    left, right = words.gather(pairs["a"]), words.gather(pairs["b"])
    apart = process.cpdist(
        left.to_list(), right.to_list(), scorer=DamerauLevenshtein.distance, score_cutoff=3
    )
    shorter = np.minimum(left.str.len_chars().to_numpy(), right.str.len_chars().to_numpy())
    most = np.where(shorter >= LONG3, 3, np.where(shorter >= (PLEN if persons else OLEN), 2, 1))
    kept = apart <= most
    # Of two letters one has to stay in its place, and a third may come in.
    tiny = (left.str.head(1) == right.str.head(1)) | (left.str.tail(1) == right.str.tail(1))
    kept &= (shorter >= 3) | tiny.to_numpy()
    # A slip in a short word makes another word more often than in a long one.
    like = np.clip(1 - SLOPE[persons] * apart / shorter, 0.0, TOP[persons])
    return _both_ways(pairs.with_columns(like=pl.Series(like)).filter(pl.Series(kept)))


def _both_ways(pairs: pl.DataFrame) -> pl.DataFrame:
    pairs = pairs.select(pl.col("a").cast(pl.Int64), pl.col("b").cast(pl.Int64), pl.col("like").cast(pl.Float64))
    return pl.concat([pairs, pairs.select(a="b", b="a", like="like")])


def _shortened(words: pl.Series, persons: bool) -> pl.DataFrame:
    """Words cut short: "calif" and "california"; an initial, weakly."""
    frame = pl.DataFrame({"word": words, "n": np.arange(len(words), dtype=np.int64)})
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


def _joined(words: Words) -> pl.DataFrame:
    """Two neighbours that other names write as one word: "sun microsystems", "sunmicrosystems"."""
    order = words.order
    after = order.select("name", at=pl.col("at") - 1, second="word")
    pairs = order.join(after, on=["name", "at"], validate="1:1").select("word", "second").unique()
    texts = words.words
    pairs = pairs.with_columns(
        one=texts.gather(pairs["word"]) + texts.gather(pairs["second"]),
    )
    number = pl.DataFrame({"one": texts, "n": np.arange(len(texts))})
    found = pairs.join(number, on="one", validate="m:1").filter(pl.col("one").str.len_chars() >= 4)
    parts = [found.select(a=pl.col(part), b="n", like=pl.lit(_LINKED)) for part in ("word", "second")]
    return _both_ways(pl.concat(parts)) if found.height else _NONE


def _initials(words: Words, persons: bool) -> pl.DataFrame:
    """Words that are the initials of three to six neighbours in another name."""
    texts, order = words.words, words.order
    small = texts.is_in(reference("words")["small"]).to_numpy()
    order = order.filter(~pl.Series(small).gather(order["word"])).sort("name", "at")
    order = order.with_columns(initial=texts.gather(order["word"]).str.head(1))
    number = pl.DataFrame({"short": texts, "n": np.arange(len(texts))})
    found = []
    for size in range(2 if persons else 3, 7):
        run = order.with_columns(
            short=pl.concat_str([pl.col("initial").shift(-k).over("name") for k in range(size)]),
            parts=pl.concat_list([pl.col("word").shift(-k).over("name") for k in range(size)]),
        ).drop_nulls("short")
        known = run.join(number, on="short", validate="m:1").select("n", "parts").unique()
        found.append(known.explode("parts", empty_as_null=True).select(a="parts", b="n", like=pl.lit(_LINKED)))
    return _both_ways(pl.concat(found).unique())


def _nicknames(words: pl.Series) -> pl.DataFrame:
    """Given names that share a root: "bill" and "william"."""
    roots = normalise.nickname_roots(words)
    long = pl.DataFrame({"n": np.arange(len(words)), "root": roots}).explode("root", empty_as_null=True)
    long = long.drop_nulls()
    pairs = long.join(long, on="root", suffix="_b").filter(pl.col("n") < pl.col("n_b"))
    return _both_ways(pairs.select(a="n", b="n_b", like=pl.lit(_LINKED)).unique())


def _sounding(words: pl.Series) -> pl.DataFrame:
    """Names of one sound, as they are written from other alphabets: "Qaddafi" and "Gaddafi"."""
    sound = words.str.replace_many(
        ["ph", "ck", "kh", "gh", "q", "c", "g", "w", "z", "j", "sch", "sh", "tch", "ch", "tz", "ts", "dj"],
        ["f", "k", "k", "k", "k", "k", "k", "v", "s", "y", "s", "s", "s", "s", "s", "s", "y"],
        leftmost=True,
    ).str.replace_all("x", "ks", literal=True)
    first = sound.str.head(1).replace({"e": "a", "o": "a", "u": "a", "i": "a", "y": "a"})
    code = first + sound.str.slice(1).str.replace_all("[aeiouyh]", "")
    for letter in "bdfklmnprstv":
        code = code.str.replace_all(f"{letter}{letter}+", letter)
    long = pl.DataFrame({"n": np.arange(len(words), dtype=np.int64), "code": code, "word": words})
    long = long.filter(pl.col("code").str.len_chars() >= 3, pl.len().over("code") <= _BUCKET)
    pairs = long.join(long, on="code", suffix="_b").filter(pl.col("n") < pl.col("n_b"))
    apart = process.cpdist(
        pairs["word"].to_list(), pairs["word_b"].to_list(), scorer=DamerauLevenshtein.normalized_similarity
    )
    pairs = pairs.with_columns(like=pl.when(pl.Series(apart) >= 0.6).then(0.9).otherwise(0.8))
    return _both_ways(pairs.select(a="n", b="n_b", like="like"))


def _listed(words: pl.Series) -> pl.DataFrame:
    """Spellings of one word that the reference list names."""
    groups = reference("words")["same"]
    long = pl.DataFrame([(word, i) for i, group in enumerate(groups) for word in group], ["word", "group"], orient="row")
    long = long.join(pl.DataFrame({"word": words, "n": np.arange(len(words), dtype=np.int64)}), on="word")
    pairs = long.join(long, on="group", suffix="_b").filter(pl.col("n") < pl.col("n_b"))
    same = pairs.select(a="n", b="n_b", like=pl.lit(1.0))
    forms = [form for forms in reference("organisations")["legal_forms"].values() for form in forms if " " not in form]
    number = pl.DataFrame({"word": words, "n": np.arange(len(words), dtype=np.int64)})
    glued = number.join(number.filter(pl.col("word").str.len_chars() >= 4), how="cross") if False else number.with_columns(
        short=pl.col("word").str.replace(f"({'|'.join(sorted(forms))})$", "")
    ).join(number, left_on="short", right_on="word", suffix="_b").filter(pl.col("n") != pl.col("n_b"), pl.col("short").str.len_chars() >= 4)
    return _both_ways(pl.concat([same, glued.select(a="n", b="n_b", like=pl.lit(1.0))]))


def numbers(words: Words) -> NDArray[np.bool_]:
    """Which words hold a digit or are Roman numerals."""
    roman = list(reference("organisations")["roman_numerals"])
    held: NDArray[np.bool_] = (words.words.str.contains(r"\d") | words.words.is_in(roman)).to_numpy()
    return held

