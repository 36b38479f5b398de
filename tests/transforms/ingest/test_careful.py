"""The careful readers and the whole ingest on any bytes at all: nothing raises, nothing vanishes."""

import csv
import io
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.transforms.ingest.landings import HQ, read, write
from transforms.ingest.text import (
    csv_records,
    encoding_trouble,
    ndjson_records,
    physical_lines,
    split_fields,
)
from transforms.sql import connect

_CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
_MESS = st.text(st.sampled_from('ab,"\n\r ;\0é'), max_size=60)


def _lines(text: str) -> list[str]:
    """Physical lines with their endings."""
    return list(io.StringIO(text, newline=""))


@given(st.lists(st.lists(_CELL, min_size=3, max_size=3), max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_a_sound_file_is_read_as_the_standard_library_reads_it(rows: list[list[str]], end: str) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator=end).writerows(rows)
    read_rows = list(csv_records(_lines(buffer.getvalue())))
    if not any("\n" in cell or "\r" in cell for row in rows for cell in row):
        assert [fields for _, fields, trouble in read_rows if not trouble] == rows


@given(_MESS)
def test_every_line_that_is_not_blank_is_in_a_record(text: str) -> None:
    lines = _lines(text)
    records = list(csv_records(lines))
    starts = [line for line, _, _ in records]
    assert starts == sorted(set(starts))
    first = next((i for i, line in enumerate(lines, 1) if line.strip()), None)
    assert starts[:1] == ([first] if first else [])
    for (start, _, trouble), end in zip(records, [*starts, len(lines) + 1][1:], strict=True):
        # what is lost, is lost alone: the next record begins on the next line that is not blank
        inside = [line for line in lines[start : end - 1] if line.strip()]
        assert not (trouble and trouble.startswith("A quote") and inside)


@given(_MESS)
def test_fields_come_back(text: str) -> None:
    fields = split_fields(text.replace("\n", "").replace("\r", ""))
    if fields is not None and '"' not in text:
        assert ",".join(fields) == text.replace("\n", "").replace("\r", "")


@given(st.binary(max_size=80))
def test_encoding_is_told_before_anything_is_read(body: bytes) -> None:
    trouble = encoding_trouble(io.BytesIO(body))
    try:
        lines = list(physical_lines(io.BytesIO(body)))
    except UnicodeDecodeError:
        assert trouble
    else:
        assert trouble is None
        assert all(number >= 1 for number, *_ in ndjson_records(lines))


def test_the_position_of_a_bad_byte_is_told_across_blocks() -> None:
    body = b"a\n" * 600_000 + "é".encode() + b"\xe9\n"
    assert "byte 1200002 (line 600001)" in str(encoding_trouble(io.BytesIO(body)))
    split = b"a" * ((1 << 20) - 1) + "é".encode() + b"\xff"
    assert f"byte {(1 << 20) + 1} " in str(encoding_trouble(io.BytesIO(split)))


def test_many_unclosed_quotes_cost_no_more_than_their_lines() -> None:
    lines = ['a,"b\n', "c,d\n"] * 20_000
    records = list(csv_records(["x,y\n", *lines]))
    assert sum(1 for _, _, trouble in records if trouble) == 20_000
    assert len(records) == 40_001


_ROW = st.sampled_from(
    [
        b"P1,c%d,active,A,\n",
        b'P1,c%d,active,"A\nB",\n',
        b"P1,c%d,active\n",
        b'P1,c%d,active,"A,\n',
        b"P2,c%d,,A,\n",
    ]
)
_JSON = st.sampled_from(
    [
        b'{"practice_id":"P1","hq_client_id":"c%d","status":"active"}\n',
        b'{"practice_id":"P1","hq_client_id":"c%d","status":"act\n',
        b'{"practice_id":"P2","hq_client_id":"c%d","status":1}\n',
        b"[%d]\n",
    ]
)


@pytest.mark.parametrize("ending", ["csv", "ndjson", "xml"])
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=st.lists(_ROW, max_size=6), objects=st.lists(_JSON, max_size=6), noise=st.binary(max_size=40))
def test_any_bytes_are_read_or_reported(
    ending: str, rows: list[bytes], objects: list[bytes], noise: bytes
) -> None:
    body = {
        "csv": HQ.encode() + b"".join(r % i for i, r in enumerate(rows)) + noise,
        "ndjson": b"".join(r % i for i, r in enumerate(objects)) + noise,
        "xml": b"<Clients><Client><UUID>u</UUID><Name>" + noise + b"</Name></Client></Clients>",
    }[ending]
    folder = "xpm/clients/practice_id=P1" if ending == "xml" else "hq/clients"
    with tempfile.TemporaryDirectory() as root, connect() as con:
        frames = read(con, write(Path(root), {f"{folder}/a.{ending}": body}))
    counted = frames["intake"].filter(pl.col("entity") == "clients")
    found = counted["rows_read"].to_list() + counted["rows_quarantined"].to_list()
    lost = frames["quarantine"].filter(pl.col("level") == "row", pl.col("practice_id") != "")
    assert counted["rows_read"].sum() == frames["hq_clients"].height + frames["xpm_clients"].height
    assert counted["rows_quarantined"].sum() == lost.height
    if ending == "csv" and not noise:
        assert sum(found) == len(rows)
    assert frames["quarantine"].filter(pl.col("level") != "file")["line"].is_not_null().sum() >= lost.height
