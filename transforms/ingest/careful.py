"""Reads one troubled CSV or NDJSON file record by record: slow, but only bad records are lost."""

import io
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from expectations.contracts import Table, table
from transforms.ingest.header import missing_columns, note_unknown, read_header
from transforms.ingest.job import Job, Prepared, id_column
from transforms.ingest.raw import rows_of_frame
from transforms.ingest.text import (
    csv_records,
    encoding_trouble,
    json_text,
    ndjson_records,
    physical_lines,
)

_CHUNK = 20_000
Row = tuple[int, dict[str, str | None]]
# A string value of a broken JSON line.
_PAIR = re.compile(r'"(\w+)"\s*:\s*"([^"\\]*)"')


def read_carefully(job: Job, item: Prepared) -> None:
    """Append the good records of the file, note the bad ones; reject it where it is no text at all."""
    with Path(item.path).open("rb") as stream:
        trouble = encoding_trouble(stream)
    if trouble:
        job.ledger.reject(item.file, trouble, _practices_in(job, item))
    elif item.file.format == "csv":
        _read_csv(job, item)
    else:
        _read_ndjson(job, item)


def _read_csv(job: Job, item: Prepared) -> None:
    contract = table(item.file.table or "")
    header = read_header(item.columns, contract, item.file.practice_id is not None)
    note_unknown(job.ledger, item.file, header.unknown)

    def rows() -> Iterator[Row]:
        with Path(item.path).open("rb") as stream:
            records = csv_records(physical_lines(stream))
            next(records)
            for line, fields, trouble in records:
                values: dict[str, str | None] = {
                    name: fields[at] for name, at in header.known.items() if at < len(fields)
                }
                if trouble:
                    _note_row(job, item, contract, (line, trouble, ",".join(fields), values))
                else:
                    yield line, values

    _keep(job, item, _collected(contract, rows()))


def _read_ndjson(job: Job, item: Prepared) -> None:
    contract = table(item.file.table or "")
    wanted = {c.name.lower(): c.name for c in contract.columns}
    seen: set[str] = set()
    practices: set[str] = set()
    bad = 0

    def rows() -> Iterator[Row]:
        nonlocal bad
        with Path(item.path).open("rb") as stream:
            for line, value, trouble, text in ndjson_records(physical_lines(stream)):
                if trouble:
                    bad += 1
                    _note_row(job, item, contract, (line, trouble, text, _guess(text, wanted)))
                    continue
                seen.update(value)
                known = ((wanted.get(key.strip().lower()), v) for key, v in value.items())
                row = {name: _sound(json_text(v)) for name, v in known if name}
                practices.add((row.get("practice_id") or "").strip())
                yield line, row

    found = _collected(contract, rows())
    count = found.height
    present = {wanted[k.strip().lower()]: 0 for k in seen if k.strip().lower() in wanted}
    missing = missing_columns(present, contract, item.file.practice_id is not None)
    note_unknown(job.ledger, item.file, [k for k in seen if k.strip().lower() not in wanted])
    if (count and missing) or (bad and not count):
        lacks = f"Required column {', '.join(missing)} is missing: deliver the list with it."
        reason = lacks if count else "No line of the file is a readable object: extract the list again."
        job.ledger.reject(item.file, reason, tuple(sorted(practices & job.directory)) or None)
        return
    _keep(job, item, found)


def _guess(text: str, wanted: dict[str, str]) -> dict[str, str]:
    """What a broken line still says of whose record it was."""
    return {wanted[key.lower()]: value for key, value in _PAIR.findall(text) if key.lower() in wanted}


def _collected(contract: Table, rows: Iterator[Row]) -> pl.DataFrame:
    """The rows as text, and `_row`: their line. In chunks, since rows of Python take much room."""
    schema = {**dict.fromkeys(contract.names, pl.String()), "_row": pl.Int64()}
    frames = [pl.DataFrame(schema=schema)]
    while chunk := list(islice(rows, _CHUNK)):
        values = {name: [row.get(name) for _, row in chunk] for name in contract.names}
        frames.append(pl.DataFrame({**values, "_row": [line for line, _ in chunk]}, schema=schema))
    return pl.concat(frames)


def _keep(job: Job, item: Prepared, rows: pl.DataFrame) -> None:
    name, origin = item.file.table or "", (item.file.number, item.file.practice_id)
    job.keep(name, rows_of_frame(job, name, rows.with_columns(_index=0), [origin]))


def _note_row(
    job: Job, item: Prepared, contract: Table, bad: tuple[int, str, str, Mapping[str, str | None]]
) -> None:
    """A record that cannot be read, with practice and id where its first fields still tell them."""
    line, reason, text, values = bad
    stated = (values.get("practice_id") or "").strip()
    practice = item.file.practice_id or (stated if stated in job.directory else None)
    if not job.wants(practice):
        return
    key = id_column(contract)
    source_id = (values.get(key) or "").strip() or None if key else None
    job.ledger.note(
        item.file,
        "row",
        reason,
        line=line,
        value=text.strip(),
        practice_id=practice or "",
        source_id=source_id,
    )


def _practices_in(job: Job, item: Prepared) -> tuple[str, ...] | None:
    """Practices named in a file of broken encoding: its ids are plain letters even so. None where none is."""
    with Path(item.path).open("rb") as stream:
        lines = physical_lines(stream, errors="replace")
        if item.file.format == "csv":
            at = (
                [c.strip().lower() for c in item.columns].index("practice_id")
                if _has_practice(item)
                else None
            )
            found = {f[at].strip() for _, f, _ in csv_records(lines) if at is not None and at < len(f)}
        else:
            found = {
                str(v.get("practice_id", "")).strip()
                for _, v, trouble, _ in ndjson_records(lines)
                if not trouble
            }
    return tuple(sorted(found & job.directory)) or None


def _has_practice(item: Prepared) -> bool:
    return "practice_id" in [c.strip().lower() for c in item.columns]


def _sound(text: str | None) -> str | None:
    """JSON can escape half a character, which no text file can hold: it becomes the replacement character."""
    if text is None or text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def first_record(head: bytes) -> tuple[str, ...]:
    """Fields of the first record of a CSV file; empty where there is none or its quotes are not in order."""
    lines: Any = physical_lines(io.BytesIO(head), errors="replace")
    _, fields, trouble = next(csv_records(lines), (0, [], None))
    return () if trouble else tuple(fields)
