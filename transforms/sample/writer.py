"""Writes source tables as a landing zone: fleet files and files of one practice, in every format it knows.

One of the sample's named edges to the disk. Bytes depend on the frames alone (gzip without a time).
"""

import gzip
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pyarrow as pa

from expectations.contracts import Table, tables
from transforms.sample.xml_body import XML_TABLES, client_list
from transforms.sql import Frames

TOP = ("practices", "staff", "extracts")
"""Tables that lie at the top of a snapshot, one file each."""


@dataclass(frozen=True)
class Placing:
    """Where each practice's rows go and how: `csv`, `csv.gz`, `ndjson`, `ndjson.zst`, `parquet`."""

    own: Mapping[str, str] = field(default_factory=dict)
    """practice_id → format of its own files (also `xml` for Practice Manager's clients); else fleet files."""
    fleet: Mapping[str, str] = field(default_factory=dict)
    """Table → format of its fleet files; else `csv`."""


def write_landing(frames: Frames, folder: Path, placing: Placing, part: int = 0) -> None:
    """Writes the source tables among `frames` below the snapshot's `folder`; an empty table makes no file.

    `part` numbers the fleet files of one call among those of several.
    """
    for name in frames.keys() & tables("source").keys():
        frame, contract = frames[name], tables("source")[name]
        own = [] if name in TOP else list(placing.own)
        rest = frame.filter(~pl.col("practice_id").is_in(own))
        stem = folder / str(contract.path)
        if rest.height:
            kind = placing.fleet.get(name, "csv")
            _write(rest, contract, stem if name in TOP else stem / f"part-{part:03}", kind)
        for practice, rows in _by_practice(frame, own):
            kind = placing.own[practice]
            if kind == "xml" and name in XML_TABLES:
                continue
            path = stem / f"practice_id={practice}" / stem.name
            _write(rows.drop("practice_id"), contract, path, "csv" if kind == "xml" else kind)
    if "xpm_clients" in frames:
        _write_xml(frames, folder, [p for p, kind in placing.own.items() if kind == "xml"])


def _by_practice(frame: pl.DataFrame, practices: list[str]) -> Iterator[tuple[str, pl.DataFrame]]:
    chosen = frame.filter(pl.col("practice_id").is_in(practices))
    for key, rows in chosen.partition_by("practice_id", as_dict=True, maintain_order=True).items():
        yield str(key[0]), rows


def _write_xml(frames: Frames, folder: Path, practices: list[str]) -> None:
    by_table = {name: dict(_by_practice(frames[name], practices)) for name in XML_TABLES}
    for practice in by_table["xpm_clients"]:
        mine = {name: rows.get(practice, frames[name].clear()) for name, rows in by_table.items()}
        path = folder / "xpm" / "clients" / f"practice_id={practice}" / "clients.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(client_list(mine), encoding="utf-8", newline="")


def _write(frame: pl.DataFrame, contract: Table, stem: Path, kind: str) -> None:
    path = stem.with_name(f"{stem.name}.{kind}")
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "parquet":
        frame.write_parquet(path, compression="zstd", statistics=True)
        return
    text, body = as_text(_without_empty(frame, contract), contract), io.BytesIO()
    if kind.startswith("csv"):
        text.with_columns(pl.col(pl.List(pl.String)).list.join(";")).write_csv(body)
        path.write_bytes(_packed(body.getvalue(), kind))
        return
    text.write_ndjson(body)
    # A quote inside a JSON text is escaped, so this finds keys alone: objects without their empty members.
    path.write_bytes(_packed(re.sub(rb',"\w+":null', b"", body.getvalue()), kind))


def _without_empty(frame: pl.DataFrame, contract: Table) -> pl.DataFrame:
    """Without the optional columns that hold nothing, as exports leave them out."""
    empty = [
        c.name for c in contract.columns
        if not c.required and c.name in frame.columns and frame[c.name].null_count() == frame.height
    ]  # fmt: skip
    return frame.drop(empty)


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
