"""Files of the fleet that a rerun passes over: what it finds out of one practice is what the night finds."""

from pathlib import Path

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.transforms.ingest.landings import HQ, read, write
from tests.transforms.ingest.test_broken_files import REJECTED, ROWS, WAITING
from transforms.ingest import find_snapshot
from transforms.ingest.job import Job
from transforms.ingest.prepare import prepare
from transforms.ingest.scope import concerns
from transforms.storage import staging

_ESCAPED = '{"practice_id":"\\u0050\\u0031","hq_client_id":"c1","status":"active"}\n'
FILES: dict[str, tuple[str, str | bytes]] = {
    "whole file": ("a.csv", HQ + "P1,c1,active,A,\n"),
    "id in disguise": ("a.ndjson", '{"practice_id":"P2","hq_client_id":"c2","status":"active"}\n' + _ESCAPED),
    **{case: (bad[0], bad[1]) for case, bad in ROWS.items()},
    **{case: (bad[0], bad[1]) for case, bad in REJECTED.items()},
    **{case: (bad[0], bad[1]) for case, bad in WAITING.items()},
}


@pytest.mark.parametrize("case", FILES)
def test_a_rerun_reads_of_its_practice_what_the_night_reads(
    case: str, con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    name, content = FILES[case]
    other = "practice_id,hq_client_id,status,name,date_of_birth\nP2,c9,active,Other,\n"
    root = write(tmp_path, {f"hq/clients/{name}": content, "hq/clients/other.csv": other})
    night = read(con, root)
    # Of broken rows alone, the practice that the file names reads what the night reads.
    for practice in ("P2",) if case in ROWS else ("P1", "P2"):
        rerun = read(con, root, [practice])
        for table in ("hq_clients", "intake", "quarantine"):
            found = night[table].filter(pl.col("practice_id") == practice)
            assert_frame_equal(rerun[table], found, check_row_order=False)


@pytest.mark.parametrize("ending", ["csv", "ndjson", "parquet"])
def test_a_file_without_the_practice_is_not_read(
    ending: str, con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    root = write(tmp_path, {})
    folder = root / "snapshot_date=2024-01-15" / "hq" / "clients"
    folder.mkdir(parents=True)
    for practice in ("P1", "P2"):
        rows = pl.DataFrame({"practice_id": [practice], "hq_client_id": ["c1"], "status": ["active"]})
        getattr(rows, f"write_{ending}")(folder / f"{practice}.{ending}")
    snapshot = find_snapshot(root)
    with staging(snapshot.storage) as place:
        job = Job(con, place, ("P2",), directory=frozenset({"P1", "P2"}))
        prepared = [prepare(job, file) for file in snapshot.of("hq_clients")]
        assert [concerns(job, item) for item in prepared if item] == [False, True]
