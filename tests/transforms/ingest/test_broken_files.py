"""Broken files: what exactly is lost, and that nothing else is."""

import gzip
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pytest

from tests.transforms.ingest.landings import HQ, lines, read, verdict, write
from transforms.sql import Frames, connect

# name: file, its content, lines of quarantine (level, line, column, value, source id), ids that are read
ROWS = {
    "ragged, too few": ("a.csv", HQ + "P1,c1,active,A,\nP1,c2,active\nP1,c3,active,C,\n",
        [("row", 3, None, "P1,c2,active", "c2")], ["c1", "c3"]),
    "ragged, too many": ("a.csv", HQ + "P1,c1,active,A,,extra\nP1,c2,active,B,\n",
        [("row", 2, None, "P1,c1,active,A,,extra", "c1")], ["c2"]),
    "unclosed quote": ("a.csv", HQ + 'P1,c1,active,"A,\nP1,c2,active,B,\nP1,c3,active,"C",\n',
        [("row", 2, None, "P1,c1,active", "c1")], ["c2", "c3"]),
    "unclosed quote at the end": ("a.csv", HQ + 'P1,c1,active,A,\nP1,c2,active,"B,\n',
        [("row", 3, None, "P1,c2,active", "c2")], ["c1"]),
    "unclosed quote that a later one closes": (
        "a.csv", HQ + 'P1,c1,active,"A,\nP1,c2,active,B,\nP1,c3,active,C",\n',
        [("row", 2, None, "P1,c1,active", "c1")], ["c2", "c3"]),
    "text behind a quote": ("a.csv", HQ + 'P1,c1,active,"A"x,\nP1,c2,active,B,\n',
        [("row", 2, None, "P1,c1,active", "c1")], ["c2"]),
    "lines count physically behind a break inside a value": (
        "a.csv", HQ + 'P1,c1,active,"A\nB",\n\nP1,c2,active,B,31/12/1999\n',
        [("value", 5, "date_of_birth", "31/12/1999", "c2")], ["c1", "c2"]),
    "bad date behind an unclosed quote": (
        "a.csv", HQ + 'P1,c0,active,"A,\nP1,c1,active,"A\nB",\nP1,c2,active,B,1999-02-30\n',
        [("row", 2, None, "P1,c0,active", "c0"), ("value", 5, "date_of_birth", "1999-02-30", "c2")],
        ["c1", "c2"]),
    "missing id": ("a.csv", HQ + "P1,,active,A,\nP1, ,active,A,\nP1,c3,active,A,\n",
        [("row", 2, "hq_client_id", None, None), ("row", 3, "hq_client_id", None, None)], ["c3"]),
    "missing and bad required value": ("a.csv", HQ + "P1,c1,,A,\nP1,c2,dormant,A,\n",
        [("row", 2, "status", None, "c1"), ("row", 3, "status", "dormant", "c2")], []),
    "ids are opaque, paths too": (
        "a.csv", HQ + "P1,../c1,active,A,\nP1,a/b,active,A,\nP1,a\\b,active,A,\nP1,=1+1;'x',active,A,\n",
        [], ["../c1", "=1+1;'x'", "a/b", "a\\b"]),
    "NUL and control characters": (
        "a.csv", HQ + "P1,c\x001,active,A,\nP1,c\x072,active,A,\nP1,c3,active,A\x00B,\n",
        [("row", 2, "hq_client_id", "c\x001", None), ("row", 3, "hq_client_id", "c\x072", None),
         ("value", 4, "name", "A\x00B", "c3")], ["c3"]),
    "two columns bad in one row": (
        "a.csv", HQ + "P1,,dormant,A,x\n",
        [("value", 2, "date_of_birth", "x", None), ("row", 2, "hq_client_id", None, None),
         ("value", 2, "status", "dormant", None)], []),
    "identical rows": ("a.csv", HQ + "P1,c1,active,A,\nP1,c1,active,A,\nP1,c1,Active, A ,\n",
        [("row", 3, None, None, "c1"), ("row", 4, None, None, "c1")], ["c1"]),
    "unknown column": ("a.csv", "practice_id,hq_client_id,status,colour\nP1,c1,active,red\n",
        [("value", None, "colour", None, None)], ["c1"]),
    "malformed JSON": ("a.ndjson", '{"practice_id":"P1","hq_client_id":"c1","status":"active"}\n'
        '\n{"practice_id":"P1","hq_client_id":"c2","status\n[1]\n7\n'
        '{"practice_id":"P1","hq_client_id":"c5","status":"active"}\n',
        [("row", 3, None, '{"practice_id":"P1","hq_client_id":"c2","status', "c2"),
         ("row", 4, None, "[1]", None), ("row", 5, None, "7", None)], ["c1", "c5"]),
    "a key twice in JSON": ("a.ndjson",
        '{"practice_id":"P1","hq_client_id":"c1","Name":"A","name":"B","status":"active"}\n{"practice_id":"P1","hq_client_id":"c2","status":"active"}\n',
        [("row", 1, None, '{"practice_id":"P1","hq_client_id":"c1","Name":"A","name":"B","status":"active"}',
          "c1")], ["c2"]),
    "bad value in JSON behind a blank line": (
        "a.ndjson", '\n{"practice_id":"P1","hq_client_id":"c1","status":"active","date_of_birth":19991231}\n',
        [("value", 2, "date_of_birth", "19991231", "c1")], ["c1"]),
}  # fmt: skip


_FLEET = ["ragged, too few", "unclosed quote", "bad date behind an unclosed quote"]


@pytest.fixture(scope="module")
def bad_rows(tmp_path_factory: pytest.TempPathFactory) -> Frames:
    """All cases in one landing: a practice and a file of its own each; some also as files of the fleet."""
    files, directory = {}, "practice_id,practice_name,region,connection\n"
    for number, (name, content, _, _) in enumerate(ROWS.values()):
        files[f"hq/clients/practice_id=R{number}/{name}"] = content.replace("P1", f"R{number}")
        directory += f"R{number},x,AU,none\nF{number},x,AU,none\n"
    for case in _FLEET:
        number = list(ROWS).index(case)
        files[f"hq/clients/{number}.csv"] = ROWS[case][1].replace("P1", f"F{number}")
    with connect() as con:
        return read(con, write(tmp_path_factory.mktemp("rows"), files | {"practices.csv": directory}))


@pytest.mark.parametrize("place,case", [("R", c) for c in ROWS] + [("F", c) for c in _FLEET])
def test_a_bad_record_is_lost_alone(place: str, case: str, bad_rows: Frames) -> None:
    _, _, expected, ids = ROWS[case]
    practice = f"{place}{list(ROWS).index(case)}"
    mine = {k: v.filter(pl.col("practice_id") == practice) for k, v in bad_rows.items()}
    assert [tuple(str(v).replace(practice, "P1") if i == 3 and v else v for i, v in enumerate(line))
            for line in lines(mine)] == expected  # fmt: skip
    assert mine["hq_clients"]["hq_client_id"].to_list() == ids
    counts = mine["intake"].select("rows_read", "rows_quarantined").row(0)
    assert counts == (len(ids), sum(line[0] == "row" for line in expected))


@pytest.mark.parametrize("files", [1, 4, 5, 30])
def test_an_open_quote_loses_its_line_alone_among_however_many_files(files: int, tmp_path: Path) -> None:
    broken = HQ + 'P0,c1,active,A,\nP0,c2,active,"B,\nP0,c3,active,C,\n'
    found: dict[str, str | bytes] = {"hq/clients/practice_id=P0/a.csv": broken}
    directory = "practice_id,practice_name,region,connection\nP0,x,AU,none\n"
    for n in range(1, files):
        found[f"hq/clients/practice_id=P{n}/a.csv"] = f"{HQ}P{n},c1,active,A,\n"
        directory += f"P{n},x,AU,none\n"
    with connect() as con:
        frames = read(con, write(tmp_path, found | {"practices.csv": directory}))
    mine = {name: frame.filter(pl.col("practice_id") == "P0") for name, frame in frames.items()}
    assert mine["hq_clients"]["hq_client_id"].to_list() == ["c1", "c3"]
    assert [line[1] for line in lines(mine)] == [3]
    assert frames["hq_clients"].height == files + 1


_GOOD = HQ + "P1,c1,active,A,\n"
_PARQUET = pa.BufferOutputStream()
pl.read_csv(_GOOD.encode()).write_parquet(_PARQUET)
_WHOLE = _PARQUET.getvalue().to_pybytes()

# name: file below hq/clients, its content, words of the reason
REJECTED: dict[str, tuple[str, str | bytes, str]] = {
    "Latin-1": ("a.csv", HQ.encode() + b"P1,c1,active,Ren\xe9,\n", "byte 67 (line 2)"),
    "UTF-16 without its mark": ("a.csv", _GOOD.encode("utf-16-le"), "UTF-16"),
    "required column missing": ("a.csv", "practice_id,hq_client_id\nP1,c1\n", "column status is missing"),
    "column twice": (
        "a.csv",
        "practice_id,hq_client_id,status,Status\nP1,c1,active,x\n",
        "status is there",
    ),
    "empty CSV": ("a.csv", "", "empty"),
    "no line is JSON": ("a.ndjson", '{Status":500}', "No line of the file"),
    "API error in NDJSON": ("a.ndjson", '{"Title":"Unauthorized","Status":401}', "Unauthorized, status 401"),
    "API error in JSON": (
        "a.json",
        '{"Type":null,"Title":"Forbidden","Status":403}',
        "Forbidden",
    ),
    "required key in no line": ("a.ndjson", '{"practice_id":"P1","hq_client_id":"c1"}', "status is missing"),
    "unknown ending": ("a.txt", "", "ending .txt"),
    "truncated gzip": ("a.csv.gz", gzip.compress((_GOOD * 99).encode(), mtime=0)[:40], "truncated"),
    "no gzip": ("a.csv.gz", _GOOD, "truncated or corrupt"),
    "truncated zstd": ("a.ndjson.zst", pa.compress(b"{}" * 999, "zstd", asbytes=True)[:15], "truncated"),
    "truncated Parquet": ("a.parquet", _WHOLE[:-20], "truncated"),
    "empty Parquet": ("a.parquet", b"", "truncated"),
    "corrupt Parquet page": ("a.parquet", _WHOLE[:4] + b"\xff" * 60 + _WHOLE[64:], "corrupt inside"),
}


@pytest.fixture(scope="module")
def rejected(tmp_path_factory: pytest.TempPathFactory) -> Frames:
    """All cases in one landing: each practice has its broken file and a good one."""
    files: dict[str, str | bytes] = {}
    directory = "practice_id,practice_name,region,connection\nP2,x,AU,none\n"
    for number, (name, content, _) in enumerate(REJECTED.values()):
        files[f"hq/clients/practice_id=R{number}/{name}"] = content
        files[f"hq/clients/practice_id=R{number}/good.csv"] = _GOOD.replace("P1", f"R{number}")
        directory += f"R{number},x,AU,none\n"
    files |= {"hq/clients/practice_id=P2/good.csv": _GOOD.replace("P1", "P2"), "practices.csv": directory}
    with connect() as con:
        return read(con, write(tmp_path_factory.mktemp("files"), files))


@pytest.mark.parametrize("case", REJECTED)
def test_a_file_that_cannot_be_read_makes_its_practice_wait(case: str, rejected: Frames) -> None:
    name, _, words = REJECTED[case]
    practice = f"R{list(REJECTED).index(case)}"
    [line] = (
        rejected["quarantine"]
        .filter((pl.col("level") == "file") & (pl.col("practice_id") == practice))
        .to_dicts()
    )
    assert words in line["reason"]
    assert line["file"] == f"hq/clients/practice_id={practice}/{name}"
    accepted, reason = verdict(rejected, practice, "hq", "clients")
    assert not accepted
    assert words in str(reason)
    read_rows = rejected["hq_clients"].filter(pl.col("practice_id") == practice)
    assert read_rows["hq_client_id"].to_list() == ["c1"]


def test_nobody_else_waits_for_it(rejected: Frames) -> None:
    assert verdict(rejected, "P2", "hq", "clients") == (True, None)
    assert rejected["hq_clients"].height == len(REJECTED) + 1


# name: fleet file, its content, practices that wait
WAITING: dict[str, tuple[str, str | bytes, list[str]]] = {
    "broken encoding, ids readable": ("a.csv", HQ.encode() + b"P1,c1,active,Ren\xe9,\n", ["P1"]),
    "missing column, ids readable": ("a.csv", "practice_id,hq_client_id\nP2,c1\n", ["P2"]),
    "truncated: who else was in it cannot be told": (
        "a.csv.gz", gzip.compress((_GOOD * 99).encode(), mtime=0)[:40], ["P1", "P2"]),
    "unknown ending": ("a.xlsx", "x", ["P1", "P2"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WAITING)
def test_who_waits_for_a_rejected_fleet_file(
    case: str, con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    name, content, waiting = WAITING[case]
    files: dict[str, str | bytes] = {f"hq/clients/{name}": content, "hq/clients/practice_id=P1/b.csv": _GOOD}
    files["hq/clients/practice_id=P2/b.csv"] = _GOOD.replace("P1", "P2")
    frames = read(con, write(tmp_path, files))
    refused = frames["intake"].filter(~pl.col("accepted"))
    assert refused["practice_id"].to_list() == waiting


def test_of_differing_rows_the_newest_is_kept_wherever_it_stands(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    head = "practice_id,hq_client_id,status,name,updated_at\n"
    rows = ["P1,c1,active,Old,2023-01-01", "P1,c1,active,New,2023-06-01T10:00:00+10:00", "P1,c1,active,None,"]
    for number, order in enumerate(([0, 1, 2], [2, 1, 0], [1, 0, 2])):
        content = head + "".join(rows[i] + "\n" for i in order)
        frames = read(con, write(tmp_path / str(number), {"hq/clients/practice_id=P1/a.csv": content}))
        assert frames["hq_clients"]["name"].to_list() == ["New"]
        assert [line[1] for line in lines(frames)] == [2 + i for i in range(3) if order[i] != 1]
        assert frames["intake"].select("rows_read", "rows_quarantined").row(0) == (1, 2)


def test_rows_of_another_practice_than_the_path_are_set_aside(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    content = HQ + "P1,c1,active,A,\nP2,c2,active,B,\n,c3,active,C,\n"
    frames = read(con, write(tmp_path, {"hq/clients/practice_id=P1/a.csv": content}))
    assert lines(frames) == [("row", 3, "practice_id", "P2", "c2")]
    assert frames["quarantine"]["practice_id"].to_list() == ["P1"]
    assert frames["hq_clients"]["hq_client_id"].to_list() == ["c1", "c3"]
    accepted, reason = verdict(frames, "P1", "hq", "clients")
    assert (accepted, "another practice" in str(reason)) == (False, True)


def test_rows_of_unknown_practices_are_reported(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    content = HQ + 'P9,c1,active,"A\nB",\nP1,c2,active,B,\n,c3,active,C,\nP2/../x,c4,active,D,\n'
    files = {"hq/clients/a.csv": content, "hq/clients/practice_id=P8/b.csv": HQ + "P8,c1,active,A,\n"}
    frames = read(con, write(tmp_path, files))
    assert lines(frames) == [
        ("row", 2, "practice_id", "P9", "c1"),
        ("row", 5, "practice_id", None, "c3"),
        ("row", 6, "practice_id", "P2/../x", "c4"),
        ("file", None, None, None, None),
    ]
    assert set(frames["quarantine"]["practice_id"]) == {""}
    assert frames["hq_clients"]["hq_client_id"].to_list() == ["c2"]


def test_the_directory_keeps_one_row_per_practice(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    directory = "practice_id,practice_name,region,connection\nP1,B,AU,none\nP1,A,AU,none\n,X,AU,none\n"
    frames = read(con, write(tmp_path, {"practices.csv": directory + "../P2,Y,AU,none\n"}))
    assert frames["practices"]["practice_id"].to_list() == ["P1"]
    rows = frames["quarantine"].select("practice_id", "level", "line").rows()
    assert {("", "row", 4), ("", "row", 5)} < set(rows)
    assert len(rows) == 3


def test_values_of_megabytes(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    head = "practice_id,hq_client_id,status,notes\n"
    huge = "x" * 5_000_000
    content = f'{head}P1,c1,active,"{huge}\n{huge}"\nP1,c2,active,short\nP1,{huge},active,n\n'
    frames = read(con, write(tmp_path, {"hq/clients/practice_id=P1/a.csv": content}))
    assert frames["hq_clients"].select("hq_client_id", "notes").rows() == [("c1", None), ("c2", "short")]
    assert [(x[0], x[1], x[2], len(x[3] or "")) for x in lines(frames)] == [
        ("value", 2, "notes", 200),
        ("row", 5, "hq_client_id", 200),
    ]


def test_files_at_unknown_places_are_reported_and_nobody_waits(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    files = {"hq/invoices/a.csv": "x\n", "readme.txt": "hello", "_SUCCESS": "", "hq/clients/.part": ""}
    frames = read(con, write(tmp_path, {**files, "hq/clients/a.csv": _GOOD}))
    found = frames["quarantine"].select("practice_id", "product", "entity", "file", "level").rows()
    assert found == [
        ("", "hq", "invoices", "hq/invoices/a.csv", "file"),
        ("", "readme.txt", "readme.txt", "readme.txt", "file"),
    ]
    assert frames["intake"]["accepted"].all()


def test_formulas_and_markup_stay_as_they_came(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    content = HQ + "P1,c1,active, =cmd|' /C calc'!A0 ,\nP1,c2,active,<script>alert(1)</script>,\n"
    frames = read(con, write(tmp_path, {"hq/clients/a.csv": content}))
    assert frames["hq_clients"]["name"].to_list() == ["=cmd|' /C calc'!A0", "<script>alert(1)</script>"]


def test_no_whole_tax_number_reaches_quarantine(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    head = "practice_id,tax_client_id,tax_number,date_of_birth\n"
    rows = "P1,t1,123 456 782,\nP1,t2,85655797,123456782\nP1,t3,98765432101,extra,1\nP1,t4,\x00648188499,\n"
    ragged = '{"practice_id":"P1","tax_client_id":"t9","tax_number":"648188499","x\n'
    ragged += '{"practice_id":"P1","tax_client_id":"t8"}\n'
    root = write(tmp_path, {"tax/clients/a.csv": head + rows, "tax/clients/b.ndjson": ragged})
    frames = read(con, root)
    text = str(frames["quarantine"].rows())
    for number in ("123456782", "98765432101", "648188499", "85655797"):
        assert number not in text
    assert frames["quarantine"].height == 4


def test_no_tax_number_that_an_answer_or_a_header_quotes_reaches_quarantine(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    told = "<ErrorDescription>No TFN 865414088</ErrorDescription>"
    answer = f"<Response><Status>ERROR</Status>{told}</Response>"
    files = {
        "xpm/clients/practice_id=P1/a.xml": answer,
        "xpm/jobs/practice_id=P1/a.csv": '{"Title":"No TFN 865414088","Status":404}',
        "tax/clients/practice_id=P1/a.csv": "tax_client_id,865414088\nt1,x\n",
    }
    found = read(con, write(tmp_path, files))["quarantine"]
    assert found.height == 3
    assert str(found.rows()).count("******088") == 3
    assert "865414088" not in str(found.rows())


def test_an_id_that_only_passes_a_check_of_tax_numbers_stays_as_it_is(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Else the crosswalk has a line of a record that nobody knows, beside that of the record."""
    ids, known = ["865414088", "714925631", "123456782"], "648188499"
    hq = HQ + "".join(f"P1,{id},bogus,A,\n" for id in [*ids, known])
    tax = f"practice_id,tax_client_id,tax_number\nP1,t1,{known}\n"
    frames = read(con, write(tmp_path, {"hq/clients/a.csv": hq, "tax/clients/a.csv": tax}))
    assert [id for *_, id in lines(frames)] == [*ids, "******499"]
