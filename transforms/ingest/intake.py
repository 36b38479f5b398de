"""Decides for each practice and list whether tonight's list is taken: table `intake`.

The first line that applies (see tests/transforms/ingest/intake_cases.csv):

| list | taken | why |
|---|---|---|
| a file of it was rejected, or a row below the practice's path names another practice | no | half a list |
| its extract ended in ERROR | no | an error is no empty list |
| the extract's row_count differs from readable and quarantined rows together | no | rows are missing |
| clients of a product that the practice has, no file for it, no row_count of an extract | no | missing |
| of a product that the practice has, no readable row, while the last list taken had some | no | as it says |
| everything else; so too an empty list that is there, or that the extract says has 0 rows | yes | |

A practice has HQ always, XPM unless its connection is `none` or `no_account` or it has no XPM account, Tax
where `has_tax`, and the old sync's pairs where it has XPM. A file that names no practice in its path is there
for every practice.
"""

from collections.abc import Sequence

import duckdb
import polars as pl

from expectations.conform import conform
from expectations.contracts import tables
from transforms.ingest.ledger import Rejection
from transforms.ingest.snapshot import Snapshot, folder, place
from transforms.private import mask_text
from transforms.sql import run_sql

_OWN_TABLES = ("practices", "extracts")
"""Read for the whole landing, not batch by batch."""
_MOVED = "The row names another practice than its path"


def batch_tables() -> list[str]:
    """Source tables that have a row in `intake`: all but the directory and the extracts."""
    return [name for name in tables("source") if name not in _OWN_TABLES]


def intake(
    con: duckdb.DuckDBPyConnection,
    frames: dict[str, pl.DataFrame],
    snapshot: Snapshot,
    rejections: Sequence[Rejection],
    run_id: str,
) -> pl.DataFrame:
    """Table `intake` of the practices in `frames`.

    `frames`: every source table, `last_intake` (shape of `intake`, may be empty), `files` (`file_counts` of
    all tables), and `lines`: what could not be read of these practices, in the shape of `ledger.LINES`.
    """
    batch = frames["practices"]
    facts = run_sql(
        con,
        "ingest/intake",
        {
            "batch": batch,
            "lists": _lists(),
            "counts": _counts(frames),
            "delivered": _delivered(snapshot),
            "refusals": _refusals(rejections, frames["lines"]),
            "extracts": frames["extracts"],
            "last_intake": frames["last_intake"],
        },
    )
    verdict = run_sql(con, "ingest/verdict", {"facts": facts}, {"run_id": run_id})
    # An extract's own error message is free text.
    known = frames["tax_clients"].select("practice_id", "tax_number").drop_nulls()
    return conform(mask_text(verdict, ["reason"], known), "intake")


def _lists() -> pl.DataFrame:
    """product, entity (folder name), singular: one row per list."""
    rows = [(*folder(t), place(t)[1]) for name, t in tables("source").items() if name in batch_tables()]
    return pl.DataFrame(rows, schema=["product", "entity", "singular"], orient="row")


def file_counts(name: str, raw: pl.DataFrame) -> pl.LazyFrame:
    """practice_id, product, entity, files: in how many files a source table has rows of each practice."""
    product, entity = folder(tables("source")[name])
    both = pl.col("practice_id", "_file")  # rows of a file mostly stand together
    first = raw.lazy().select(both).filter(pl.any_horizontal(both.ne_missing(both.shift()))).unique()
    files = first.group_by("practice_id").agg(pl.len().cast(pl.Int64).alias("files"))
    return files.select("practice_id", product=pl.lit(product), entity=pl.lit(entity), files="files")


def _counts(frames: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Readable and quarantined rows and files per practice and list; only where there are any."""
    places = [(*folder(t), place(t)[1]) for name, t in tables("source").items() if name in batch_tables()]
    by_place = pl.DataFrame(places, schema=["product", "folder", "entity"], orient="row")
    lost = (
        frames["lines"]
        .filter((pl.col("level") == "row") & (pl.col("practice_id") != ""))
        .join(by_place, on=["product", "entity"])
        .group_by("practice_id", "product", pl.col("folder").alias("entity"))
        .agg(pl.len().cast(pl.Int64).alias("rows_quarantined"))
    )
    read = pl.concat(_read_counts(name, frames[name]) for name in batch_tables()).collect()
    key = ["practice_id", "product", "entity"]
    return (
        frames["files"]
        .join(read, on=key, how="full", coalesce=True)
        .join(lost, on=key, how="full", coalesce=True)
        .with_columns(pl.col("files", "rows_read", "rows_quarantined").fill_null(0))
    )


def _read_counts(name: str, rows: pl.DataFrame) -> pl.LazyFrame:
    """practice_id, product, entity, rows_read of one source table."""
    product, entity = folder(tables("source")[name])
    counts = rows.lazy().group_by("practice_id").agg(pl.len().cast(pl.Int64).alias("rows_read"))
    return counts.select("practice_id", product=pl.lit(product), entity=pl.lit(entity), rows_read="rows_read")


def _delivered(snapshot: Snapshot) -> pl.DataFrame:
    """product, entity, practice_id (null: any): lists for which a file lies there."""
    found = {
        (*folder(tables("source")[file.table]), file.practice_id)
        for file in snapshot.files
        if file.table is not None
    }
    schema = {"product": pl.String, "entity": pl.String, "practice_id": pl.String}
    return pl.DataFrame(sorted(found, key=str), schema=schema, orient="row")


def _refusals(rejections: Sequence[Rejection], lines: pl.DataFrame) -> pl.DataFrame:
    """product, entity, practice_id (null: all), file, reason: what makes a list incomplete."""
    found: list[tuple[str, str, str | None, str, str]] = []
    for r in rejections:
        if r.file.table is None:
            continue
        product, entity = folder(tables("source")[r.file.table])
        reason = f"{r.file.name} was not read: {r.reason}"
        found += [(product, entity, practice, r.file.name, reason) for practice in r.practices or (None,)]
    folders = {place(t): folder(t) for t in tables("source").values()}
    moved = lines.filter(pl.col("reason").str.starts_with(_MOVED))
    for product, entity, practice, file in (
        moved.select("product", "entity", "practice_id", "file").unique().rows()
    ):
        found.append((*folders[product, entity], practice, file, f"{file} holds rows of another practice."))
    schema = dict.fromkeys(("product", "entity", "practice_id", "file", "reason"), pl.String)
    return pl.DataFrame(sorted(set(found), key=str), schema=schema, orient="row")
