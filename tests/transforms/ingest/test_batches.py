"""Batches out of one landing: each finds its own rows and their lines, and several are read at once."""

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from threading import Event

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from expectations.contracts import table
from tests.transforms.ingest.landings import HQ, write
from transforms.ingest import Landed, find_snapshot, land, read_batch
from transforms.sql import Frames, connect

COUNT = 60
BAD = "31/12/1999"


def landed(con: duckdb.DuckDBPyConnection, root: Path) -> Landed:
    """Two practices whose rows take turns in one file; every tenth row has a date that is none."""
    rows = [
        f"P{i % 2 + 1},c{i},active,Name {i},{BAD if i % 10 < 2 else f'1970-01-{i % 28 + 1:02}'}"
        for i in range(COUNT)
    ]
    return land(con, find_snapshot(write(root, {"hq/clients/a.csv": HQ + "\n".join(rows) + "\n"})))


def batch(con: duckdb.DuckDBPyConnection, found: Landed, practice: str) -> Frames:
    return read_batch(con, found, [practice], table("intake").empty(), "run-1")


def test_a_batch_gives_the_lines_of_the_whole_file(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    found = landed(con, tmp_path)
    for number, practice in enumerate(("P1", "P2")):
        frames = batch(con, found, practice)
        assert frames["hq_clients"]["practice_id"].unique().to_list() == [practice]
        assert frames["hq_clients"].height == COUNT // 2
        lines = frames["quarantine"].filter(pl.col("value") == BAD)["line"].sort()
        assert lines.to_list() == [i + number + 2 for i in range(0, COUNT, 10)]


def test_batches_can_be_read_by_threads_and_more_than_once(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    found = landed(con, tmp_path)
    practices = ["P1", "P2"] * 8
    alone = {practice: batch(con, found, practice) for practice in ("P1", "P2")}

    def read(practice: str) -> Frames:
        with con.cursor() as own:
            return batch(own, found, practice)

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(read, practices))
    for practice, frames in zip(practices, together, strict=True):
        for name, frame in alone[practice].items():
            assert_frame_equal(frames[name], frame)


def test_what_is_noted_keeps_its_order_whichever_table_is_ready_first(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = ["xpm/clients", "links/client_sync", "hq/clients", "tax/clients", "xpm/jobs"]
    landing = import_module("transforms.ingest.land")
    prepare, last = landing.prepare, Event()

    def slow_first(job, file):  # type: ignore[no-untyped-def]
        if file.table == "tax_clients":
            last.set()
        assert file.table != "xpm_clients" or last.wait(20)  # several tables are under way at once
        return prepare(job, file)

    monkeypatch.setattr(landing, "prepare", slow_first)
    root = write(tmp_path, {f"{folder}/a.parquet": b"PAR1 and no more" for folder in folders})
    found = land(con, find_snapshot(root))
    named = [f"{folder}/a.parquet" for folder in folders]
    assert [r.file.name for r in found.rejections] == found.lines["file"].to_list() == named


def test_rows_on_the_disk_go_with_the_landing(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    with connect() as con:
        found = landed(con, tmp_path / "landing")
        assert list(scratch.iterdir())
        del found
    assert not list(scratch.iterdir())
