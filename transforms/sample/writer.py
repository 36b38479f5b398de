"""Writes source tables as a landing zone: fleet files and files of one practice, in every format it knows.

One of the sample's named edges to the disk. Bytes depend on the frames alone (gzip without a time).
"""

import gzip
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pyarrow as pa

from expectations.contracts import Table, tables
from transforms.sample.xml_body import XML_TABLES, client_list
from transforms.sql import Frames

_ROWS_PER_FILE = 250_000
_TOP = ("practices", "staff", "extracts")


@dataclass(frozen=True)
class Placing:
    """Where each practice's rows go, and in which format (`csv`, `csv.gz`, `ndjson`, `ndjson.zst`, `parquet`)."""

    own: Mapping[str, str] = field(default_factory=dict)
    """practice_id → format of its own files (also `xml` for Practice Manager's clients); else fleet files."""
    fleet: Mapping[str, str] = field(default_factory=dict)
    """Table → format of its fleet files; else `csv`."""


def write_landing(frames: Frames, folder: Path, placing: Placing) -> None:
    """Writes every source table of `frames` below the snapshot's `folder`; an empty table makes no file."""
    for name, contract in tables("source").items():
        frame = frames[name]
        own = [] if name in _TOP else list(placing.own)
        rest = frame.filter(~pl.col("practice_id").is_in(own))
        _write_fleet(rest, contract, folder, placing.fleet.get(name, "csv"))
        for practice, rows in _by_practice(frame, own):
            kind = placing.own[practice]
            if kind == "xml" and name in XML_TABLES:
                continue
            path = folder / str(contract.path) / f"practice_id={practice}" / Path(str(contract.path)).name
            _write(rows.drop("practice_id"), contract, path, "csv" if kind == "xml" else kind)
    for practice in [p for p, kind in placing.own.items() if kind == "xml"]:
        _write_xml(frames, folder, practice)


def _by_practice(frame: pl.DataFrame, practices: list[str]) -> Iterator[tuple[str, pl.DataFrame]]:
    chosen = frame.filter(pl.col("practice_id").is_in(practices))
    for key, rows in chosen.partition_by("practice_id", as_dict=True, maintain_order=True).items():
        yield str(key[0]), rows


def _write_fleet(frame: pl.DataFrame, contract: Table, folder: Path, kind: str) -> None:
    if contract.name in _TOP:
        _write(frame, contract, folder / str(contract.path), kind)
        return
    for part, rows in enumerate(frame.iter_slices(_ROWS_PER_FILE)):
        if rows.height:
            _write(rows, contract, folder / str(contract.path) / f"part-{part:03}", kind)


def _write_xml(frames: Frames, folder: Path, practice: str) -> None:
    mine = {name: frames[name].filter(pl.col("practice_id") == practice) for name in XML_TABLES}
    path = folder / "xpm" / "clients" / f"practice_id={practice}" / "clients.xml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(client_list(mine), encoding="utf-8", newline="")


def _write(frame: pl.DataFrame, contract: Table, stem: Path, kind: str) -> None:
    path = stem.with_name(f"{stem.name}.{kind}")
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "parquet":
        frame.write_parquet(path, compression="zstd", statistics=True)
        return
    body = io.BytesIO()
    if kind.startswith("csv"):
        as_text(frame, contract).with_columns(pl.col(pl.List(pl.String)).list.join(";")).write_csv(body)
    else:
        as_text(frame, contract).write_ndjson(body)
    path.write_bytes(_packed(body.getvalue(), kind))


def _packed(body: bytes, kind: str) -> bytes:
    if kind.endswith(".gz"):
        return gzip.compress(body, mtime=0)
    if kind.endswith(".zst"):
        return bytes(pa.Codec("zstd").compress(body, asbytes=True))
    return body


def as_text(frame: pl.DataFrame, contract: Table) -> pl.DataFrame:
    """Dates and times in ISO 8601, booleans as the product writes them; lists stay lists."""
    words = {True: "Yes", False: "No"} if contract.product == "xpm" else {True: "true", False: "false"}
    return frame.with_columns(
        pl.col(pl.Boolean).replace_strict(words, return_dtype=pl.String),
        pl.col(pl.Date).dt.to_string("%Y-%m-%d"),
        pl.col(pl.Datetime).dt.to_string("%Y-%m-%dT%H:%M:%S"),
    )
