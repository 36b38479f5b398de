"""Folding: the one form in which two spellings of a text are compared."""

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl

# Letters that Unicode does not take apart into a base letter and a mark.
_LETTERS = {
    "ø": "o",
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ħ": "h",
    "ı": "i",
}
_APOSTROPHES = "['’‘‛ʼʻʽʹˈ`´′＇՚\u02bf\u02be\ua78c]"
_INVISIBLE = "[\u00ad\u200b-\u200f\u2060\ufeff\u202a-\u202e]"
_BETWEEN = r"[^\p{L}\p{M}\p{N} ][^\p{L}\p{M}\p{N}]*| [^\p{L}\p{M}\p{N}]+"
"""What stands between words, but for the single space that most have there already."""

ONE_DIGIT = f"^(?:{'|'.join(f'{digit}+' for digit in range(10))})$"
"""Matches a number that is a run of one digit, as people type where they know none."""


def lowered(text: pl.Expr) -> pl.Expr:
    """Lower case without diacritics and apostrophes; punctuation and white space stay as they are."""
    return text.map_batches(_lowered, return_dtype=pl.String)


def _lowered(text: pl.Series) -> pl.Series:
    plain = text.str.to_lowercase().str.replace_all("['`]", "")
    # Most names are ASCII, and normalising them costs more than all the rest.
    places = (text.str.len_bytes() != text.str.len_chars()).arg_true()
    normal = (
        text.gather(places)
        .str.replace_all(f"{_APOSTROPHES}|{_INVISIBLE}", "")  # before NFKD, which makes ´ a space
        .str.normalize("NFKD")
        .str.to_lowercase()
        # Marks of Latin, Greek and Cyrillic letters only: those of Indic scripts are vowels.
        .str.replace_all(f"[\u0300-\u036f]|{_APOSTROPHES}", "")
        .str.replace_many(_LETTERS)
        .str.normalize("NFKC")  # Hangul and kana marks together again
    )
    return plain.scatter(places, normal)


def words(text: pl.Expr) -> pl.Expr:
    """Letters and digits with one space between; empty → null."""
    return text.str.replace_all(_BETWEEN, " ").str.strip_chars(" ").replace("", None)


def folded(text: pl.Expr) -> pl.Expr:
    """The expression behind `fold`."""
    return words(lowered(text))


def fold(values: pl.Series) -> pl.Series:
    """Lower case, no diacritics or macrons, apostrophes gone, other punctuation one space; empty → null.

    Text in, text out, of the same length. Scripts other than Latin are kept.
    """
    return of_series(values, folded)


def of_series(values: pl.Series, expression: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    """`expression` over one series of text; a series of another type is cast to text first."""
    return values.cast(pl.String).to_frame("value").select(expression(pl.col("value"))).to_series()


def present(text: pl.Expr) -> pl.Expr:
    """Trimmed text; blank → null."""
    return text.str.strip_chars().replace("", None)


def joined(*parts: pl.Expr) -> pl.Expr:
    """The parts that are there with a space between; null where none is."""
    return pl.concat_str(*parts, separator=" ", ignore_nulls=True).replace("", None)


def swap_words(text: pl.Expr, table: Mapping[str, str]) -> pl.Expr:
    """Folded `text` with every word (or run of words) of `table` replaced; an empty replacement drops it.

    Every word gets spaces of its own, so that one Aho-Corasick pass can replace neighbours too; runs of
    words are replaced in a second pass, over single spaces.
    """
    single = {f" {k} ": f" {v} " if v else "" for k, v in table.items() if " " not in k}
    runs = {f" {k} ": f" {v} " for k, v in table.items() if " " in k}
    padded = pl.concat_str(pl.lit(" "), text, pl.lit(" "))
    if runs:
        padded = padded.str.replace_many(runs, leftmost=True)
    if single:
        doubled = padded.str.strip_chars(" ").str.replace_all(" ", "  ", literal=True)
        padded = pl.concat_str(pl.lit(" "), doubled, pl.lit(" ")).str.replace_many(single)
    return padded.str.replace_all("  +", " ").str.strip_chars(" ").replace("", None)


def over_distinct(frame: pl.DataFrame, make: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
    """`make` of the distinct rows of `frame` (as many rows out as in), spread over all rows, in order.

    Rows are told apart by a hash of 64 bits.
    """
    distinct = frame.hash_rows().to_arrow().dictionary_encode()
    group = distinct.indices.to_numpy()
    first = np.empty(len(distinct.dictionary), np.int64)
    first[group[::-1]] = np.arange(frame.height)[::-1]
    found: pl.DataFrame = make(frame[first])[group]
    return found
