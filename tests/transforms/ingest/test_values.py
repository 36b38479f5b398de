"""How texts become values: value_cases.csv, one row of a landing per case."""

import csv
from pathlib import Path

import polars as pl
import pytest

from tests.transforms.ingest.landings import read, write
from transforms.sql import Frames, connect

_TABLE = Path(__file__).parent / "value_cases.csv"
CASES = list(csv.DictReader(_TABLE.read_text(encoding="utf-8").splitlines()))
# A nullable column of each type: source table, file below the snapshot, its column.
PLACES = {
    "date": ("xpm_relationships", "xpm/relationships", "StartDate"),
    "number": ("xpm_relationships", "xpm/relationships", "Percentage"),
    "timestamp": ("xpm_clients", "xpm/clients", "UpdatedAt"),
    "boolean": ("xpm_clients", "xpm/clients", "IsArchived"),
    "text": ("xpm_clients", "xpm/clients", "BranchNumber"),
    "integer": ("extracts", "extracts", "row_count"),
}
REQUIRED = {
    "xpm_relationships": {"UUID": "{id}", "ClientUUID": "c", "Type": "Director", "RelatedClientUUID": "d"},
    "xpm_clients": {"UUID": "{id}", "Name": "n"},
    "extracts": {"product": "hq", "entity": "{id}", "status": "OK"},
}
KEY = {"xpm_relationships": "UUID", "xpm_clients": "UUID", "extracts": "entity"}


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Frames:
    folder = tmp_path_factory.mktemp("values")
    rows: dict[str, list[dict[str, str]]] = {}
    for number, case in enumerate(CASES):
        name, _, column = PLACES[case["type"]]
        row = {k: v.replace("{id}", f"v{number}") for k, v in REQUIRED[name].items()}
        rows.setdefault(name, []).append({"practice_id": "P1", **row, column: case["text"]})
    files = {}
    for name, path, _ in PLACES.values():
        frame = pl.from_dicts(rows[name], infer_schema_length=None)
        file = f"{path}.csv" if name == "extracts" else f"{path}/a.csv"
        files[file] = frame.write_csv(quote_style="always")
    with connect() as con:
        return read(con, write(folder, files))


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{c['type']} {c['text']}" for c in CASES])
def test_value(number: int, frames: Frames) -> None:
    case = CASES[number]
    name, _, column = PLACES[case["type"]]
    value = frames[name].filter(pl.col(KEY[name]) == f"v{number}")[column].item()
    same_value = pl.col("value") == case["text"].strip()
    reported = frames["quarantine"].filter((pl.col("column") == column) & same_value)
    if case["value"] == "bad":
        assert value is None
        assert reported["level"].to_list() == ["value"]
    else:
        assert str(value) == case["value"]
        assert reported.height == 0


def test_allowed_values_are_spelled_as_the_contract_does(tmp_path: Path) -> None:
    head = "practice_id,hq_client_id,status,organisation_access\n"
    rows = "P1,a,ACTIVE,Invited\nP1,b,Archived,owner\n"
    with connect() as con:
        found = read(con, write(tmp_path, {"hq/clients/a.csv": head + rows}))
    assert found["hq_clients"].select("status", "organisation_access").rows() == [
        ("active", "invited"),
        ("archived", None),
    ]
    assert found["quarantine"].select("line", "column", "value", "level", "source_id").rows() == [
        (3, "organisation_access", "owner", "value", "b")
    ]


def test_lists_are_trimmed_and_empty_ones_are_null(tmp_path: Path) -> None:
    head = "practice_id,hq_client_id,status,emails\n"
    rows = 'P1,a,active," a@x ;; b@x; "\nP1,b,active, ;\n'
    with connect() as con:
        found = read(con, write(tmp_path, {"hq/clients/a.csv": head + rows}))
    assert found["hq_clients"]["emails"].to_list() == [["a@x", "b@x"], None]


def test_zones_do_not_depend_on_the_connection(tmp_path: Path) -> None:
    rows = "practice_id,UUID,Name,UpdatedAt\nP1,a,A,2024-01-15T10:00:00+10:00\nP1,b,B,2024-01-15T10:00:00\n"
    with connect() as con:
        con.execute("set TimeZone = 'Pacific/Auckland'")
        found = read(con, write(tmp_path, {"xpm/clients/a.csv": rows}))["xpm_clients"]["UpdatedAt"]
    assert [str(t) for t in found] == ["2024-01-15 00:00:00", "2024-01-15 10:00:00"]
