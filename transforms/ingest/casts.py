"""From text to typed values: one SQL expression per column, made from its contract. Null: cannot be read."""

from collections.abc import Callable

from expectations.contracts import Column
from transforms.ingest.job import is_id
from transforms.ingest.raw import clean, literal, quoted

LONGEST_TEXT = 65_536
"""Bytes of one value; a longer one is no name, note or address but a mistake of the export."""

_DAY = r"\d{4}-\d{2}-\d{2}"
_TIME = r"[T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?"
_ZONE = r"\s?([zZ]|[+-]\d{2}(:?\d{2})?)"
_FIRST_YEAR, _LAST_YEAR = 1800, 2200


def bad_text(sql: str, column: Column) -> str:
    """SQL: the text cannot be taken. Ids may not look like paths: elsewhere they name folders and files."""
    bad = f"strlen({sql}) > {LONGEST_TEXT} or contains({sql}, chr(0))"
    if is_id(column):
        bad += f" or contains({sql}, '/') or contains({sql}, '\\') or contains({sql}, '..')"
        bad += rf" or regexp_matches({sql}, '[\x01-\x1f\x7f]')"
    return f"({bad})"


def value_sql(column: Column) -> str:
    """SQL of the typed value of a scratch table's column."""
    name = quoted(column.name)
    if column.allowed:
        cases = " ".join(f"when {literal(a.lower())} then {literal(a)}" for a in column.allowed)
        return f"case lower({name}) {cases} end"
    return _CASTS[column.type](name, column)


def trouble_sql(column: Column) -> str:
    """SQL: a value is there that cannot be read (whole, for lists), or a required one is missing."""
    name = quoted(column.name)
    if column.type == "texts":
        return f"coalesce(len(list_filter({name}, lambda x: {bad_text('x', column)})) > 0, false)"
    if column.type == "text" and not column.allowed:
        bad = f"coalesce({bad_text(name, column)}, false)"
        return f"({bad} or {name} is null)" if column.required else bad
    unread = f"{value_sql(column)} is null"
    return unread if column.required else f"({name} is not null and {unread})"


def _text(name: str, column: Column) -> str:
    return f"case when not {bad_text(name, column)} then {name} end"


def _texts(name: str, column: Column) -> str:
    trimmed = f"list_transform({name}, lambda x: {clean('x')})"
    kept = f"list_filter({trimmed}, lambda x: x is not null and not {bad_text('x', column)})"
    return f"case when len({name}) > 0 then nullif({kept}, []::varchar[]) end"


def _boolean(name: str, _: Column) -> str:
    return (
        f"case when lower({name}) in ('true', 'yes', 'y', '1') then true"
        f" when lower({name}) in ('false', 'no', 'n', '0') then false end"
    )


def _date(name: str, _: Column) -> str:
    shaped = f"regexp_full_match({name}, '{_DAY}({_TIME}({_ZONE})?)?')"
    day = f"try_cast(left({name}, 10) as date)"  # the day as written, whatever the zone
    return f"case when {shaped} and year({day}) between {_FIRST_YEAR} and {_LAST_YEAR} then {day} end"


def _timestamp(name: str, _: Column) -> str:
    zoned = f"try_cast(upper(replace({name}, ',', '.')) as timestamptz) at time zone 'UTC'"
    plain = f"try_cast(replace({name}, ',', '.') as timestamp)"
    instant = f"case when regexp_full_match({name}, '{_DAY}{_TIME}{_ZONE}') then {zoned} else {plain} end"
    shaped = f"regexp_full_match({name}, '{_DAY}({_TIME}({_ZONE})?)?')"
    return f"case when {shaped} and year({instant}) between {_FIRST_YEAR} and {_LAST_YEAR} then {instant} end"


def _integer(name: str, _: Column) -> str:
    whole = f"try_cast(split_part({name}, '.', 1) as bigint)"
    return f"case when regexp_full_match({name}, '[+-]?\\d+(\\.0+)?') then {whole} end"


def _number(name: str, _: Column) -> str:
    number = f"try_cast({name} as double)"
    shaped = f"regexp_full_match({name}, '[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?')"
    return f"case when {shaped} and isfinite({number}) then {number} end"


def _json(name: str, _: Column) -> str:
    return (
        f"case when strlen({name}) <= {LONGEST_TEXT} and json_valid({name}) and json_type({name}) = 'OBJECT'"
        f" then {name} end"
    )


_CASTS: dict[str, Callable[[str, Column], str]] = {
    "text": _text,
    "texts": _texts,
    "boolean": _boolean,
    "date": _date,
    "timestamp": _timestamp,
    "integer": _integer,
    "number": _number,
    "json": _json,
}

EXPECTED = {
    "text": f"is longer than {LONGEST_TEXT // 1024} KB or holds a NUL",
    "texts": f"holds an entry longer than {LONGEST_TEXT // 1024} KB or with a NUL",
    "boolean": "is no boolean: write true/false, Yes/No, Y/N or 1/0",
    "date": f"is no ISO 8601 date (YYYY-MM-DD) of the years {_FIRST_YEAR} to {_LAST_YEAR}",
    "timestamp": f"is no ISO 8601 time (YYYY-MM-DDThh:mm:ss) of the years {_FIRST_YEAR} to {_LAST_YEAR}",
    "integer": "is no whole number",
    "number": "is no number",
    "json": f"is no JSON object of up to {LONGEST_TEXT // 1024} KB",
}
"""What is wrong with a value of that type that cannot be read, and what is expected."""


def expected(column: Column) -> str:
    """The same for one column."""
    if column.allowed:
        return f"is none of {', '.join(column.allowed)}"
    if is_id(column):
        return "looks like a path, holds control characters or is too long for an id"
    return EXPECTED[column.type]
