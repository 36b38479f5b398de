"""Reads whole files through DuckDB, many of one shape in one statement; what it refuses is read carefully.

DuckDB's own recovery is not used: it gives wrong line numbers, swallows rows behind an unclosed quote, and
turns broken JSON into empty rows without a word. Strict reading, and the careful reader for what fails.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import polars as pl

from expectations.contracts import Table, table
from transforms.ingest.careful import read_carefully
from transforms.ingest.header import missing_columns, note_unknown, read_header
from transforms.ingest.job import Job, Prepared, in_groups
from transforms.ingest.raw import Reading, literal, rows_of, text_values

_INDEX = "file_index::bigint"
# A number whose text DuckDB would change (1e3, 1.50): ids are opaque and stay as written.
_NUMBER_FORM = r"[:\[,]\s*-?\d+(\.\d+)?[eE][+-]?\d|\.\d*0\s*[,}\]]|-0\s*[,}\]]|\d{16,}\.|\.\d{16,}"
_CSV = "auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"'"
_CHUNK = 1 << 20
_JSON = f"hive_partitioning = false, maximum_object_size = {64 << 20}"


def read_csv_files(job: Job, items: Sequence[Prepared]) -> None:
    """Append the rows of CSV files of one source table."""
    groups: dict[tuple[str, ...], list[Prepared]] = defaultdict(list)
    for item in items:
        header = read_header(item.columns, table(item.file.table or ""), item.file.practice_id is not None)
        if header.trouble:
            job.ledger.reject(item.file, header.trouble, _practices(job, item))
        elif _leaves_a_quote_open(item.path):
            read_carefully(job, item)
        else:
            groups[item.columns].append(item)
    for same in groups.values():
        for group in in_groups(same):
            _fast_or_careful(job, group, _csv_group)


def _leaves_a_quote_open(path: str) -> bool:
    """Whether a file's quotes are odd in number."""
    # Of five files and more DuckDB 1.5 drops what follows an open quote without a word; of fewer it raises.
    quotes = 0
    with Path(path).open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            quotes += chunk.count(b'"')
    return quotes % 2 == 1


def read_ndjson_files(job: Job, items: Sequence[Prepared]) -> None:
    """Append the rows of NDJSON files of one source table."""
    for group in in_groups(items):
        _fast_or_careful(job, group, _ndjson_group)


def _fast_or_careful(
    job: Job, items: Sequence[Prepared], read: Callable[[Job, Sequence[Prepared]], None]
) -> None:
    """Read all at once; where that fails, halve until the troubled files stand alone."""
    try:
        read(job, items)
    except duckdb.Error:
        if len(items) == 1:
            read_carefully(job, items[0])
            return
        middle = len(items) // 2
        _fast_or_careful(job, items[:middle], read)
        _fast_or_careful(job, items[middle:], read)


def _csv_group(job: Job, items: Sequence[Prepared]) -> None:
    first = items[0]
    contract = table(first.file.table or "")
    header = read_header(first.columns, contract, True)
    columns = ", ".join(f"c{i}: 'VARCHAR'" for i in range(len(first.columns)))
    relation = (
        f"read_csv({_paths(items)}, {_CSV}, strict_mode = true, hive_partitioning = false,"
        f" columns = {{{columns}}})"
    )
    values = text_values(contract, {name: f"c{at}" for name, at in header.known.items()})
    rows = rows_of(job, _reading(items, relation, values))
    if _swallowed(rows, contract, len(first.columns)):
        raise duckdb.InvalidInputException("a value that holds a whole row")
    job.keep(contract.name, rows)
    for item in items:
        note_unknown(job.ledger, item.file, header.unknown)


def _swallowed(rows: pl.DataFrame, contract: Table, width: int) -> bool:
    """Whether a value holds a line with a row's commas: its quote was closed by another row's."""
    texts = [c.name for c in contract.columns if rows.schema[c.name] == pl.String]
    broken = rows.select(pl.col(texts).str.contains("\n", literal=True).any())
    held = [name for name in texts if broken[name].item()]
    shape = rf"\n(.*,){{{width - 1},}}"
    return any(rows[name].str.contains(shape).any() for name in held)


def _ndjson_group(job: Job, items: Sequence[Prepared]) -> None:
    """Raises duckdb.Error where a line is no JSON object, or where DuckDB would not keep it as written."""
    contract = table(items[0].file.table or "")
    keys = _keys(job.con, items)
    wanted = {c.name.lower(): c.name for c in contract.columns}
    spelled: dict[str, list[str]] = defaultdict(list)
    for key in sorted({k for found in keys.values() for k in found}):
        if key.strip().lower() in wanted:
            spelled[wanted[key.strip().lower()]].append(key)
    for item, found in zip(items, (keys.get(i) for i in range(len(items))), strict=True):
        names = {wanted[k.strip().lower()]: 0 for k in found or () if k.strip().lower() in wanted}
        if found is not None and missing_columns(names, contract, item.file.practice_id is not None):
            raise duckdb.InvalidInputException("a required key is in no line")
    if not spelled:
        return
    columns = {key: f"k{i}" for i, key in enumerate(sorted({k for ks in spelled.values() for k in ks}))}
    listed = ", ".join(f"{literal(key)}: 'VARCHAR'" for key in columns)
    renamed = ", ".join(columns.values())
    # Keys that differ in case alone are different columns to JSON and one column to us.
    relation = (
        f"(select *, file_index from read_json({_paths(items)}, format = 'newline_delimited', records = true,"
        f" {_JSON}, columns = {{{listed}}}))"
        f" as read_rows ({renamed}, file_index)"
    )
    known = {name: f"coalesce({', '.join(columns[k] for k in ks)})" for name, ks in spelled.items()}
    job.keep(contract.name, rows_of(job, _reading(items, relation, text_values(contract, known))))
    for i, item in enumerate(items):
        note_unknown(job.ledger, item.file, [k for k in keys.get(i, ()) if k.strip().lower() not in wanted])


def _keys(con: duckdb.DuckDBPyConnection, items: Sequence[Prepared]) -> dict[int, set[str]]:
    """Keys of the objects per place in `items`. Raises where one is no object or holds a key twice."""
    shapes = con.execute(
        f"select {_INDEX}, json_type(json) = 'OBJECT', json_keys(json),"
        " bool_or(regexp_matches(json::varchar, $form))"
        f" from read_ndjson_objects({_paths(items)}, {_JSON}) group by all",
        {"form": _NUMBER_FORM},
    ).fetchall()
    found: dict[int, set[str]] = defaultdict(set)
    for index, is_object, keys, odd_number in shapes:
        if not is_object or odd_number or len({k.strip().lower() for k in keys}) < len(keys):
            raise duckdb.InvalidInputException("a line that needs the careful reader")
        found[index].update(keys)
    return found


def _reading(items: Sequence[Prepared], relation: str, values: dict[str, str]) -> Reading:
    numbers = [i.file.number for i in items]
    practices = [i.file.practice_id for i in items]
    return Reading(table(items[0].file.table or ""), relation, values, numbers, practices, index=_INDEX)


def _paths(items: Sequence[Prepared]) -> str:
    return f"[{', '.join(literal(i.path) for i in items)}]"


def _practices(job: Job, item: Prepared) -> tuple[str, ...] | None:
    """Practices in a CSV file that is refused for its columns, read from the one that names them."""
    names = [c.strip().lower() for c in item.columns]
    if names.count("practice_id") != 1:
        return None
    columns = ", ".join(f"c{i}: 'VARCHAR'" for i in range(len(names)))
    try:
        found = job.con.execute(
            f"select distinct trim(c{names.index('practice_id')})"
            f" from read_csv({_paths([item])}, {_CSV}, columns = {{{columns}}})"
        ).fetchall()
    except duckdb.Error:
        return None
    return tuple(sorted({practice for (practice,) in found if practice in job.directory})) or None
