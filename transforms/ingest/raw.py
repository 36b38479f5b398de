"""The rows of all files as text, in frames of one shape per source table, and the SQL that reads them.

Column names come from the contracts and from file headers, so SQL is generated here, with every name quoted.
Values stay as they came but for white space around them; markup and formulas in names are kept: escaping
is the business of whoever shows them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from expectations.contracts import Column, Table, table
from transforms.ingest.job import Job

# Layout characters, no-break and typographic spaces, byte order mark.
_BLANKS = " \t\r\n\x0b\x0c\x85\u00a0" + "".join(map(chr, range(0x2000, 0x200C))) + "\u202f\u3000\ufeff"


def quoted(name: str) -> str:
    """An identifier for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string literal for SQL."""
    return "'" + text.replace("'", "''") + "'"


def clean(text: pl.Expr) -> pl.Expr:
    """Text without the white space around it; empty becomes null."""
    return text.str.strip_chars(_BLANKS).replace("", None)


def _all_clean(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with its texts clean: to find the few columns that need it costs a third."""
    text = pl.col([s.name for s in frame if s.dtype == pl.String and s.null_count() < frame.height])
    last = text.cast(pl.Binary).bin.get(-1, null_on_oob=True)
    # Every blank but the ASCII ones begins and ends with a byte above these.
    untidy = frame.select(((text < "!") | (text > "\x7f") | ~last.is_between(0x21, 0x7E)).any())
    return frame.with_columns(clean(pl.col(s.name)) for s in untidy if s.item())


def raw_schema(contract: Table) -> pl.Schema:
    """Shape of the rows of a source table before anything is cast.

    `_file` is the file's number, `_place` the record's place among those read of the file (from 0), `_row`
    the line where the reader knows it, `_stated` the practice that a row names against its path. A column
    without a value in any file is of type null.
    """
    texts = {c.name: pl.List(pl.String) if c.type == "texts" else pl.String() for c in contract.columns}
    return pl.Schema(
        {"_file": pl.Int32(), "_place": pl.Int64(), "_row": pl.Int64(), "_stated": pl.String(), **texts}
    )


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


def rows_of(job: Job, reading: Reading) -> pl.DataFrame:
    """The rows of a reading; of files that name no practice only those of the practices in scope."""
    columns = ", ".join(
        f"{reading.values.get(c.name, 'null')}::{_raw_type(c)} as {quoted(c.name)}"
        for c in reading.table.columns
        if c.name in reading.values or c.required
    )
    params: dict[str, Any] | None = None
    where = ""
    if job.scope is not None:
        stated = f"trim({reading.values.get('practice_id', 'null')}::varchar, {literal(_BLANKS)})"
        where = f"where $practices[{reading.index} + 1] is not null or {stated} in (select unnest($scope))"
        params = {"practices": list(reading.practices), "scope": list(job.scope)}
    sql = (
        f"select {reading.index} as _index, {reading.row}::bigint as _row, {columns} from {reading.relation}"
    )
    return settled(job.con.execute(f"{sql} {where}", params).pl(), reading)


def _raw_type(column: Column) -> str:
    return "varchar[]" if column.type == "texts" else "varchar"


def settled(frame: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """Texts clean, each row with its file, its place in it and its practice.

    `frame`: `_index`, `_row` and columns of the contract, the required ones at least.
    """
    numbers = pl.Series("_file", reading.file_numbers, dtype=pl.Int32)
    paths = pl.Series("_path", reading.practices, dtype=pl.String)
    stated, path = pl.col("practice_id"), pl.col("_path")
    rows = (
        _all_clean(frame)
        .with_columns(numbers.gather(frame["_index"]), paths.gather(frame["_index"]))
        .with_columns(
            practice_id=pl.coalesce(path, stated),
            _stated=pl.when(stated != path).then(stated),
            _place=pl.int_range(pl.len(), dtype=pl.Int64).over("_index"),
        )
    )
    # Most files lack many columns, and these take no room as columns of type null.
    optional = [c.name for c in reading.table.columns if not c.required]
    empty = [n for n in optional if n not in frame.columns or rows[n].null_count() == rows.height]
    return rows.with_columns(pl.lit(None).alias(n) for n in empty).select(raw_schema(reading.table).names())


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


def rows_of_frame(
    job: Job, name: str, frame: pl.DataFrame, origins: Sequence[tuple[int, str | None]]
) -> pl.DataFrame:
    """The rows of a frame of text columns named as in the contract, `_row`, and `_index`: place in `origins`.

    `origins`: number and practice of each file.
    """
    contract = table(name)
    known = {c.name: quoted(c.name) for c in contract.columns if c.name in frame.columns}
    numbers, practices = zip(*origins, strict=True)
    reading = Reading(
        contract, "given_rows", text_values(contract, known), numbers, practices, index="_index", row="_row"
    )
    job.con.register("given_rows", frame)
    try:
        return rows_of(job, reading)
    finally:
        job.con.unregister("given_rows")
