"""Nicknames: which given names may stand for one another."""

from functools import cache, lru_cache

import polars as pl
from nicknames import NickNamer

from transforms.normalise.lists import coded
from transforms.normalise.reference import reference
from transforms.normalise.text import folded


def nickname_roots(given: pl.Series) -> pl.Series:
    """For each name the sorted names that its first word may be a short form of, itself included.

    Two given names are nickname-compatible where their lists overlap ("Bill" and "William" share "william").
    Null → empty list. A table lookup, after the `nicknames` library and data/reference/nicknames.yaml.
    """
    code, distinct = coded(given.cast(pl.String))
    first = distinct.to_frame("given").select(pl.col("given").pipe(folded).str.extract(r"^(\S+)")).to_series()
    roots = pl.Series([_roots(name) if name else [] for name in first], dtype=pl.List(pl.String))
    nothing = pl.Series([[]], dtype=pl.List(pl.String))
    return roots.gather(code).fill_null(nothing).alias(given.name)


def is_given_name(given: pl.Series) -> pl.Series:
    """Whether each name is known as a given name or as a short form of one; null is none.

    "Joan" beside "John" is somebody else, "Jhon" a slip.
    """
    distinct = given.unique().drop_nulls()
    known = [name for name in distinct if _namer().nicknames_of(name) or _namer().canonicals_of(name)]
    return given.is_in(pl.Series(known, dtype=pl.String).implode()).fill_null(False)


@lru_cache(maxsize=100_000)  # the next batch holds the same names
def _roots(name: str) -> list[str]:
    return sorted({name, *(c for c in _canonicals(name) if not _is_longer(name, c))})


def _canonicals(name: str) -> set[str]:
    names: set[str] = _namer().canonicals_of(name)
    added = reference("nicknames")["add"].get(name, [])
    return {c for c in names | set(added) if frozenset((name, c)) not in _dropped()}


@cache
def _dropped() -> frozenset[frozenset[str]]:
    return frozenset(frozenset(pair) for pair in reference("nicknames")["drop"])


def _is_longer(name: str, other: str) -> bool:
    """Whether `name`, not `other`, is the full form of two that the library lists as short forms of each
    other.

    The one with more short forms is the full form; "william" is not short for "bill".
    """
    if name not in _canonicals(other):
        return False
    weights = [(len(_namer().nicknames_of(n)), n) for n in (name, other)]
    return weights[0] > weights[1]


@cache
def _namer() -> NickNamer:
    return NickNamer()
