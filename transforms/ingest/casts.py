"""From text to typed values: one expression per column, made from its contract. Null: cannot be read."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import duckdb
import polars as pl

from expectations.contracts import Column, Table
from transforms.ingest.job import is_id
from transforms.ingest.raw import clean, literal, quoted
from transforms.ingest.text import no_constant
from transforms.sql import query

LONGEST_TEXT = 65_536
"""Bytes of one value; a longer one is no name, note or address but a mistake of the export."""

_DAY = r"\d{4}-\d{2}-\d{2}"
_TIME = r"[T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?"
_UTC = r"\s?[zZ]"
_OFFSET = r"\s?[+-]\d{2}(:?\d{2})?"
_FIRST_YEAR, _LAST_YEAR = 1800, 2200
_BOOLEANS = {
    **dict.fromkeys(("true", "yes", "y", "1"), True),
    **dict.fromkeys(("false", "no", "n", "0"), False),
}
_LAX = r"(?i),\s*[}\]]|[:\[,]\s*[-+]?(?:nan|inf)|[0-9]{300}"
"""What DuckDB may take in JSON and others do not: a comma behind the last, no numbers, or endless ones."""
_DEEP = 100
"""Brackets from which on an object may be nested too deeply for others."""
_PLAIN_DAY = r"(?:18|19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}"
_PLAIN_CLOCK = r"[T ][0-9]{2}:[0-9]{2}:[0-5][0-9]"
_PLAIN = {
    "date": [(rf"^{_PLAIN_DAY}$", "%Y-%m-%d")],
    # Without a fraction Polars takes a quarter of the time.
    "timestamp": [
        (rf"^{_PLAIN_DAY}{_PLAIN_CLOCK}Z?$", "%Y-%m-%dT%H:%M:%S"),
        (rf"^{_PLAIN_DAY}{_PLAIN_CLOCK}\.[0-9]{{1,6}}Z?$", "%Y-%m-%dT%H:%M:%S%.f"),
    ],
}


def values_of(
    con: duckdb.DuckDBPyConnection, contract: Table, raw: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Typed values of `raw` rows, and for each column with such a value: whether it could not be read.

    A missing value counts as unread where it is required. Texts, which most columns are, stay the very same
    ones wherever there is nothing to mend.
    """
    free = [c for c in contract.columns if c.type == "text" and not c.allowed]
    cast = _cast(con, [c for c in contract.columns if c not in free and c.type != "texts"], raw)
    filled = [c for c in free if raw[c.name].null_count() < raw.height]
    doubtful = raw.select(_doubtful(c).alias(c.name) for c in filled).row(0, named=True)
    mended, unread = list[pl.Series](cast), dict[str, pl.Series]()
    for column in contract.columns:
        name, texts = column.name, raw[column.name]
        if name in cast.columns:
            if cast[name].null_count() > texts.null_count():
                unread[name] = texts.is_not_null() & cast[name].is_null()
        elif column.type == "texts":
            entries, unread[name] = _entries(texts, column)
            mended.append(entries)
        elif doubtful.get(name):
            unread[name] = raw.select(_bad_text(pl.col(name), column).fill_null(False)).to_series()
            mended.append(texts.set(unread[name], None))
        if column.required and texts.null_count():
            unread[name] = unread[name] | texts.is_null() if name in unread else texts.is_null()
    found = pl.DataFrame([bad.alias(name) for name, bad in unread.items() if bad.any()])
    return raw.select(contract.names).with_columns(mended), found


def _cast(con: duckdb.DuckDBPyConnection, columns: list[Column], raw: pl.DataFrame) -> pl.DataFrame:
    """Columns of other types than text: plain values at once, the rest as DuckDB reads it."""
    if not columns:
        return pl.DataFrame(height=raw.height)
    plain = raw.select(_plain(c).alias(c.name) for c in columns)
    left = raw.select(
        "_rowid", *(pl.when(plain[c.name].is_null()).then(pl.col(c.name)).alias(c.name) for c in columns)
    )
    odd = [c for c in columns if left[c.name].null_count() < left.height]
    if not odd:
        return plain
    wanted = ", ".join(f"{_value_sql(c)} as {quoted(c.name)}" for c in odd)
    rows = left.filter(pl.any_horizontal(pl.col(c.name).is_not_null() for c in odd))
    cast = query(con, f"select _rowid, {wanted} from raw_values", {"raw_values": rows})
    cast = cast.with_columns(_strict_json(cast[c.name]) for c in odd if c.type == "json")
    rest = raw.select("_rowid").join(cast, on="_rowid", how="left", maintain_order="left", validate="1:1")
    return plain.with_columns(pl.coalesce(c.name, rest[c.name]) for c in odd)


def _strict_json(texts: pl.Series) -> pl.Series:
    """`texts` without those that DuckDB alone takes for JSON: who reads what is published could not."""
    doubtful = texts.str.contains(_LAX) | (texts.str.count_matches(r"[\[{]") > _DEEP)
    bad = [place for place in doubtful.fill_null(False).arg_true() if not _is_json(texts[place])]
    return texts.scatter(bad, None) if bad else texts


def _is_json(text: str) -> bool:
    try:
        json.loads(text, parse_constant=no_constant)
    except (ValueError, RecursionError):
        return False
    return True


def _plain(column: Column) -> pl.Expr:
    """Words, dates and times in the usual form, null for others: DuckDB takes far longer."""
    text = pl.col(column.name)
    if column.allowed:
        return text.replace_strict(
            _spelled(dict(zip(column.allowed, column.allowed, strict=True))), default=None
        )
    if column.type == "boolean":
        return text.replace_strict(_spelled(_BOOLEANS), default=None)
    if column.type not in _PLAIN:
        return pl.lit(None, column.polars)
    return pl.coalesce(
        _moment(pl.when(text.str.contains(shape)).then(text), form, column)
        for shape, form in _PLAIN[column.type]
    )


def _moment(text: pl.Expr, form: str, column: Column) -> pl.Expr:
    if column.type == "date":
        return text.str.to_date(form, strict=False)
    instant = text.str.strip_suffix("Z").str.replace(" ", "T", literal=True)
    return instant.str.to_datetime(form, strict=False, time_unit="us")


def _spelled(words: Mapping[str, Any]) -> dict[str, Any]:
    """`words` in the cases in which they mostly come."""
    return {form: words[word] for word in words for form in (word.lower(), word.title(), word.upper())}


def _doubtful(column: Column) -> pl.Expr:
    """Whether a column may hold a bad text; to search all its texts as one costs half."""
    text = pl.col(column.name)
    return (_forbidden(text.str.join(), column) | (text.str.len_bytes().max() > LONGEST_TEXT)).fill_null(
        False
    )


def _bad_text(text: pl.Expr, column: Column) -> pl.Expr:
    """Whether the text cannot be taken."""
    return _forbidden(text, column) | (text.str.len_bytes() > LONGEST_TEXT)


def _forbidden(text: pl.Expr, column: Column) -> pl.Expr:
    """Whether a text holds a character that it may not. Ids are opaque, but a practice's names files."""
    if column.name == "practice_id":
        return text.str.contains(r"[/\\\x00-\x1f\x7f]|\.\.")
    if is_id(column):
        return text.str.contains(r"[\x00-\x1f\x7f]")
    return text.str.contains("\0", literal=True)


def _entries(lists: pl.Series, column: Column) -> tuple[pl.Series, pl.Series]:
    """Lists of clean texts, null where nothing is left; and where an entry cannot be taken."""
    frame, name = lists.to_frame(), column.name
    entry, clean_entry = pl.element(), clean(pl.element())
    flat, text = lists.explode(empty_as_null=False, keep_nulls=False).to_frame(), pl.col(name)
    to_mend = pl.any_horizontal(text.is_null(), text.ne_missing(clean(text)), _bad_text(text, column))
    bad = pl.repeat(False, lists.len(), eager=True)
    if flat.select(to_mend.any()).item():
        bad = frame.select(text.list.eval(_bad_text(entry, column)).list.any().fill_null(False)).to_series()
        kept = pl.when(~_bad_text(clean_entry, column)).then(clean_entry)
        frame = frame.select(text.list.eval(kept).list.drop_nulls())
    return frame.select(pl.when(text.list.len() > 0).then(text)).to_series(), bad


def _value_sql(column: Column) -> str:
    """SQL of the typed value of a raw column; null where it cannot be read."""
    name = quoted(column.name)
    if column.allowed:
        cases = " ".join(f"when {literal(a.lower())} then {literal(a)}" for a in column.allowed)
        return f"case lower({name}) {cases} end"
    return _CASTS[column.type](name)


def _boolean(name: str) -> str:
    cases = " ".join(f"when {literal(word)} then {value}" for word, value in _BOOLEANS.items())
    return f"case lower({name}) {cases} end"


def _date(name: str) -> str:
    shaped = f"regexp_full_match({name}, '{_DAY}({_TIME}({_OFFSET}|{_UTC})?)?')"
    day = f"try_cast(left({name}, 10) as date)"  # the day as written, whatever the zone
    return f"case when {shaped} and year({day}) between {_FIRST_YEAR} and {_LAST_YEAR} then {day} end"


def _timestamp(name: str) -> str:
    # ICU takes ten times as long for a zone: it is asked only where there is another than UTC's Z.
    zoned = f"try_cast(replace({name}, ',', '.') as timestamptz) at time zone 'UTC'"
    plain = f"try_cast(replace(rtrim({name}, 'zZ '), ',', '.') as timestamp)"
    instant = f"case when regexp_full_match({name}, '{_DAY}{_TIME}{_OFFSET}') then {zoned} else {plain} end"
    shaped = f"regexp_full_match({name}, '{_DAY}({_TIME}({_OFFSET}|{_UTC})?)?')"
    return f"case when {shaped} and year({instant}) between {_FIRST_YEAR} and {_LAST_YEAR} then {instant} end"


def _integer(name: str) -> str:
    whole = f"try_cast(split_part({name}, '.', 1) as bigint)"
    return f"case when regexp_full_match({name}, '[+-]?\\d+(\\.0+)?') then {whole} end"


def _number(name: str) -> str:
    number = f"try_cast({name} as double)"
    shaped = f"regexp_full_match({name}, '[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?')"
    return f"case when {shaped} and isfinite({number}) then {number} end"


def _json(name: str) -> str:
    return (
        f"case when strlen({name}) <= {LONGEST_TEXT} and json_valid({name}) and json_type({name}) = 'OBJECT'"
        f" then {name} end"
    )


_CASTS: dict[str, Callable[[str], str]] = {
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
    if column.name == "practice_id":
        return "looks like a path, holds control characters or is too long for an id"
    if is_id(column):
        return "holds control characters or is too long for an id"
    return EXPECTED[column.type]
