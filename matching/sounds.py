"""How names sound that are written from other alphabets, each in several ways."""

import polars as pl

_SOUNDS = {
    "ph": "f", "ck": "k", "kh": "k", "gh": "k", "q": "k", "c": "k", "g": "k", "w": "v", "z": "s", "j": "y",
    "sch": "s", "sh": "s", "tch": "s", "ch": "s", "tz": "s", "ts": "s", "dj": "y", "x": "ks",
}  # fmt: skip
"""Letters that other alphabets' names are written with, by sound."""
_SYLLABLES = {
    "hs": "s", "sh": "s", "x": "s", "zh": "j", "ch": "j", "q": "j", "tz": "z", "ts": "z", "c": "z",
    "t": "d", "k": "g", "p": "b", "ung": "ong", "ien": "ian", "eo": "o", "oo": "u",
}  # fmt: skip
"""Letters by sound in Chinese names, by Wade-Giles and by Pinyin, and in Korean ones: "Hsi", "Xi"."""


def letters(words: pl.Series) -> pl.Series:
    """Each folded word in letters of one sound each: "Sergej" and "Sergey" have the same."""
    return words.str.replace_many(_SOUNDS, leftmost=True)


def consonants(words: pl.Series) -> pl.Series:
    """The first sound and the consonants of each folded word: "Yusuf" and "Yousef" have the same."""
    sound = letters(words)
    first = sound.str.head(1).replace(dict.fromkeys("eouiy", "a"))
    code = first + sound.str.slice(1).str.replace_all("[aeiouyh]", "")
    for letter in "bdfklmnprstv":
        code = code.str.replace_all(f"{letter}{letter}+", letter)
    return code


def syllables(words: pl.Series) -> pl.Series:
    """Each folded word with its vowels, as East Asian names sound: "Tsetung" and "Zedong" have the same."""
    return words.str.replace_many(_SYLLABLES, leftmost=True)
