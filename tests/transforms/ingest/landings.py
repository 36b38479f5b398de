"""Small landing zones for tests."""

from collections.abc import Mapping
from pathlib import Path

import duckdb
import polars as pl

from expectations.contracts import table
from transforms.ingest import Landed, find_snapshot, land, read_batch
from transforms.sql import Frames

DIRECTORY = "practice_id,practice_name,region,connection\nP1,One,AU,none\nP2,Two,NZ,none\n"
HQ = "practice_id,hq_client_id,status,name,date_of_birth\n"


def write(root: Path, files: Mapping[str, str | bytes], day: str = "2024-01-15") -> Path:
    """Files of one snapshot below landing `root`; the directory of P1 and P2 unless `files` brings one."""
    for name, content in {"practices.csv": DIRECTORY, **files}.items():
        path = root / f"snapshot_date={day}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def read(
    con: duckdb.DuckDBPyConnection,
    root: Path,
    only: list[str] | None = None,
    last_intake: pl.DataFrame | None = None,
) -> Frames:
    """Every table of the newest snapshot, read in one batch."""
    return read_landed(con, land(con, find_snapshot(root), only), last_intake)


def read_landed(
    con: duckdb.DuckDBPyConnection, landed: Landed, last_intake: pl.DataFrame | None = None
) -> Frames:
    """The same of what was landed."""
    last = table("intake").empty() if last_intake is None else last_intake
    return read_batch(con, landed, landed.sizes["practice_id"].to_list(), last, "run-1")


def verdict(frames: Frames, practice: str, product: str, entity: str) -> tuple[bool, str | None]:
    """Whether a list was taken, and why not."""
    rows = frames["intake"].filter(
        (pl.col("practice_id") == practice) & (pl.col("product") == product) & (pl.col("entity") == entity)
    )
    return rows["accepted"].item(), rows["reason"].item()


def lines(frames: Frames) -> list[tuple[str, int | None, str | None, str | None, str | None]]:
    """Level, line, column, value and source id of each line of `quarantine`, in the order of the file."""
    rows = frames["quarantine"].sort("file", "line", "column", nulls_last=True)
    return rows.select("level", "line", "column", "value", "source_id").rows()
