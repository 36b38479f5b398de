"""Physical lines of rows that were read fast: found only for the few that are in trouble."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from transforms.ingest.snapshot import Snapshot, SourceFile
from transforms.ingest.text import csv_records, encoding_of, json_text, ndjson_records, physical_lines


@dataclass(frozen=True)
class Origin:
    """Where rows came from."""

    snapshot: Snapshot
    scope: tuple[str, ...] | None
    """Practices whose rows alone were read from files that name no practice; None: all rows were."""
    counts: Mapping[int, int]
    """Number of a file → records read of it."""

    def file(self, number: int) -> SourceFile:
        """The file of that number."""
        return self.snapshot.files[number]


def with_lines(rows: pl.DataFrame, origin: Origin) -> pl.DataFrame:
    """`rows` (`_file`, `_place`, `_row`, …) with `_row` filled everywhere."""
    open_rows = rows.filter(pl.col("_row").is_null())
    if not open_rows.height:
        return rows
    found: list[tuple[int, int, int]] = []
    for number in open_rows["_file"].unique().sort():
        places = set(open_rows.filter(pl.col("_file") == number)["_place"])
        lines = _lines(origin, origin.file(number), places, origin.counts[number])
        found += [(number, place, line) for place, line in lines.items()]
    schema = {"_file": pl.Int32, "_place": pl.Int64, "_line": pl.Int64}
    located = pl.DataFrame(found, schema=schema, orient="row")
    joined = rows.join(located, on=["_file", "_place"], how="left", maintain_order="left", validate="m:1")
    return joined.with_columns(pl.coalesce("_row", "_line").alias("_row")).drop("_line")


def _lines(origin: Origin, file: SourceFile, places: set[int], count: int) -> dict[int, int]:
    """Physical line of the records at `places` (from 0, among the `count` that were read of the file)."""
    header = 1 if file.format == "csv" else 0
    everything = origin.scope is None or file.practice_id is not None
    # As many line ends as records: no blank line, no line break inside a value.
    if everything and _line_ends(origin, file) == count + header:
        return {place: place + header + 1 for place in places}
    found: dict[int, int] = {}
    last = max(places)
    for place, line in enumerate(_record_lines(origin, file, everything)):
        if place in places:
            found[place] = line
        if place == last:
            break
    return found


def _line_ends(origin: Origin, file: SourceFile) -> int:
    ends, last, first = 0, b"\n", True
    with origin.snapshot.storage.open(file.name) as stream:
        while block := stream.read(1 << 20):
            if first and encoding_of(block[:4]) == "utf-16":
                return -1
            ends, last, first = ends + block.count(b"\n"), block[-1:], False
    return ends + (last != b"\n")


def _record_lines(origin: Origin, file: SourceFile, everything: bool) -> Iterator[int]:
    for line, practice in _records(origin, file):
        if everything or practice.strip() in (origin.scope or ()):
            yield line


def _records(origin: Origin, file: SourceFile) -> Iterator[tuple[int, str]]:
    """Physical line and stated practice of each record."""
    with origin.snapshot.storage.open(file.name) as stream:
        lines = physical_lines(stream)
        if file.format == "ndjson":
            for line, value, _, _ in ndjson_records(lines):
                stated = next((v for k, v in value.items() if k.strip().lower() == "practice_id"), None)
                yield line, json_text(stated) or ""
            return
        records = csv_records(lines)
        header = [name.strip().lower() for name in next(records)[1]]
        at = header.index("practice_id") if "practice_id" in header else None
        for line, fields, _ in records:
            yield line, fields[at] if at is not None else ""
