"""Blocking: the pairs worth comparing.

Each key is a way in which a person would find the other record. A bucket of one key that would give too many
pairs in a partition is dropped: a tighter key of the same records (whole name instead of name code) stays.
Small partitions are compared in full.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.buckets import Scope, buckets, is_first
from matching.parallel import over

ALL_PAIRS = 2_000
"""A partition of at most so many pairs is compared in full."""


@dataclass(frozen=True, eq=False)
class Key:
    """One blocking key: what records must have in common, out of the columns of `prepared`."""

    name: str
    needs: tuple[str, ...]
    parts: tuple[pl.Expr, ...]
    """What makes up the value of a record; none has a value of whom one is missing."""
    limit: int = 400
    """Most pairs that one bucket may give."""
    entries: tuple[pl.Expr, ...] = ()
    """Texts, or lists of them, of which each makes a value of its own with the parts."""
    points: int = 4
    """How far sharing it goes towards `ENOUGH`."""
    weak: bool = False
    """Used only where there are few keys: it finds nothing that the others miss, and many pairs."""
    spare: bool = False
    """Used only where records hold little beside names and places: it finds what several slips spoil."""


ENOUGH = 4
"""Points that make a pair worth comparing, where there are clues of many kinds."""
_FEW_KEYS = 12
"""With no more keys than this every shared key counts: there is nothing else to go by."""


def _all(*columns: str) -> tuple[pl.Expr, ...]:
    return tuple(pl.col(column) for column in columns)


def _start(column: str, letters: int) -> pl.Expr:
    return pl.col(column).str.head(letters)


def _home(value: pl.Expr) -> pl.Expr:
    """Part of an address, but of no address that too many share."""
    return pl.when(~pl.col("address_hub")).then(value)


def _both(one: pl.Expr, other: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Two parts of which it does not matter which is which."""
    numbers = _number(one), _number(other)
    return pl.min_horizontal(numbers), pl.max_horizontal(numbers)


def _number(value: pl.Expr) -> pl.Expr:
    return pl.when(value.is_not_null()).then(value.hash())


_YEAR, _BIRTHDAY, _DAY = _start("dob", 4), pl.col("dob").str.slice(5, 5), pl.col("dob").str.slice(8, 2)
_HOUSE, _ANY_HOUSE = _home(pl.col("house")), pl.col("house").fill_null("")
_STREET5, _STREET6, _STREET8 = (_home(_start("street", letters)) for letters in (5, 6, 8))
_CITY5, _POST_CODE, _FAMILY = _start("city", 5), pl.col("post_code"), pl.col("family_code")
_ENTRY = pl.element()
_STREET_WORDS = pl.col("street").str.split(" ").list.eval(_ENTRY.filter(_ENTRY.str.len_chars() >= 5))

KEYS = (
    Key("whole name", ("given", "family"), _both(*_all("given", "family")), 5_000),
    Key("family code and initial", ("given", "family"), (_FAMILY, _start("given", 1)), 1_500),
    Key("family code and nickname", ("given", "family"), (_FAMILY,), 1_500, _all("given_roots")),
    Key("given name and start of family name", ("given", "family"), (pl.col("given"), _start("family", 2)),
        1_500),
    Key("initials swapped", ("given", "family"), (pl.col("given_code"), _start("family", 3)), 1_000,
        spare=True),
    Key("family code", ("family",), (_FAMILY,), 100, weak=True),
    Key("given name", ("given",), _all("given"), 100, weak=True),
    Key("birth date", ("dob",), _all("dob"), 1_500),
    Key("given name and birth year", ("given", "dob"), (pl.col("given_code"), _YEAR), 1_500),
    Key("family name and birthday", ("family", "dob"), (_FAMILY, _BIRTHDAY), 1_500),
    Key("birth year and day, and postcode", ("dob", "post_code"), (_YEAR, _DAY, _POST_CODE), 1_000,
        spare=True),
    Key("birthday and postcode", ("dob", "post_code"), (_BIRTHDAY, _POST_CODE), 1_000, spare=True),
    Key("birth month and street", ("dob", "street"), (_start("dob", 7), _start("street", 6)), 1_000,
        spare=True),
    Key("initials and postcode", ("given", "family", "post_code"),
        (*_both(_start("given", 2), _start("family", 2)), _POST_CODE), 1_000),
    Key("family name and postcode", ("family", "post_code"), (_FAMILY, _POST_CODE), 300, spare=True),
    Key("whole text", ("whole",), _all("whole_sorted"), 5_000),
    Key("words of the whole name", ("whole",), (), 60, (pl.col("whole").str.split(" "),), weak=True),
    Key("organisation name", ("org",), _all("org_sorted"), 5_000),
    Key("words of the organisation", ("org",), (), 400, _all("org_tokens"), points=2),
    Key("start of the organisation", ("org",),
        (pl.col("org").str.replace_all(" ", "", literal=True).str.head(6),), 1_000, points=3),
    Key("code of the organisation", ("org",), (_start("org_code", 5),), 1_000, points=3),
    Key("other organisation name", ("org",), (), 1_000, _all("org", "org_other")),
    Key("initials of the organisation", ("org",), (), 400, _all("org", "org_acronym")),
    Key("e-mail", ("emails",), (), 1_000, _all("emails_own", "emails_family")),
    Key("phone", ("phones",), (), 1_000,
        tuple(phones.list.eval(_ENTRY.str.tail(8)) for phones in _all("phones_own", "phones_family"))),
    Key("website", ("websites",), (), 1_000, _all("websites_own", "websites_family")),
    Key("address", ("street",), (_HOUSE, _start("street", 5), _POST_CODE), 1_000),
    Key("street and postcode", ("street",), (_STREET8, _POST_CODE), 400, spare=True),
    Key("street and city", ("street", "city"), (_STREET5, _CITY5), 300, spare=True),
    Key("words of the street, and city", ("street", "city"), (_CITY5,), 100, (_home(_STREET_WORDS),),
        spare=True),
    Key("number and street", ("house", "street"), (_HOUSE, _start("street", 6)), 100, spare=True),
    Key("number and city", ("house", "city"), (_HOUSE, _start("city", 6)), 300, points=2, spare=True),
    Key("either name and postcode", ("given", "family", "post_code"), (_POST_CODE,), 300,
        _all("given", "family"), spare=True),
    Key("either name and city", ("given", "family", "city"), (_CITY5,), 300, _all("given", "family"),
        points=2, spare=True),
    Key("given name and city", ("given", "city"), (_start("given", 4), _CITY5), 300, points=2, spare=True),
    Key("family name and city", ("family", "city"), (_FAMILY, _CITY5), 300, points=2, spare=True),
    Key("birth year and city", ("dob", "city"), (_YEAR, _CITY5), 300, spare=True),
    Key("address and initial", ("given", "street"), (_ANY_HOUSE, _STREET8, _start("given", 1)), 200,
        spare=True),
    Key("address and family name", ("family", "street"), (_ANY_HOUSE, _STREET8, _FAMILY), 200, spare=True),
    Key("address and birth year", ("dob", "street"), (_ANY_HOUSE, _STREET8, _YEAR), 200, spare=True),
    Key("number and postcode", ("house", "post_code"), (_HOUSE, _POST_CODE), 200, spare=True),
    Key("tax number", ("tax_last3",), _all("tax_number"), 5_000),
    Key("tax number end and initial", ("tax_last3", "whole"), (pl.col("tax_last3"), _start("whole", 2)),
        1_000),
    Key("tax number end and family name", ("tax_last3", "family"), (pl.col("tax_last3"), _FAMILY), 1_000),
    Key("business number", ("business_number",), _all("business_number"), 5_000),
    Key("company number", ("company_number",), _all("company_number"), 5_000),
    Key("old sync link", ("sync",), (), 5_000, _all("sync")),
    Key("Xero organisation", ("organisations",), (), 5_000, _all("organisations")),
)  # fmt: skip


def free_keys(free: Collection[tuple[str, str]]) -> list[Key]:
    """Keys of the fields that are compared under their own name."""
    found = []
    for column, kind in free:
        if kind == "identifier":
            found.append(Key(column, (column,), _all(column), 5_000))
        if kind == "text":
            words = pl.col(column).str.split(" ").list.unique()
            found.append(Key(f"{column}: words", (column,), (), 400, (words,)))
            found.append(Key(f"{column}: start", (column,), (_start(column, 8),), 1_000))
    return found


def _together(columns: Collection[str], free: Collection[tuple[str, str]]) -> list[Key]:
    """The key of records that agree on all that is compared: where no single field finds anybody."""
    few = [
        c for c in ("house", "city", "post_code", "region", *(column for column, _ in free)) if c in columns
    ]
    return [Key("all fields", tuple(few), _all(*few), 1_000)] if few else []


def keys_for(
    columns: Collection[str], free: Collection[tuple[str, str]] = (), spare: bool = False
) -> list[Key]:
    """The keys that prepared columns of these names allow; with `spare`, those for scant records."""
    allowed = [key for key in KEYS if set(key.needs) <= set(columns)] + free_keys(free)
    allowed = [key for key in allowed if spare or not key.spare] or _together(columns, free)
    return [key for key in allowed if not key.weak] if len(allowed) > _FEW_KEYS else allowed


def in_turn(keys: list[Key]) -> tuple[list[Key], list[Key]]:
    """The keys for all records, and those for the records that these leave without a partner: all, or none.

    What spare keys find beside many others is hardly ever a match, and nearly never of a record that has one.
    """
    first = [key for key in keys if not key.spare]
    several = len(keys) > len(first) > _FEW_KEYS
    return (first, keys) if several else (keys, [])


_IS_SMALL = pl.len().over("part_no").cast(pl.Float64) ** 2 / 2 <= ALL_PAIRS
SMALL = Key("small partition", (), (pl.when(_IS_SMALL).then(pl.lit("all")),), ALL_PAIRS * 2, points=ENOUGH)
"""What all records of a partition of few pairs share."""


def candidates(con: duckdb.DuckDBPyConnection, frame: pl.DataFrame, keys: list[Key], scope: Scope) -> None:
    """Make table `candidate(l, r)` of the pairs that `blocked` finds."""
    make_table(con, "candidate", blocked(frame, keys, scope))


def make_table(con: duckdb.DuckDBPyConnection, name: str, rows: pl.DataFrame) -> None:
    """Temporary table of `rows` in place of one that may be there."""
    con.register("made", rows)
    con.execute(f"create or replace temp table {name} as select * from made")
    con.unregister("made")


def blocked(frame: pl.DataFrame, keys: list[Key], scope: Scope, small: bool = True) -> pl.DataFrame:
    """l, r (UInt32): pairs of rids of `frame`, l < r, sorted, whose shared keys have points enough.

    frame: of `Prepared`. A bucket over its key's limit is left out; a partition of few pairs is taken whole,
    unless `small` is false. A person (entity 1) is no organisation (entity 2).
    """
    lists, entity = (_by_rid(frame, column) for column in ("list", "entity"))

    keys_and_small = [*keys, SMALL] if small else keys
    hashed = hashes(frame, keys_and_small)

    def pairs_of(key: Key) -> NDArray[np.int64]:
        held = records_of(frame, key, hashed)
        left, right = buckets(held["value"].to_numpy(), held["rid"].to_numpy()).pairs(lists, scope, key.limit)
        comparable = entity[left] + entity[right] != 3
        # Numbers are sorted much faster than rows: both records, then the points in the last three bits.
        wide: NDArray[np.int64] = (left << 33 | right << 3 | key.points)[comparable]
        return wide

    shared = np.concatenate(over(pairs_of, keys_and_small))
    shared.sort()
    first = np.flatnonzero(is_first(shared >> 3))
    points = np.add.reduceat(shared & 7, first) if len(first) else first
    pair = shared[first[points >= (ENOUGH if len(keys) > _FEW_KEYS else 1)]]
    ends = {"l": pair >> 33, "r": pair >> 3 & (1 << 30) - 1}
    return pl.DataFrame({end: rid.astype(np.uint32) for end, rid in ends.items()})


def _by_rid(frame: pl.DataFrame, column: str) -> NDArray[np.uint8]:
    values = np.zeros(int(frame["rid"].max() or 0) + 1, np.uint8)  # type: ignore[arg-type]  # a number
    values[frame["rid"].to_numpy()] = frame[column].to_numpy()
    return values


_MIX = pl.lit(0x9E3779B97F4A7C15, pl.UInt64)


def hashes(frame: pl.DataFrame, keys: Sequence[Key]) -> dict[Key, pl.Series]:
    """For each key a hash of partition and parts of every record of `frame`, null where it lacks a part."""

    def value(key: Key) -> pl.Expr:
        return reduce(
            lambda value, part: value * _MIX + _number(part), key.parts, pl.col("part_no").cast(pl.UInt64)
        )

    # Many keys share a part, which Polars works out once.
    found = frame.lazy().select(value(key).alias(str(i)) for i, key in enumerate(keys)).collect()
    return dict(zip(keys, found, strict=True))


def records_of(frame: pl.DataFrame, key: Key, hashed: Mapping[Key, pl.Series]) -> pl.DataFrame:
    """rid and value of the records of `frame` that have the key; hashed: of `hashes`.

    A record with several entries has a row for each, and may have the same twice.
    """
    held = frame.select("rid", value=hashed[key])
    if not key.entries:
        return held.drop_nulls()
    entries = [frame.select(entry=entry) for entry in key.entries]
    found = [held.hstack(entry).drop_nulls() for entry in entries]
    found = [
        some.explode("entry", empty_as_null=False) if some["entry"].dtype == pl.List else some
        for some in found
    ]
    return pl.concat(found).drop_nulls().select("rid", value=pl.col("value") * _MIX + pl.col("entry").hash())
