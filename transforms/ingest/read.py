"""Reads a batch of practices from the landed rows: every source table, `intake` and `quarantine`."""

from collections.abc import Sequence

import duckdb
import polars as pl

from expectations.conform import conform
from expectations.contracts import table, tables
from transforms.ingest.intake import batch_tables, file_counts, intake
from transforms.ingest.land import Landed
from transforms.ingest.snapshot import place
from transforms.ingest.typed import read_table
from transforms.private import mask_known, mask_numbers, mask_tax_number, mask_text
from transforms.sql import Frames

_LONGEST_VALUE = 200


def read_batch(
    con: duckdb.DuckDBPyConnection,
    landed: Landed,
    practice_ids: Sequence[str],
    last_intake: pl.DataFrame,
    run_id: str,
) -> Frames:
    """Every source table, `intake` and `quarantine` of the given practices of the directory.

    `last_intake`: `intake` as of the last run, may be empty. Lines that belong to no practice come with the
    batch that holds the fleet's first practice, so that a whole run reports each of them once; a landing of
    some practices leaves them to the next whole run. Several threads may read, each by a `con` of its own or
    a cursor of one.
    """
    wanted = pl.DataFrame({"practice_id": sorted(set(practice_ids))}, schema={"practice_id": pl.String})
    frames = {
        "practices": landed.directory.join(wanted, on="practice_id", how="semi"),
        "extracts": landed.extracts.join(wanted, on="practice_id", how="semi"),
    }
    lines = [landed.lines.filter(pl.col("practice_id").is_in(_reported(landed, wanted)))]
    files = []
    for name in batch_tables():
        raw = landed.rows.get(name, wanted["practice_id"].to_list())
        frames[name], found = read_table(con, name, raw, landed.origin)
        lines.append(found)
        files.append(file_counts(name, raw))
    noted = pl.concat(lines)
    inputs = {**frames, "last_intake": last_intake, "lines": noted, "files": pl.concat(files).collect()}
    frames["intake"] = intake(con, inputs, landed.snapshot, landed.rejections, run_id)
    frames["quarantine"] = _quarantine(noted, frames, run_id)
    for name in ("practices", "extracts"):
        frames[name] = conform(frames[name], name)
    return frames


def _reported(landed: Landed, wanted: pl.DataFrame) -> list[str]:
    """Practices whose lines this batch reports; the empty one stands for lines that belong to none."""
    ids: list[str] = wanted["practice_id"].to_list()
    whole_run = landed.scope is None and landed.sizes.height > 0
    return [*ids, ""] if whole_run and landed.sizes["practice_id"][0] in ids else ids


def _quarantine(lines: pl.DataFrame, frames: Frames, run_id: str) -> pl.DataFrame:
    """Table `quarantine`: values masked, then cut."""
    known = pl.concat(
        [
            frames["tax_clients"].select("practice_id", "tax_number"),
            frames["xpm_clients"].select("practice_id", pl.col("TaxNumber").alias("tax_number")),
        ]
    ).drop_nulls()
    masked = mask_text(_mask_own(lines), ["column", "value", "reason"], known)
    # An id that merely passes a check stays, as in every other table: else its record would not be found.
    masked = mask_known(masked, ["source_id"], known, whole=True)
    cut = masked.with_columns(pl.col("value").str.head(_LONGEST_VALUE), pl.lit(run_id).alias("run_id"))
    contract = table("quarantine")
    rows = cut.select(contract.names).unique(contract.key, keep="first", maintain_order=True)
    return conform(rows, "quarantine")


def _mask_own(lines: pl.DataFrame) -> pl.DataFrame:
    """Values of tax-number columns, and whole raw lines of files that hold such a column."""
    secret = [(place(t), c.name) for t in tables("source").values() for c in t.columns if c.secret]
    of_secret_list = pl.any_horizontal(
        *((pl.col("product") == product) & (pl.col("entity") == entity) for (product, entity), _ in secret)
    )
    names = sorted({name for _, name in secret})
    raw = pl.col("value").map_elements(
        lambda v: mask_numbers(v, frozenset(), every=True), return_dtype=pl.String
    )
    return lines.with_columns(
        pl.when(pl.col("column").is_in(names))
        .then(mask_tax_number(pl.col("value")))
        .when(of_secret_list & pl.col("column").is_null())
        .then(raw)
        .otherwise("value")
        .alias("value")
    )
