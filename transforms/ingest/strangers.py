"""Rows and files of practices that the directory does not know."""

from collections.abc import Sequence

import polars as pl

from expectations.contracts import table
from transforms.ingest.job import Job, id_column
from transforms.ingest.lines import Origin, with_lines
from transforms.ingest.snapshot import Snapshot, SourceFile


def set_aside_strangers(job: Job, name: str, rows: pl.DataFrame, snapshot: Snapshot) -> pl.DataFrame:
    """`rows` of a source table, with a line per row of a practice that the directory does not know, or per
    file whose path names one.

    Their practice becomes null, so that no batch reads them. A landing of some practices never reads them.
    """
    if job.scope is not None:
        return rows
    _note_stranger_files(job, snapshot.of(name))
    return _without_strangers(job, name, rows, snapshot)


def _note_stranger_files(job: Job, files: Sequence[SourceFile]) -> None:
    for file in files:
        if file.practice_id and file.practice_id not in job.directory:
            reason = f"Practice {file.practice_id[:50]} of the path is not in the directory: add it there."
            job.ledger.note(file, "file", reason, practice_id="")


def _without_strangers(job: Job, name: str, rows: pl.DataFrame, snapshot: Snapshot) -> pl.DataFrame:
    if job.directory.issuperset(rows["practice_id"].rle().struct.field("value")):
        return rows
    known = pl.col("practice_id").is_in(sorted(job.directory)).fill_null(False)
    strangers = rows.filter(~known)
    pathless = [f.number for f in snapshot.of(name) if not f.practice_id]
    unknown = strangers.filter(pl.col("_file").is_in(pathless)).sort("_file", "_place")
    key = id_column(table(name))
    for row in with_lines(unknown, Origin(snapshot, None, job.counts)).iter_rows(named=True):
        named = "The row names a practice that is not in the directory: add it there, or mend the id."
        job.ledger.note(
            snapshot.files[row["_file"]],
            "row",
            named if row["practice_id"] else "The row names no practice: fill practice_id.",
            line=row["_row"],
            column="practice_id",
            value=row["practice_id"],
            source_id=row[key] if key else None,
            practice_id="",
        )
    return rows.with_columns(pl.when(known).then("practice_id").alias("practice_id"))
