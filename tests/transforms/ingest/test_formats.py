"""The same rows are the same tables, whatever the format, the packing and the order of everything."""

import datetime as dt
import gzip
import json
import random
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

from expectations.contracts import table
from tests.transforms.ingest.landings import read_landed, write
from transforms.ingest import Landed, find_snapshot, land, parquet
from transforms.sql import Frames, connect

Rows = list[dict[str, Any]]

HQ_CLIENTS: Rows = [
    {
        "practice_id": f"P{1 + i % 2}",
        "hq_client_id": f"{i:03}",
        "status": ["active", "archived"][i % 3 == 0],
        "name": ["Ānia O’Neill", 'The "Best", Ltd', "Two\nlines", "=cmd", None][i % 5],
        "date_of_birth": [None, "1970-11-26", "1970-11-26T00:00:00"][i % 3],
        "emails": [[], ["a@x.nz"], ["a@x.nz", "b@x.nz"]][i % 3],
        "staff_ids": [["u1"], ["u1", "u2"]][i % 2],
        "notes": [None, "x;y", "[1] first", "a,b,c"][i % 4],
        "updated_at": [None, "2023-11-01T10:00:00", "2023-11-01T10:00:00+13:00"][i % 3],
    }
    for i in range(24)
]
XPM_CLIENTS: Rows = [
    {
        "practice_id": "P1",
        "UUID": f"{i}",
        "Name": f"Client {i}",
        "IsArchived": ["Yes", "No", "true", "0"][i % 4],
        "CustomFields": [None, '{"Plan": "Gold", "Since": 2019}'][i % 2],
    }
    for i in range(8)
]


def _csv(rows: Rows) -> bytes:
    flat = [{k: ";".join(v) if isinstance(v, list) else v for k, v in row.items()} for row in rows]
    return pl.DataFrame(flat, infer_schema_length=None).write_csv().encode()


def _ndjson(rows: Rows) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _parquet(rows: Rows) -> bytes:
    frame = pl.DataFrame(rows, infer_schema_length=None)
    for name in {"date_of_birth", "IsArchived"} & set(frame.columns):
        if name == "date_of_birth":
            frame = frame.with_columns(pl.col(name).str.head(10).str.to_date())
        else:
            frame = frame.with_columns(pl.col(name).is_in(["Yes", "true"]))
    buffer = BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _crlf(rows: Rows) -> bytes:
    body = _csv([row for row in rows if "\n" not in (row.get("name") or "")]).replace(b"\n", b"\r\n")
    return body + _csv([row for row in rows if "\n" in (row.get("name") or "")]).split(b"\n", 1)[1]


def _careful(rows: Rows) -> bytes:
    """A blank-looking line makes DuckDB refuse the file, so that it is read record by record."""
    return _csv(rows) + b"  \n"


WRITERS: dict[str, Callable[[Rows], bytes]] = {
    "csv": _csv,
    "ndjson": _ndjson,
    "parquet": _parquet,
    "ndjson.gz": lambda rows: gzip.compress(_ndjson(rows)),
    "csv.zst": lambda rows: pa.compress(_csv(rows), "zstd", asbytes=True),
    "bom.csv": lambda rows: b"\xef\xbb\xbf" + _csv(rows),
    "utf16.csv": lambda rows: _csv(rows).decode().encode("utf-16"),
    "mixedends.csv": _crlf,
    "careful.csv": _careful,
}


def _read(con: duckdb.DuckDBPyConnection, root: Path) -> tuple[Landed, Frames]:
    landed = land(con, find_snapshot(root))
    return landed, read_landed(con, landed)


def _tables(frames: Frames) -> dict[str, pl.DataFrame]:
    return {name: frame.drop("files") if name == "intake" else frame for name, frame in frames.items()}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Frames:
    files = {"hq/clients/a.csv": _csv(HQ_CLIENTS), "xpm/clients/a.csv": _csv(XPM_CLIENTS)}
    with connect() as con:
        return _read(con, write(tmp_path_factory.mktemp("expected"), dict(files)))[1]


def test_values_arrive(expected: Frames) -> None:
    clients = expected["hq_clients"]
    assert clients.height == 24
    assert clients.filter(pl.col("hq_client_id") == "002")["emails"].to_list() == [["a@x.nz", "b@x.nz"]]
    assert set(clients["name"]) == {"Ānia O’Neill", 'The "Best", Ltd', "Two\nlines", "=cmd", None}
    assert clients.schema == table("hq_clients").schema
    assert expected["xpm_clients"]["IsArchived"].sum() == 4
    assert expected["quarantine"].height == 0


@pytest.mark.parametrize("ending", sorted(WRITERS))
def test_formats_agree(ending: str, con: duckdb.DuckDBPyConnection, tmp_path: Path, expected: Frames) -> None:
    dice = random.Random(ending)
    files: dict[str, str | bytes] = {}
    for folder, rows in (("hq/clients", HQ_CLIENTS), ("xpm/clients", XPM_CLIENTS)):
        shuffled = [_shuffled(row, dice) for row in dice.sample(rows, len(rows))]
        files[f"{folder}/b.{ending}"] = WRITERS[ending](_same_columns(shuffled[:3], dice))
        files[f"{folder}/deep/a.{ending}"] = WRITERS[ending](_same_columns(shuffled[3:], dice))
    _, frames = _read(con, write(tmp_path, files))
    for name, frame in _tables(expected).items():
        assert_frame_equal(_tables(frames)[name], frame)


def _shuffled(row: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    return dict(dice.sample(list(row.items()), len(row)))


def _same_columns(rows: Rows, dice: random.Random) -> Rows:
    """Columns in an order and in a case of their own."""
    names = dice.sample(list(rows[0]), len(rows[0]))
    spelled = {
        n: dice.choice([n, n.upper(), n.lower()]) if n not in ("date_of_birth", "IsArchived", "name") else n
        for n in names
    }
    return [{spelled[n]: row[n] for n in names} for row in rows]


def test_per_practice_files_are_the_fleet_file(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, expected: Frames
) -> None:
    files: dict[str, str | bytes] = {"xpm/clients/practice_id=P1/x.ndjson": _ndjson(XPM_CLIENTS)}
    for practice in ("P1", "P2"):
        rows = [
            {k: v for k, v in r.items() if k != "practice_id"}
            for r in HQ_CLIENTS
            if r["practice_id"] == practice
        ]
        files[f"hq/clients/practice_id={practice}/part.parquet"] = _parquet(rows)
    _, frames = _read(con, write(tmp_path, files))
    for name, frame in _tables(expected).items():
        assert_frame_equal(_tables(frames)[name], frame)


def test_the_input_hash_follows_content_alone(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    def hashed(name: str, rows: Rows, split: int) -> str:
        files: dict[str, str | bytes] = {"hq/clients/a.csv": _csv(rows[:split])}
        files["hq/clients/b.csv"] = _csv(rows[split:])
        return _read(con, write(tmp_path / name, files))[0].input_hash

    whole = hashed("one", HQ_CLIENTS, 5)
    assert whole == hashed("two", HQ_CLIENTS[::-1], 11)
    assert whole != hashed("three", HQ_CLIENTS[1:], 5)
    assert whole != hashed("four", [{**HQ_CLIENTS[0], "name": "Other"}, *HQ_CLIENTS[1:]], 5)


def test_one_practice_alone_is_read_as_in_the_fleet(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, expected: Frames
) -> None:
    bad = [*HQ_CLIENTS[:6], {**HQ_CLIENTS[1], "hq_client_id": "x", "date_of_birth": "31/12/1999"}]
    files: dict[str, str | bytes] = {
        "hq/clients/a.csv": _csv(bad),
        "hq/clients/b.ndjson": _ndjson(HQ_CLIENTS[6:]),
    }
    files |= {"xpm/clients/a.parquet": _parquet(XPM_CLIENTS), "hq/contacts/practice_id=P1/x.csv": "broken"}
    root = write(tmp_path, files)
    fleet = read_landed(con, land(con, find_snapshot(root)))
    alone = land(con, find_snapshot(root), ["P2"])
    assert alone.sizes["practice_id"].to_list() == ["P2"]
    assert alone.directory.height == 2
    for name, frame in read_landed(con, alone).items():
        assert_frame_equal(frame, fleet[name].filter(pl.col("practice_id") == "P2"))


def test_numbers_and_objects_in_json(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    lines = (
        '{"practice_id":"P1","UUID":12,"Name":1e3,"Notes":{"a": [1,2]},"CustomFields":{"k":1.50},'
        '"BranchNumber":1.50}',
        '{"practice_id":"P1","UUID":"007","Name":12345678901234567890123,"Notes":[1,{"b":null}],'
        '"IsDeleted":true}',
    )
    frames = _read(con, write(tmp_path, {"xpm/clients/a.ndjson": "\n".join(lines)}))[1]
    found = frames["xpm_clients"].select("UUID", "Name", "Notes", "CustomFields", "BranchNumber", "IsDeleted")
    assert found.rows() == [
        ("007", "12345678901234567890123", '[1,{"b":null}]', None, None, True),
        ("12", "1e3", '{"a":[1,2]}', '{"k":1.5}', "1.50", None),
    ]


def test_parquet_columns_of_any_type(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "practice_id": pl.Series(["P1"], dtype=pl.Categorical),
            "UUID": [17],
            "Name": [b"Bytes"],
            "DateOfBirth": ["2001-02-03"],
            "IsArchived": [1],
            "CustomFields": [{"Plan": "Gold"}],
            "BalanceMonth": [3],
            "UpdatedAt": pl.Series(["2024-01-01T00:00:00+10:00"]).str.to_datetime(
                time_zone="Australia/Sydney"
            ),
            "Notes": [["a", "b"]],
        }
    )
    buffer = BytesIO()
    frame.write_parquet(buffer)
    row = _read(con, write(tmp_path, {"xpm/clients/a.parquet": buffer.getvalue()}))[1]["xpm_clients"].row(
        0, named=True
    )
    shown = {k: str(v) for k, v in row.items() if v is not None}
    assert shown == {
        "practice_id": "P1",
        "UUID": "17",
        "Name": "Bytes",
        "DateOfBirth": "2001-02-03",
        "IsArchived": "True",
        "CustomFields": '{"Plan":"Gold"}',
        "BalanceMonth": "3",
        "UpdatedAt": "2023-12-31 14:00:00",
        "Notes": '["a","b"]',
    }


@pytest.mark.parametrize("days", [0, 2_932_896, 2_932_897, -719_162, -719_163, 2**31 - 1])
def test_plain_parquet_columns_read_as_duckdb_reads_them(
    days: int, con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instants = [dt.datetime(2024, 1, 2), dt.datetime(2024, 1, 2, 3, 4, 5, 600), None, dt.datetime(1, 1, 1)]
    frame = pl.DataFrame(
        {
            "HQ_CLIENT_ID": [-1, 0, 1, 2**62],
            "Status": ["active", " archived\u00a0", "", None],
            "name": [" A ", "\u3000B", "C\u200a", "é"],
            "first_name": [True, False, None, True],
            "notes": instants,
            # Days of the years 1 to 9999, and behind them.
            "last_name": pl.Series([0, None, 20_000, days], dtype=pl.Int32).cast(pl.Date),
            "updated_at": pl.Series([None] * 4, dtype=pl.Datetime("us")),
            "emails": [["a", None, ""], [], None, ["b"]],
        }
    )
    buffer = BytesIO()
    frame.write_parquet(buffer)
    own = "hq/clients/practice_id=P1/a.parquet"
    root = write(tmp_path, {own: buffer.getvalue(), "hq/clients/practice_id=P2/a.parquet": buffer.getvalue()})
    fast = land(con, find_snapshot(root))
    monkeypatch.setattr(parquet, "_plain_rows", lambda *_: None)
    slow = land(con, find_snapshot(root))
    found = fast.rows.get("hq_clients", ["P1", "P2"])
    assert found["notes"][:2].to_list() == ["2024-01-02 00:00:00", "2024-01-02 03:04:05.0006"]
    assert_frame_equal(found, slow.rows.get("hq_clients", ["P1", "P2"]))
    assert fast.input_hash == slow.input_hash
