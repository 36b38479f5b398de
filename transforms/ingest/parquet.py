"""Reads Parquet files: columns of any type become the text that a CSV file would hold."""

import datetime as dt
from collections.abc import Sequence

import duckdb
import polars as pl
import polars.selectors as cs
import pyarrow as pa
import pyarrow.parquet as pq

from expectations.contracts import Column, table
from transforms.ingest.header import Header, note_unknown, read_header
from transforms.ingest.job import Job, Prepared, in_groups
from transforms.ingest.raw import Reading, literal, quoted, rows_of, settled, text_list
from transforms.ingest.scope import parquet_practices


def read_parquet_files(job: Job, items: Sequence[Prepared]) -> None:
    """Append the rows of Parquet files of one source table; files of one schema in one statement."""
    groups: dict[str, tuple[pa.Schema, list[Prepared]]] = {}
    for item in items:
        try:
            schema = pq.read_schema(item.path)
        except (pa.ArrowException, OSError):
            job.ledger.reject(
                item.file, "The file is no whole Parquet file (truncated or corrupt): extract it again."
            )
            continue
        header = read_header(schema.names, table(item.file.table or ""), item.file.practice_id is not None)
        if header.trouble:
            job.ledger.reject(item.file, header.trouble, parquet_practices(job, item))
            continue
        groups.setdefault(schema.to_string(show_schema_metadata=False), (schema, []))[1].append(item)
    for schema, same in groups.values():
        for group in in_groups(same):
            _read(job, schema, group)


def _read(job: Job, schema: pa.Schema, items: Sequence[Prepared]) -> None:
    contract = table(items[0].file.table or "")
    header = read_header(schema.names, contract, True)
    reading = _reading(schema, header, items)
    try:
        rows = _plain_rows(schema, header, items) if job.scope is None else None
        job.keep(contract.name, rows_of(job, reading) if rows is None else settled(rows, reading))
    except duckdb.Error:
        if len(items) == 1:
            reason = "The Parquet file breaks off or is corrupt inside: extract it again."
            job.ledger.reject(items[0].file, reason, parquet_practices(job, items[0]))
            return
        middle = len(items) // 2
        _read(job, schema, items[:middle])
        _read(job, schema, items[middle:])
        return
    for item in items:
        note_unknown(job.ledger, item.file, header.unknown)


def _plain_rows(schema: pa.Schema, header: Header, items: Sequence[Prepared]) -> pl.DataFrame | None:
    """What `rows_of` selects, by Polars at a third of the cost; None where a text could differ."""
    contract = table(items[0].file.table or "")
    if not all(_is_plain(schema.field(at).type, contract.column(c)) for c, at in header.known.items()):
        return None
    names = {schema.names[at]: name for name, at in header.known.items()}
    try:
        frames = [_read_file(item.path, names).with_columns(_index=at) for at, item in enumerate(items)]
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):  # a broken page makes Polars panic
        return None
    rows = pl.concat(frames)
    if not all(s.all() for s in rows.select(cs.temporal().is_between(dt.date.min, dt.date.max))):
        return None
    instant = cs.datetime().dt.to_string("%Y-%m-%d %H:%M:%S%.6f")
    absent = {"practice_id": pl.lit(None, pl.String)} if "practice_id" not in rows.columns else {}
    return rows.with_columns(
        pl.col("_row").cast(pl.Int64),
        (cs.boolean() | cs.date() | cs.integer() - cs.starts_with("_")).cast(pl.String),
        instant.str.strip_chars_end("0").str.strip_suffix("."),
        **absent,
    )


def _read_file(path: str, names: dict[str, str]) -> pl.DataFrame:
    """The columns `names` under their new names, and `_row`: the row's number in the file from 1."""
    rows = pl.read_parquet(
        path,
        columns=list(names),
        row_index_name="_row",
        row_index_offset=1,
        glob=False,
        hive_partitioning=False,
    )
    return rows.rename(names)


def _is_plain(kind: pa.DataType, column: Column) -> bool:
    """Whether Polars writes values of that type as DuckDB does."""
    listed = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    if listed or column.type == "texts":
        return listed and column.type == "texts" and _is_text(kind.value_type)
    return (
        _is_text(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_date32(kind)
        or kind == pa.timestamp("us")
    )


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _reading(schema: pa.Schema, header: Header, items: Sequence[Prepared]) -> Reading:
    contract = table(items[0].file.table or "")
    values = {
        name: _text(quoted(schema.names[at]), schema.field(at).type, contract.column(name))
        for name, at in header.known.items()
    }
    paths = ", ".join(literal(i.path) for i in items)
    return Reading(
        contract,
        f"read_parquet([{paths}], hive_partitioning = false)",
        values,
        [i.file.number for i in items],
        [i.file.practice_id for i in items],
        index="file_index::bigint",
        row="file_row_number + 1",
    )


def _text(name: str, kind: pa.DataType, column: Column) -> str:
    """SQL of a column's text, or of its list of texts."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    listed = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    if column.type == "texts":
        return f"{name}::varchar[]" if listed else text_list(f"{name}::varchar")
    if listed or pa.types.is_struct(kind) or pa.types.is_map(kind):
        return f"to_json({name})::varchar"
    if pa.types.is_timestamp(kind) and kind.tz:
        return f"({name} at time zone 'UTC')::varchar || 'Z'"
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return f"decode({name})"
    return f"{name}::varchar"
