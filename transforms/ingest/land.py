"""Lands a snapshot: a file in scope becomes rows of text in scratch tables, or a line that says why not."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from expectations.contracts import table, tables
from expectations.errors import UsageError
from transforms.ingest.careful import first_record
from transforms.ingest.fast import read_csv_files, read_ndjson_files
from transforms.ingest.job import Job, Prepared, id_column
from transforms.ingest.ledger import Ledger, Rejection
from transforms.ingest.lines import Origin, with_lines
from transforms.ingest.nested import settle_nested
from transforms.ingest.parquet import read_parquet_files
from transforms.ingest.raw import create_tables, quoted, raw_name
from transforms.ingest.snapshot import Snapshot, SourceFile
from transforms.ingest.text import encoding_of, encoding_trouble, physical_lines
from transforms.ingest.typed import picked, read_table
from transforms.ingest.xml import create_alias_table, read_xml_file
from transforms.sql import query
from transforms.storage import staging

_HEAD = 1 << 16
_TRUNCATED = "The file is truncated or corrupt: it cannot be unpacked. Extract it again."


@dataclass(frozen=True)
class Landed:
    """A landed snapshot: the rows lie in scratch tables of the connection, the rest is here."""

    snapshot: Snapshot
    scope: tuple[str, ...] | None
    """The practices asked for, as far as the directory knows them; None: all."""
    directory: pl.DataFrame
    """Table `practices`, of the whole fleet."""
    extracts: pl.DataFrame
    """Table `extracts` in scope."""
    lines: pl.DataFrame
    """What could not be read so far, in the shape of `ledger.LINES`."""
    rejections: tuple[Rejection, ...]
    sizes: pl.DataFrame
    """practice_id, rows: one row per practice of the directory in scope, sorted; rows of all its lists."""
    input_hash: str
    """Hash of the rows and of the refused files in scope; the order of files and rows has no part in it."""


def land(
    con: duckdb.DuckDBPyConnection, snapshot: Snapshot, practice_ids: Sequence[str] | None = None
) -> Landed:
    """Read the snapshot's files into scratch tables of `con`; with `practice_ids` only what those need.

    Raises UsageError where no practice directory can be read.
    """
    create_tables(con)
    ledger = Ledger()
    with staging(snapshot.storage) as place:
        job = Job(con, place, None, ledger)
        create_alias_table(job)
        directory = _land_directory(job, snapshot)
        job.directory = frozenset(directory["practice_id"])
        job.scope = tuple(sorted(set(practice_ids))) if practice_ids is not None else None
        for name in tables("source"):
            if name != "practices":
                _land_files(job, snapshot.of(name))
        for file in snapshot.files:
            if file.table is None and job.scope is None:
                ledger.note(file, "file", file.trouble or "")
    if snapshot.of("xpm_clients"):
        settle_nested(con, snapshot)
    _set_aside_strangers(job, snapshot)
    sizes = _sizes(con, directory, job.scope)
    ids = sizes["practice_id"].to_list()
    extracts, extract_lines = read_table(con, "extracts", picked(ids, ids), Origin(snapshot, job.scope))
    return Landed(
        snapshot,
        job.scope and tuple(sizes["practice_id"]),
        directory,
        extracts,
        pl.concat([ledger.frame(), extract_lines]),
        tuple(ledger.rejections),
        sizes,
        _input_hash(con, ledger),
    )


def _land_directory(job: Job, snapshot: Snapshot) -> pl.DataFrame:
    _land_files(job, snapshot.of("practices"))
    directory, lines = read_table(job.con, "practices", None, Origin(snapshot, None))
    known = pl.col("practice_id").is_in(directory["practice_id"].to_list())
    job.ledger.lines += lines.with_columns(pl.when(known).then("practice_id").otherwise(pl.lit(""))).to_dicts()
    if directory.height:
        return directory
    reasons = "; ".join(f"{r.file.name}: {r.reason}" for r in job.ledger.rejections[:3])
    raise UsageError(
        f"snapshot {snapshot.snapshot_date} holds no readable practice directory"
        f" ({reasons or 'no file practices.csv, .ndjson or .parquet with a row in it'}): deliver it."
    )


def _land_files(job: Job, files: Sequence[SourceFile]) -> None:
    ready: dict[str, list[Prepared]] = {"csv": [], "ndjson": [], "parquet": [], "xml": []}
    for file in files:
        if not job.in_scope(file):
            continue
        if item := _prepare(job, file):
            ready[file.format].append(item)
    read_csv_files(job, ready["csv"])
    read_ndjson_files(job, ready["ndjson"])
    read_parquet_files(job, ready["parquet"])
    for item in ready["xml"]:
        read_xml_file(job, item)


def _prepare(job: Job, file: SourceFile) -> Prepared | None:
    """The file as plain local bytes, UTF-8 where it is text; None where that showed it to be broken."""
    try:
        if file.trouble:
            with job.staging.storage.open(file.name) as stream:
                told = api_error(stream.read(_HEAD))
            job.ledger.reject(file, told or file.trouble)
            return None
        path = job.staging.local_path(file.name)
        with Path(path).open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        job.ledger.reject(file, _TRUNCATED)
        return None
    if file.format in ("parquet", "xml"):
        return Prepared(file, path)
    if told := api_error(head):
        job.ledger.reject(file, told)
        return None
    if b"\0" in head[:2]:
        job.ledger.reject(file, "The file looks like UTF-16 without its byte order mark. Deliver UTF-8.")
        return None
    if encoding_of(head) == "utf-16":
        path = _as_utf8(job, path)
        if not path:
            job.ledger.reject(file, _encoding_reason(job, file))
            return None
        head = Path(path).read_bytes()[:_HEAD]
    return Prepared(file, path, first_record(head) if file.format == "csv" else ())


def _as_utf8(job: Job, path: str) -> str:
    """Path of a UTF-8 copy of a UTF-16 file; empty where it is not that."""
    copy = job.staging.new_path()
    try:
        with Path(path).open("rb") as source, copy.open("w", encoding="utf-8", newline="") as target:
            target.writelines(physical_lines(source))
    except UnicodeError:
        return ""
    return str(copy)


def _encoding_reason(job: Job, file: SourceFile) -> str:
    with job.staging.storage.open(file.name) as stream:
        return encoding_trouble(stream) or "The file is not UTF-16 text. Deliver UTF-8."


def api_error(head: bytes) -> str | None:
    """What an API error body such as `{"Title":"Unauthorized","Status":401}` says; None where it is none."""
    if not head.strip():
        return None
    try:
        body = json.loads(head)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    told = {str(key).lower(): value for key, value in body.items()}
    if "status" not in told or "title" not in told or "practice_id" in told:
        return None
    return f"The file is an API error ({told['title']}, status {told['status']}), no list: extract it again."[
        :200
    ]


def _set_aside_strangers(job: Job, snapshot: Snapshot) -> None:
    """Rows of practices that the directory does not know: a line per row, or per file whose path names one.

    Their practice becomes null, so that no batch reads them. A landing of some practices never reads them.
    """
    if job.scope is not None:
        return
    known = pl.DataFrame({"practice_id": sorted(job.directory)}, schema={"practice_id": pl.String})
    for name in tables("source"):
        if name != "practices":
            _note_stranger_files(job, snapshot.of(name))
            _note_stranger_rows(job, name, known, snapshot)


def _note_stranger_files(job: Job, files: Sequence[SourceFile]) -> None:
    for file in files:
        if file.practice_id and file.practice_id not in job.directory:
            reason = f"Practice {file.practice_id[:50]} of the path is not in the directory: add it there."
            job.ledger.note(file, "file", reason, practice_id="")


def _note_stranger_rows(job: Job, name: str, known: pl.DataFrame, snapshot: Snapshot) -> None:
    key = id_column(table(name))
    source_id = quoted(key) if key else "null::varchar"
    strangers = query(
        job.con,
        f"select rowid as _rowid, _file, _row, practice_id, {source_id} as source_id"
        f" from {raw_name(name)} anti join known using (practice_id)",
        {"known": known},
    )
    if not strangers.height:
        return
    pathless = [f.number for f in snapshot.of(name) if not f.practice_id]
    unknown = strangers.filter(pl.col("_file").is_in(pathless)).sort("_file", "_rowid")
    for row in with_lines(job.con, name, unknown, Origin(snapshot, None)).iter_rows(named=True):
        named = "The row names a practice that is not in the directory: add it there, or mend the id."
        job.ledger.note(
            snapshot.files[row["_file"]],
            "row",
            named if row["practice_id"] else "The row names no practice: fill practice_id.",
            line=row["_row"],
            column="practice_id",
            value=row["practice_id"],
            source_id=row["source_id"],
            practice_id="",
        )
    update = f"update {raw_name(name)} set practice_id = null where rowid in (select _rowid from strangers)"
    job.con.register("strangers", strangers)
    job.con.execute(update)
    job.con.unregister("strangers")


def _sizes(
    con: duckdb.DuckDBPyConnection, directory: pl.DataFrame, scope: tuple[str, ...] | None
) -> pl.DataFrame:
    counted = " union all ".join(
        f"select practice_id, count(*) as n from {raw_name(name)} group by practice_id"
        for name in tables("source")
    )
    wanted = directory.select("practice_id")
    if scope is not None:
        wanted = wanted.filter(pl.col("practice_id").is_in(scope))
    return query(
        con,
        "select w.practice_id, coalesce(sum(c.n), 0)::bigint as rows"
        f" from wanted as w left join ({counted}) as c using (practice_id) group by all order by all",
        {"wanted": wanted},
    )


def _input_hash(con: duckdb.DuckDBPyConnection, ledger: Ledger) -> str:
    parts = []
    for name, contract in tables("source").items():
        columns = ", ".join(quoted(c) for c in contract.names)
        parts.append(
            f"select '{name}' as t, count(*) as n, sum(hash(_stated, {columns})) as h from {raw_name(name)}"
        )
    refused = sorted(
        json.dumps([line["file"], line["level"], line["value"], line["reason"]]) for line in ledger.lines
    )
    rows = con.execute(
        f"select md5(string_agg(concat_ws(':', t, n, h), ',' order by t) || $refused)"
        f" from ({' union all '.join(parts)})",
        {"refused": "\n".join(refused)},
    ).fetchall()
    return str(rows[0][0])
