"""Spellings brought to one form: other scripts of any name; persons and numbers where names stand alone."""

import polars as pl

from transforms import normalise
from transforms.normalise.reference import any_of, reference
from transforms.normalise.text import joined, swap_words

_DIGITS = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b", "9": "g"}
_OTHER = r"[\u0370-\u06ff\u10a0-\u10ff]"
"""Scripts from Greek to Arabic, and Georgian."""
_HAN = r"\p{Han}"
_NAME = 4
"""Characters of a Chinese person's whole name at most."""
_KANA = r"[\u3040-\u30ff\uac00-\ud7af]"
"""Letters of Japanese and Korean names, where Chinese characters are read otherwise."""


def romanised(names: pl.Series, whole: bool = False) -> pl.Series:
    """ "Лавров" → "lavrov": Cyrillic, Greek, Arabic, Georgian, Armenian and Chinese names in Latin letters.

    `whole`: names of a whole person or organisation; a Chinese one begins with the family name there. Names
    without a letter of these scripts stay as they are.
    """
    # Most names are ASCII.
    rows = (names.str.len_bytes() != names.str.len_chars()).arg_true()
    return names.scatter(rows, _romanised(names.gather(rows), whole)) if len(rows) else names


def _romanised(names: pl.Series, whole: bool) -> pl.Series:
    names = _from_chinese(names, whole)
    table = {letter: latin for script in reference("scripts").values() for letter, latin in script.items()}
    name = pl.col("name").str.normalize("NFC").str.to_lowercase().str.replace_all("[\u064b-\u0652]", "")
    # The Arabic article is a word of its own; two letters are consonants where a word begins.
    name = name.str.replace_all(r"\b\u0627\u0644(\S{2})", "al ${1}")
    name = name.str.replace_all(r"\b[\u0648]", "w").str.replace_all(r"\b[\u064a\u06cc]", "y")
    other = names.str.contains(_OTHER).fill_null(False)
    latin = names.filter(other).to_frame("name").select(name.str.replace_many(table)).to_series()
    return names.scatter(other.arg_true(), latin)


def _from_chinese(names: pl.Series, whole: bool) -> pl.Series:
    """ "王小明" → "wang xiaoming", in Pinyin; a part of a name in one word."""
    written = names.str.contains(_HAN).fill_null(False) & ~names.str.contains(_KANA).fill_null(False)
    if not written.any():
        return names
    from pypinyin import lazy_pinyin  # takes a second to import, and few lists need it

    def read(name: str) -> str:
        if not whole or not 2 <= len(name) <= _NAME:
            return "".join(lazy_pinyin(name))
        family = 2 if len(name) == _NAME else 1  # of four characters, two are the family's: 歐陽
        return " ".join("".join(lazy_pinyin(part)) for part in (name[:family], name[family:]))

    # Each run of Chinese characters by itself: what stands around it stays.
    runs = names.filter(written).str.extract_all(rf"{_HAN}+").explode().unique().sort()
    latin = {run: f" {read(run)} " for run in runs}
    longest = sorted(latin, key=len, reverse=True)
    spelled = names.filter(written).str.replace_many(longest, [latin[run] for run in longest], leftmost=True)
    return names.scatter(written.arg_true(), spelled.str.strip_chars())


def letters_for_digits(names: pl.Series) -> pl.Series:
    """ "Sech1n" → "sechin": digits that look like a letter, between letters."""
    for digit, letter in _DIGITS.items():
        names = names.str.replace_all(rf"(\p{{L}}){digit}(\p{{L}})", f"${{1}}{letter}${{2}}")
    return names


def unaddressed(names: pl.Series) -> pl.Series:
    """ "President Smith" → "Smith": without forms of address, where more follows."""
    addresses = any_of(reference("words")["addresses"])
    return names.str.replace(rf"(?i)^\s*(?:{addresses}\s+)+(\S)", "${1}")


def person(names: pl.Series) -> pl.Series:
    """Names in speaking order, folded, with Arabic particles in one spelling."""
    read = normalise.person_name(None, None, None, names)["full_name"]
    name, spelled = pl.col("name"), reference("words")["particle_spellings"]
    # "Ben" is a given name where it comes first.
    first = name.str.extract(r"^(\S+)").pipe(swap_words, spelled["first"])
    rest = name.str.extract(r"^\S+ (.+)$").pipe(swap_words, spelled["first"] | spelled["inside"])
    return read.to_frame("name").select(joined(first, rest)).to_series()


def numbers(names: pl.Series) -> pl.Series:
    """Numbers in words in digits: "brigade forty four" → "brigade 44"."""
    digits = reference("organisations")["number_words"]
    units = {**digits, **{str(n): n for n in range(1, 10)}}
    tens = reference("words")["tens"]
    spelled = {f"{ten} {unit}": str(n + m) for ten, n in tens.items() for unit, m in units.items() if m < 10}
    spelled |= {ten: str(n) for ten, n in tens.items()}
    return names.to_frame("name").select(swap_words(pl.col("name"), spelled)).to_series()
