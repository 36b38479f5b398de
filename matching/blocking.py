"""Blocking: the pairs worth comparing.

Each key is a way in which a person would find the other record. A bucket of one key that would give too many
pairs in a partition is dropped: a tighter key of the same records (whole name instead of name code) stays.
Small partitions are compared in full.
"""

from collections.abc import Collection
from dataclasses import dataclass

import duckdb
import polars as pl

from matching.buckets import Scope, buckets

ALL_PAIRS = 2_000
"""A partition of at most so many pairs is compared in full."""


@dataclass(frozen=True)
class Key:
    """One blocking key: a value per record, or a list of values."""

    name: str
    needs: tuple[str, ...]
    value: str
    limit: int = 400
    """Most pairs that one bucket may give."""
    several: bool = False
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

KEYS = (
    Key("whole name", ("given", "family"), "least(given, family) || ' ' || greatest(given, family)", 5_000),
    Key("family code and initial", ("given", "family"), "family_code || ' ' || left(given, 1)", 1_500),
    Key("given name and start of family name", ("given", "family"), "given || ' ' || left(family, 2)", 1_500),
    Key("initials swapped", ("given", "family"), "given_code || ' ' || left(family, 3)", 1_000, spare=True),
    Key("family code", ("family",), "family_code", 100, weak=True),
    Key("given name", ("given",), "given", 100, weak=True),
    Key("birth date", ("dob",), "dob", 1_500),
    Key("given name and birth year", ("given", "dob"), "given_code || dob[1:4]", 1_500),
    Key("family name and birthday", ("family", "dob"), "family_code || dob[6:10]", 1_500),
    Key("birth year and day, and postcode", ("dob", "post_code"), "dob[1:4] || dob[9:10] || post_code",
        1_000, spare=True),
    Key("birthday and postcode", ("dob", "post_code"), "dob[6:10] || post_code", 1_000, spare=True),
    Key("birth month and street", ("dob", "street"), "dob[1:7] || left(street, 6)", 1_000, spare=True),
    Key("initials and postcode", ("given", "family", "post_code"),
        "least(given[1:2], family[1:2]) || greatest(given[1:2], family[1:2]) || post_code", 1_000),
    Key("given name and postcode", ("given", "post_code"), "given || post_code", 300, spare=True),
    Key("family name and postcode", ("family", "post_code"), "family_code || post_code", 300, spare=True),
    Key("whole text", ("whole",), "whole_sorted", 5_000),
    Key("words of the whole name", ("whole",), "string_split(whole, ' ')", 60, True, weak=True),
    Key("organisation name", ("org",), "org_sorted", 5_000),
    Key("words of the organisation", ("org",), "org_tokens", 400, True, points=2),
    Key("start of the organisation", ("org",), "left(replace(org, ' ', ''), 6)", 1_000, points=3),
    Key("code of the organisation", ("org",), "left(org_code, 5)", 1_000, points=3),
    Key("other organisation name", ("org",), "[org, org_other]", 1_000, True),
    Key("initials of the organisation", ("org",), "[org, org_acronym]", 400, True),
    Key("e-mail", ("emails",), "list_concat(emails_own, emails_family)", 1_000, True),
    Key("phone", ("phones",),
        "list_transform(list_concat(phones_own, phones_family), x -> right(x, 8))", 1_000, True),
    Key("website", ("websites",), "list_concat(websites_own, websites_family)", 1_000, True),
    Key("address", ("street",),
        "case when not address_hub then house || ' ' || left(street, 5) || post_code end", 1_000),
    Key("street and postcode", ("street",),
        "case when not address_hub then left(street, 8) || ' ' || post_code end", 400, spare=True),
    Key("street and city", ("street", "city"),
        "case when not address_hub then left(street, 5) || ' ' || left(city, 5) end", 300, spare=True),
    Key("words of the street, and city", ("street", "city"),
        "case when not address_hub then list_transform(list_filter(string_split(street, ' '),"
        " lambda word: length(word) >= 5), lambda word: word || ' ' || left(city, 5)) end",
        100, True, spare=True),
    Key("number and street", ("house", "street"),
        "case when not address_hub then house || ' ' || left(street, 6) end", 100, spare=True),
    Key("number and city", ("house", "city"),
        "case when not address_hub then house || ' ' || left(city, 6) end", 300, points=2, spare=True),
    Key("given name and city", ("given", "city"), "given[1:4] || ' ' || left(city, 5)", 300, points=2,
        spare=True),
    Key("family name and city", ("family", "city"), "family_code || ' ' || left(city, 5)", 300, points=2,
        spare=True),
    Key("birth year and city", ("dob", "city"), "dob[1:4] || ' ' || left(city, 5)", 300, points=2,
        spare=True),
    Key("address and initial", ("given", "street"),
        "case when not address_hub then coalesce(house, '') || left(street, 8) || given[1] end", 200,
        spare=True),
    Key("address and family name", ("family", "street"),
        "case when not address_hub then coalesce(house, '') || left(street, 8) || family_code end", 200,
        spare=True),
    Key("address and birth year", ("dob", "street"),
        "case when not address_hub then coalesce(house, '') || left(street, 8) || dob[1:4] end", 200,
        spare=True),
    Key("number and postcode", ("house", "post_code"),
        "case when not address_hub then house || ' ' || post_code end", 200, spare=True),
    Key("tax number", ("tax_last3",), "tax_number", 5_000),
    Key("tax number end and initial", ("tax_last3", "whole"), "tax_last3 || left(whole, 2)", 1_000),
    Key("tax number end and family name", ("tax_last3", "family"), "tax_last3 || family_code", 1_000),
    Key("business number", ("business_number",), "business_number", 5_000),
    Key("company number", ("company_number",), "company_number", 5_000),
    Key("old sync link", ("sync",), "sync", 5_000, True),
    Key("Xero organisation", ("organisations",), "organisations", 5_000, True),
)  # fmt: skip


def free_keys(free: Collection[tuple[str, str]]) -> list[Key]:
    """Keys of the fields that are compared under their own name."""
    found = []
    for column, kind in free:
        quoted = f'"{column}"'
        if kind == "identifier":
            found.append(Key(column, (column,), quoted, 5_000))
        if kind == "text":
            found.append(
                Key(f"{column}: words", (column,), f"list_distinct(string_split({quoted}, ' '))", 400, True)
            )
            found.append(Key(f"{column}: start", (column,), f"left({quoted}, 8)", 1_000))
    return found


def keys_for(
    columns: Collection[str], free: Collection[tuple[str, str]] = (), spare: bool = False
) -> list[Key]:
    """The keys that prepared columns of these names allow; with `spare`, those for scant records."""
    allowed = [key for key in KEYS if set(key.needs) <= set(columns)] + free_keys(free)
    allowed = [key for key in allowed if spare or not key.spare]
    return [key for key in allowed if not key.weak] if len(allowed) > _FEW_KEYS else allowed


SMALL = Key("small partition", (), "'all'", ALL_PAIRS * 2, points=ENOUGH)
"""What all records of a partition of few pairs share."""
_SMALL_PARTITIONS = f"""
    semi join (
        select part_no
        from (select part_no, count(*)::hugeint as n from prepared group by part_no)
        where n * n / 2 <= {ALL_PAIRS}
    ) using (part_no)
"""


def candidates(con: duckdb.DuckDBPyConnection, keys: list[Key], scope: Scope) -> None:
    """Make table `candidate(l, r)`: pairs of rids of `prepared`, l < r, whose shared keys have points enough.

    A bucket over its key's limit is left out; a partition of few pairs is taken whole. A person (entity 1) is
    no organisation (entity 2).
    """
    records = con.execute("select list, entity from prepared order by rid").pl()
    lists, entity = records["list"].to_numpy(), records["entity"].to_numpy()
    found = []
    for key in [*keys, SMALL]:
        held = con.execute(records_of(key)).pl()
        left, right = buckets(held["value"].to_numpy(), held["rid"].to_numpy()).pairs(lists, scope, key.limit)
        comparable = entity[left] + entity[right] != 3
        pair = pl.Series(left[comparable] << 32 | right[comparable])
        found.append(pl.DataFrame({"pair": pair}).with_columns(points=pl.lit(key.points)))
    needed = ENOUGH if len(keys) > _FEW_KEYS else 1
    pairs = pl.concat(found).group_by("pair").agg(pl.col("points").sum()).filter(pl.col("points") >= needed)
    ends = {"l": pl.col("pair") // 2**32, "r": pl.col("pair") % 2**32}
    con.register("found", pairs.sort("pair").select(end.cast(pl.UInt32).alias(e) for e, end in ends.items()))
    con.execute("create or replace temp table candidate as select l, r from found")
    con.unregister("found")


def records_of(key: Key) -> str:
    """Query: rid and value (a hash of partition and value) of the records of `prepared` that have the key.

    A record with several values has a row for each, and may have the same twice.
    """
    value = f"unnest({key.value})" if key.several else key.value
    return f"""
        select rid, hash(part_no, value) as value
        from (select rid, part_no, {value} as value from prepared {_SMALL_PARTITIONS if key is SMALL else ""})
        where value is not null
    """
