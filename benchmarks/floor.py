"""The floor of a run: plain DuckDB reading the same input files and writing the same output rows."""

import time
from pathlib import Path

import duckdb

from expectations.contracts import Table, tables
from transforms.store import open_store

# DuckDB reads neither the API's XML nor broken files: the few small ones are left out.
_READERS = {
    "parquet": "read_parquet({files}, union_by_name = true, hive_partitioning = false)",
    "csv": "read_csv({files}, all_varchar = true, union_by_name = true, hive_partitioning = false, "
    "ignore_errors = true, null_padding = true)",
    "ndjson": "read_json({files}, format = 'newline_delimited', union_by_name = true, "
    "hive_partitioning = false, ignore_errors = true)",
}


def floor(landing: Path, store: Path, folder: Path) -> tuple[float, float, int, int]:
    """Seconds to read the newest snapshot, seconds to write the store's tables as Parquet, rows of each."""
    snapshot = max(landing.glob("snapshot_date=*"))
    con = duckdb.connect(config={"threads": 2})
    started = time.perf_counter()
    rows_in = sum(_read(con, snapshot, contract) for contract in tables("source").values())
    read = time.perf_counter() - started
    folder.mkdir(parents=True, exist_ok=True)
    with open_store(store, read_only=True) as opened:
        for name in opened.tables():
            con.register(name, opened.read(f'select * from "{name}"').to_arrow())
            con.execute(f'create table "out_{name}" as select * from "{name}"')
            con.unregister(name)
        names = opened.tables()
    started, rows_out = time.perf_counter(), 0
    for name in names:
        path = folder / f"{name}.parquet"
        copied = con.execute(f"copy \"out_{name}\" to '{path}' (format parquet, compression zstd)").fetchone()
        rows_out += copied[0] if copied else 0
    return read, time.perf_counter() - started, rows_in, rows_out


def _read(con: duckdb.DuckDBPyConnection, snapshot: Path, contract: Table) -> int:
    found = [*snapshot.glob(f"{contract.path}.*"), *snapshot.glob(f"{contract.path}/**/*.*")]
    rows = 0
    for kind, reader in _READERS.items():
        files = sorted(str(path) for path in found if f".{kind}" in path.name)
        if files:
            source = reader.format(files=files)
            con.execute(f"create or replace table landed as select * from {source}")
            counted = con.execute("select count(*) from landed").fetchone()
            rows += counted[0] if counted else 0
    con.execute("drop table if exists landed")
    return rows
