"""Rows and files of practices that the directory does not know."""

from collections.abc import Sequence

import polars as pl

from expectations.contracts import table, tables
from transforms.ingest.job import Job, id_column
from transforms.ingest.lines import Origin, with_lines
from transforms.ingest.raw import has_rows, quoted, raw_name
from transforms.ingest.snapshot import Snapshot, SourceFile
from transforms.sql import query


def set_aside_strangers(job: Job, snapshot: Snapshot) -> None:
    """Rows of practices that the directory does not know: a line per row, or per file whose path names one.

    Their practice becomes null, so that no batch reads them. A landing of some practices never reads them.
    """
    if job.scope is not None:
        return
    known = pl.DataFrame({"practice_id": sorted(job.directory)}, schema={"practice_id": pl.String})
    for name in tables("source"):
        if name != "practices":
            _note_stranger_files(job, snapshot.of(name))
        if name != "practices" and has_rows(job.con, name):
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
