"""Lands a snapshot: a file in scope becomes rows of text in scratch tables, or a line that says why not."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import polars as pl

from expectations.contracts import tables
from expectations.errors import UsageError
from transforms.ingest.fast import read_csv_files, read_ndjson_files
from transforms.ingest.job import Job, Prepared
from transforms.ingest.ledger import Ledger, Rejection
from transforms.ingest.lines import Origin
from transforms.ingest.nested import settle_nested
from transforms.ingest.parquet import read_parquet_files
from transforms.ingest.prepare import prepare
from transforms.ingest.raw import create_tables, quoted, raw_name
from transforms.ingest.snapshot import Snapshot, SourceFile
from transforms.ingest.strangers import set_aside_strangers
from transforms.ingest.typed import picked, read_table
from transforms.ingest.xml import create_alias_table, read_xml_file
from transforms.sql import query
from transforms.storage import staging


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
    set_aside_strangers(job, snapshot)
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
    job.ledger.lines += lines.with_columns(
        pl.when(known).then("practice_id").otherwise(pl.lit(""))
    ).to_dicts()
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
        if item := prepare(job, file):
            ready[file.format].append(item)
    read_csv_files(job, ready["csv"])
    read_ndjson_files(job, ready["ndjson"])
    read_parquet_files(job, ready["parquet"])
    for item in ready["xml"]:
        read_xml_file(job, item)


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
