"""Blocking: the pairs worth comparing.

Each key is a way in which a person would find the other record. A bucket of one key that would give too many
pairs in a partition is dropped: a tighter key of the same records (whole name instead of name code) stays.
Small partitions are compared in full.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import duckdb

Scope = Literal["cross", "within", "all"]
"""Pairs between lists, inside one list, or both."""

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


def candidates(con: duckdb.DuckDBPyConnection, keys: list[Key], scope: Scope) -> None:
    """Make table `candidate(l, r)`: pairs of rids of `prepared`, l < r, whose shared keys have points enough.

    A bucket over its key's limit is left out; a partition of few pairs is taken whole. A person (entity 1) is
    no organisation (entity 2).
    """
    condition = {"cross": "l & 1020 <> r & 1020", "within": "l & 1020 = r & 1020", "all": "true"}[scope]
    make_keys(con, keys)
    # Pairs come of lists of codes: a join of the records of a bucket would hash every key twice more.
    con.execute(f"""
        create or replace temp table candidate as
        with bucket as ({_BUCKETS[scope]}),
        kept as (
            select codes, points
            from bucket
            inner join key_kind using (number)
            where pairs between 1 and most
        ),
        lefts as (select unnest(codes) as l, codes, points from kept),
        pair as (select l, unnest(codes) as r, points from lefts)
        select (l >> 10)::uinteger as l, (r >> 10)::uinteger as r
        from pair
        where l < r and (l & 3) + (r & 3) <> 3 and {condition}
        group by all
        having sum(points) >= {ENOUGH if len(keys) > _FEW_KEYS else 1}
    """)
    con.execute("drop table record_key")


_CODE = "(rid::bigint << 10) | (list::bigint << 2) | entity::bigint"
"""A record as one number, in the order of rid."""


def make_keys(con: duckdb.DuckDBPyConnection, keys: list[Key]) -> None:
    """Make tables `record_key` (code, list, key, number) and `key_kind` (number, most, points)."""
    selects = []
    for number, key in enumerate(keys):
        value = f"unnest(list_distinct({key.value}))" if key.several else key.value
        selects.append(
            f"select code, list, hash(part_no, {number}, value) as key, {number}::utinyint as number"
            f" from (select {_CODE} as code, part_no, list, {value} as value from prepared)"
            " where value is not null"
        )
    selects.append(
        f"select {_CODE} as code, list, hash(part_no, 'all') as key, {len(keys)}::utinyint as number"
        " from prepared semi join small using (part_no)"
    )
    con.execute(f"""
        create or replace temp table record_key as
        with small as (
            select part_no
            from (select part_no, list, count(*)::hugeint as n from prepared group by all)
            group by part_no
            having sum(n) * sum(n) / 2 <= {ALL_PAIRS}
        )
        {" union all ".join(selects)}
    """)
    con.execute("create or replace temp table key_kind (number utinyint, most bigint, points integer)")
    kinds = [(number, key.limit, key.points) for number, key in enumerate(keys)]
    con.executemany("insert into key_kind values (?, ?, ?)", [*kinds, (len(keys), ALL_PAIRS * 2, ENOUGH)])


_ONE_STEP = """
    select any_value(number) as number, list(code) as codes, count(*)::hugeint * (count(*) - 1) / 2 as pairs
    from record_key
    group by key
    having count(*) > 1
"""
_BY_LIST = """
    select any_value(number) as number, flatten(list(codes)) as codes, {pairs} as pairs
    from (
        select key, list, any_value(number) as number, list(code) as codes, count(*)::hugeint as n
        from record_key
        group by key, list
    )
    group by key
    having pairs > 0
"""
_BUCKETS: dict[Scope, str] = {
    "cross": _BY_LIST.format(pairs="(sum(n) * sum(n) - sum(n * n)) / 2"),
    "within": _BY_LIST.format(pairs="sum(n * (n - 1)) / 2"),
    "all": _ONE_STEP,
}
"""Query: codes of the records that share a key, its number, and how many pairs of a scope they give."""
