"""What the readers of one landing share."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import polars as pl

from expectations.contracts import Column, Table
from transforms.ingest.ledger import Ledger
from transforms.ingest.snapshot import SourceFile
from transforms.storage import Staging


@dataclass
class Job:
    """One landing under way."""

    con: duckdb.DuckDBPyConnection
    staging: Staging
    scope: tuple[str, ...] | None
    """Practices asked for; None: all of the directory."""
    ledger: Ledger = field(default_factory=Ledger)
    directory: frozenset[str] = frozenset()
    """Ids of the practices of the directory, once that was read."""
    parts: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    """Source table → rows read so far (`raw.raw_schema`)."""

    aliases: list[tuple[str, str, str, str]] = field(default_factory=list)
    """Practice, kind (client, group), numeric id, UUID: what the API's lists say of their ids."""

    counts: Counter[int] = field(default_factory=Counter)
    """Number of a file → records read of it."""

    def keep(self, name: str, rows: pl.DataFrame) -> None:
        """Add rows to those of a source table."""
        if rows.height:
            self.parts.setdefault(name, []).append(rows)
            self.counts.update(dict(rows.group_by("_file").len().rows()))

    def in_scope(self, file: SourceFile) -> bool:
        """Whether the file can hold rows of the practices asked for."""
        return self.scope is None or file.practice_id is None or file.practice_id in self.scope

    def wants(self, practice_id: str | None) -> bool:
        """Whether a line about that practice (None: unknown) belongs to this landing."""
        return self.scope is None or practice_id in self.scope


@dataclass(frozen=True)
class Prepared:
    """A file as plain UTF-8 (or a Parquet file) on the local disk."""

    file: SourceFile
    path: str
    columns: tuple[str, ...] = ()
    """Its header, as written; empty for NDJSON."""


_FILES, _BYTES = 500, 1 << 24
"""Most files read in one statement, and bytes from which on no further file is added."""


def in_groups(items: Sequence[Prepared]) -> Iterator[Sequence[Prepared]]:
    """Files to be read together: many small ones cost as much as one; large ones would fill the memory."""
    group: list[Prepared] = []
    size = 0
    for item in items:
        if group and (len(group) == _FILES or size >= _BYTES):
            yield group
            group, size = [], 0
        group.append(item)
        size += Path(item.path).stat().st_size
    if group:
        yield group


def is_id(column: Column) -> bool:
    """Whether values of the column are ids of records or of people's accounts."""
    return column.type == "text" and column.name.lower().endswith(("id", "uuid"))


def id_column(contract: Table) -> str | None:
    """The column that names a row inside its practice: `hq_client_id`, `UUID`; None where only several do."""
    found = [c for c in contract.key if c != "practice_id"] or ["practice_id"]
    return found[0] if is_id(contract.column(found[0])) else None
