"""Lands a snapshot: a file in scope becomes rows of text, or a line that says why not."""

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import duckdb
import polars as pl

from expectations.contracts import table, tables
from expectations.errors import UsageError
from transforms.ingest.fast import read_csv_files, read_ndjson_files
from transforms.ingest.job import Job, Prepared
from transforms.ingest.ledger import Ledger, Rejection
from transforms.ingest.lines import Origin
from transforms.ingest.nested import settle_nested
from transforms.ingest.parquet import read_parquet_files
from transforms.ingest.prepare import prepare
from transforms.ingest.raw import raw_schema
from transforms.ingest.scope import concerns
from transforms.ingest.snapshot import Snapshot, SourceFile
from transforms.ingest.strangers import set_aside_strangers
from transforms.ingest.typed import read_table
from transforms.ingest.xml import read_xml_files
from transforms.storage import Shelf, staging

# The API's client lists hold rows, and names of ids, of the other tables of their product: these come after.
_AFTER_CLIENTS = [n for n in sorted(tables("source")) if n.startswith("xpm_") and n != "xpm_clients"]
_BEFORE = ["xpm_clients", *sorted(tables("source").keys() - {"xpm_clients", *_AFTER_CLIENTS})]
_AT_ONCE = 2
"""Tables under way at once: more would fill the memory."""
_PIECES = 100
"""Pieces of a table from which on they slow its readers down."""


@dataclass(frozen=True)
class Landed:
    """A landed snapshot."""

    snapshot: Snapshot
    rows: Shelf
    """Rows in scope of every source table as text, in the shape of `raw.raw_schema`."""
    origin: Origin
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
    """Read the snapshot's files by way of `con`; with `practice_ids` only what those need.

    Raises UsageError where no practice directory can be read.
    """
    con.execute("set preserve_insertion_order = true")  # a row's place gives the line of a bad one
    ledger, shelf = Ledger(), Shelf()
    with staging(snapshot.storage) as place:
        job = Job(con, place, None, ledger)
        directory = _land_directory(job, snapshot)
        job.directory = frozenset(directory["practice_id"])
        job.scope = tuple(sorted(set(practice_ids))) if practice_ids is not None else None
        landing = _land_tables(job, snapshot, shelf)
        for file in snapshot.files:
            if file.table is None and job.scope is None:
                ledger.note(file, "file", file.trouble or "")
    sizes = _sizes([counts for counts, _ in landing], directory, job.scope)
    origin = Origin(snapshot, job.scope, job.counts)
    ours = shelf.get("extracts", sizes["practice_id"].to_list())
    extracts, extract_lines = read_table(con, "extracts", ours, origin)
    return Landed(
        snapshot,
        shelf,
        origin,
        job.scope and tuple(sizes["practice_id"]),
        directory,
        extracts,
        pl.concat([ledger.frame(), extract_lines]),
        tuple(ledger.rejections),
        sizes,
        _input_hash([content for _, content in landing], ledger),
    )


def _land_tables(job: Job, snapshot: Snapshot, shelf: Shelf) -> list[tuple[pl.DataFrame, str]]:
    """What `_put` says of every source table; several are under way at once, with a ledger of each."""
    jobs = {n: replace(job, con=job.con.cursor(), ledger=Ledger()) for n in (*_BEFORE, *_AFTER_CLIENTS)}

    def put(name: str) -> tuple[pl.DataFrame, str]:
        with jobs[name].con:
            return _put(jobs[name], name, snapshot, shelf)

    with ThreadPoolExecutor(_AT_ONCE, "land") as pool:
        found = [*pool.map(put, _BEFORE), *pool.map(put, _AFTER_CLIENTS)]
    for own in jobs.values():
        job.ledger.lines += own.ledger.lines
        job.ledger.rejections += own.ledger.rejections
    return found


def _put(job: Job, name: str, snapshot: Snapshot, shelf: Shelf) -> tuple[pl.DataFrame, str]:
    """Lay all rows of a source table on the shelf; returns their number per practice, and their content."""
    if name != "practices":
        _land_files(job, snapshot.of(name))
    rows = _rows(job, name)
    client_files = [f.number for f in snapshot.of("xpm_clients")]
    if rows.height and client_files:
        rows = settle_nested(name, rows, job.aliases, client_files)
    if name != "practices":
        rows = set_aside_strangers(job, name, rows, snapshot)
    shelf.put(name, rows)
    content = rows.select("_stated", *table(name).names).hash_rows().sum() if rows.height else 0
    return _counts(rows), f"{name}:{rows.height}:{content}"


def _counts(rows: pl.DataFrame) -> pl.DataFrame:
    """practice_id, rows: a practice's rows mostly stand together, and to count the runs costs a tenth."""
    runs = rows["practice_id"].rle().struct.unnest()
    return runs.group_by(practice_id="value").agg(rows=pl.col("len").sum())


def _rows(job: Job, name: str) -> pl.DataFrame:
    """All rows of a source table; they are the caller's from here on."""
    parts = job.parts.pop(name, [])
    if not parts:
        return pl.DataFrame(schema=raw_schema(table(name)))
    # Putting all in one piece needs the room twice, so it is done only where the pieces are many.
    return pl.concat(parts, how="vertical_relaxed", rechunk=len(parts) > _PIECES)


def _land_directory(job: Job, snapshot: Snapshot) -> pl.DataFrame:
    _land_files(job, snapshot.of("practices"))
    rows = _rows(job, "practices")
    directory, lines = read_table(job.con, "practices", rows, Origin(snapshot, None, job.counts))
    known = pl.col("practice_id").is_in(directory["practice_id"].to_list())
    job.ledger.lines += lines.with_columns(
        pl.when(known).then("practice_id").otherwise(pl.lit(""))
    ).to_dicts()
    if directory.height:
        job.keep("practices", rows)
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
        item = prepare(job, file)
        if item and concerns(job, item):
            ready[file.format].append(item)
    read_csv_files(job, ready["csv"])
    read_ndjson_files(job, ready["ndjson"])
    read_parquet_files(job, ready["parquet"])
    if ready["xml"]:
        read_xml_files(job, ready["xml"])


def _sizes(
    counts: Sequence[pl.DataFrame], directory: pl.DataFrame, scope: tuple[str, ...] | None
) -> pl.DataFrame:
    counted = pl.concat(counts).group_by("practice_id").agg(pl.col("rows").sum().cast(pl.Int64))
    wanted = directory.select("practice_id")
    if scope is not None:
        wanted = wanted.filter(pl.col("practice_id").is_in(scope))
    found = wanted.join(counted, on="practice_id", how="left", validate="1:1")
    return found.with_columns(pl.col("rows").fill_null(0)).sort("practice_id")


def _input_hash(contents: Sequence[str], ledger: Ledger) -> str:
    refused = sorted(
        json.dumps([line["file"], line["level"], line["value"], line["reason"]]) for line in ledger.lines
    )
    text = "\n".join([*sorted(contents), *refused])
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
