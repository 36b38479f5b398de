"""Which snapshot, which file is which, and files that do not lie on this disk."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow.fs as pafs
import pytest

from expectations.errors import UsageError
from tests.transforms.ingest.landings import HQ, read_landed, write
from transforms.ingest import find_snapshot, land
from transforms.ingest.snapshot import SourceFile, _source_file
from transforms.storage import Storage, open_storage


def test_the_newest_snapshot_or_the_one_asked_for(tmp_path: Path) -> None:
    for day in ("2024-01-14", "2024-01-15", "2023-12-31"):
        write(tmp_path, {}, day)
    (tmp_path / "snapshot_date=2024-02-31").mkdir()
    (tmp_path / "snapshot_date=latest").mkdir()
    assert find_snapshot(tmp_path).snapshot_date == dt.date(2024, 1, 15)
    asked = find_snapshot(str(tmp_path), dt.date(2023, 12, 31))
    assert (asked.snapshot_date, [f.name for f in asked.files]) == (dt.date(2023, 12, 31), ["practices.csv"])


def test_no_snapshot_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--landing"):
        find_snapshot(tmp_path / "nowhere")
    write(tmp_path, {})
    with pytest.raises(UsageError, match="2024-01-15"):
        find_snapshot(tmp_path, dt.date(2020, 1, 1))
    with pytest.raises(UsageError, match="cannot be opened"):
        find_snapshot("gopher://x/y")


def test_no_directory_is_a_usage_error(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    root = write(tmp_path, {"practices.csv": "practice_id,region\nP1,AU\n"})
    with pytest.raises(UsageError, match=r"practices.csv: Required column practice_name, connection is"):
        land(con, find_snapshot(root))


# path: table, format, practice, words of the trouble
PLACES = {
    "practices.csv": ("practices", "csv", None, None),
    "practices/part-0.ndjson.gz": ("practices", "ndjson", None, None),
    "hq/clients/a.parquet": ("hq_clients", "parquet", None, None),
    "hq/clients/x/practice_id=AU-1/y/A.CSV.GZ": ("hq_clients", "csv", "AU-1", None),
    "hq/clients/practice_id=a%20b/a.csv": ("hq_clients", "csv", "a b", None),
    "xpm/clients/practice_id=AU-1/a.xml.gz": ("xpm_clients", "xml", "AU-1", None),
    "hq/clients/a.xml": ("hq_clients", "", None, "ending .xml"),
    "hq/clients/a.parquet.gz": ("hq_clients", "", None, "ending .parquet.gz"),
    "hq/clients/practice_id=A/practice_id=B/a.csv": ("hq_clients", "", None, "no practice or more than one"),
    "hq/clients/practice_id=/a.csv": ("hq_clients", "", None, "no practice"),
    "hq/invoices/a.csv": (None, "", None, "No list of the contract"),
    "clients.csv": (None, "", None, "No list of the contract"),
    "decisions/matches/a.ndjson": ("matches", "ndjson", None, None),
    "links/client_sync/a.csv.zst": ("client_sync", "csv", None, None),
}


@pytest.mark.parametrize("name", PLACES)
def test_place(name: str) -> None:
    owner, kind, practice, words = PLACES[name]
    found: SourceFile = _source_file(0, name)
    assert (found.table, found.format) == (owner, kind)
    assert found.practice_id == practice or found.trouble
    assert (words or "") in (found.trouble or "")
    assert (found.trouble is None) == (words is None)


def test_another_file_system_is_configuration(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    files = {"hq/clients/a[1].csv": HQ + "P1,c1,active,A,1/2/99\n"}
    here = find_snapshot(write(tmp_path, files))
    far = Storage(
        pafs.SubTreeFileSystem("/", pafs.LocalFileSystem()), here.storage.root.lstrip("/"), local=False
    )
    for storage in (here.storage, open_storage(f"file://{here.storage.root}"), far):
        assert [f.path for f in storage.files()] == ["hq/clients/a[1].csv", "practices.csv"]
        frames = read_landed(con, land(con, replace(here, storage=storage)))
        assert frames["hq_clients"]["hq_client_id"].to_list() == ["c1"]
        assert frames["quarantine"]["line"].to_list() == [2]
