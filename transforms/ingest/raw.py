"""Scratch tables that hold the rows of all files as text, and the SQL that fills them.

Column names come from the contracts and from file headers, so SQL is generated here, with every name quoted.
Values stay as they came but for white space around them; markup and formulas in names are kept: escaping
is the business of whoever shows them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from expectations.contracts import Column, Table, table, tables

# Layout characters, no-break and typographic spaces, byte order mark.
_BLANKS = " \t\r\n\x0b\x0c\x85\u00a0" + "".join(map(chr, range(0x2000, 0x200C))) + "\u202f\u3000\ufeff"
_LAST_ASCII = "\x7f"


def quoted(name: str) -> str:
    """An identifier for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string literal for SQL."""
    return "'" + text.replace("'", "''") + "'"


def clean(expression: str) -> str:
    """Text without the white space around it; empty becomes null."""
    # Ten times as fast as trimming all: what begins and ends with a visible ASCII letter has nothing to trim.
    shown = " and ".join(
        f"{end} >= '!' and {end} < '{_LAST_ASCII}'" for end in (expression, f"({expression})[-1]")
    )
    trimmed = f"nullif(trim({expression}, {literal(_BLANKS)}), '')"
    return f"case when {shown} then {expression} else {trimmed} end"


def raw_name(name: str) -> str:
    """Scratch table of a source table."""
    return f"raw_{name}"


def create_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Empty scratch tables, one per source table, in place of those of an earlier landing.

    `_file` is the file's number, `_row` the line where the reader knows it, `_stated` the practice that a row
    names against its path. Row ids follow the order of the file.
    """
    con.execute("set preserve_insertion_order = true")  # the row id gives the record number of a bad row
    for contract in tables("source").values():
        columns = ", ".join(f"{quoted(c.name)} {raw_type(c)}" for c in contract.columns)
        con.execute(
            f"create or replace table {raw_name(contract.name)}"
            f" (_file integer, _row bigint, _stated varchar, {columns})"
        )


def raw_type(column: Column) -> str:
    """Type of a column in its scratch table."""
    return "varchar[]" if column.type == "texts" else "varchar"


@dataclass(frozen=True)
class Reading:
    """A relation of rows from one or more files of one source table."""

    table: Table
    relation: str
    values: Mapping[str, str]
    """Contract column → SQL of its text, or of its list of texts."""
    file_numbers: Sequence[int]
    practices: Sequence[str | None]
    """Practice of each file's path, in the order of `file_numbers`."""
    index: str = "file_index"
    """SQL of the place of a row's file in `file_numbers`, from 0."""
    row: str = "null"
    """SQL of the line or row number, where the relation knows it."""


def insert(con: duckdb.DuckDBPyConnection, reading: Reading, scope: Sequence[str] | None) -> None:
    """Append the rows of a reading; of files that name no practice only those of the practices in `scope`."""
    stated = clean(reading.values.get("practice_id", "null::varchar"))
    path = f"$practices[{reading.index} + 1]"
    columns = ", ".join(
        f"{_cleaned(c, reading.values)} as {quoted(c.name)}"
        for c in reading.table.columns
        if c.name != "practice_id"
    )
    params: dict[str, Any] = {"numbers": list(reading.file_numbers), "practices": list(reading.practices)}
    where = ""
    if scope is not None:
        params["scope"] = list(scope)
        where = f"where {path} is not null or {stated} in (select unnest($scope))"
    con.execute(
        f"insert into {raw_name(reading.table.name)} by name select $numbers[{reading.index} + 1] as _file,"
        f" {reading.row} as _row, coalesce({path}::varchar, {stated}) as practice_id,"
        f" case when {stated} <> {path}::varchar then {stated} end as _stated, {columns}"
        f" from {reading.relation} {where}",
        params,
    )


def _cleaned(column: Column, values: Mapping[str, str]) -> str:
    if column.name not in values:
        return f"null::{raw_type(column)}"
    return values[column.name] if column.type == "texts" else clean(values[column.name])


def text_list(expression: str) -> str:
    """SQL of the list in a text: a JSON array, else values parted by semicolons."""
    return (
        f"case when {expression} is null then null"
        f" when {expression} like '[%' and json_valid({expression})"
        f" then from_json({expression}, '[\"VARCHAR\"]')"
        f" else string_split({expression}, ';') end"
    )


def text_values(contract: Table, columns: Mapping[str, str]) -> dict[str, str]:
    """Values of a relation whose columns are all text; lists are parted."""
    kinds = {c.name: c.type for c in contract.columns}
    return {name: text_list(sql) if kinds[name] == "texts" else sql for name, sql in columns.items()}


def insert_frame(
    con: duckdb.DuckDBPyConnection,
    name: str,
    frame: pl.DataFrame,
    origin: tuple[int, str | None],
    scope: Sequence[str] | None,
) -> None:
    """Append a frame of text columns named as in the contract, and `_row`; `origin`: file, its practice."""
    contract = table(name)
    known = {c.name: quoted(c.name) for c in contract.columns if c.name in frame.columns}
    reading = Reading(
        contract,
        "careful_rows",
        text_values(contract, known),
        [origin[0]],
        [origin[1]],
        index="0",
        row="_row",
    )
    con.register("careful_rows", frame)
    try:
        insert(con, reading, scope)
    finally:
        con.unregister("careful_rows")


def has_rows(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether any file gave rows of that source table: most steps have nothing to do where none did."""
    return bool(con.execute(f"select 1 from {raw_name(name)} limit 1").fetchall())


def forget(con: duckdb.DuckDBPyConnection, name: str, file_numbers: Sequence[int]) -> None:
    """Take back the rows of files that turned out to be broken."""
    con.execute(f"delete from {raw_name(name)} where _file in ({', '.join(map(str, file_numbers))})")
