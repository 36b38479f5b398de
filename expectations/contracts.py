"""The data contracts: every table and column, declared once in `data/contracts/**.yaml`.

Schemas, DDL, expectation suites, the data dictionary, masking and the publish list derive from here.
"""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import polars as pl
import yaml

from expectations.errors import ContractError
from expectations.resources import YAML_LOADER, data_path

Kind = Literal["source", "internal", "published", "working"]

# type name in the YAML → (Polars type, DuckDB type). Timestamps are UTC without a zone; JSON travels as text.
TYPES: dict[str, tuple[pl.DataType, str]] = {
    "text": (pl.String(), "VARCHAR"),
    "texts": (pl.List(pl.String()), "VARCHAR[]"),
    "boolean": (pl.Boolean(), "BOOLEAN"),
    "date": (pl.Date(), "DATE"),
    "timestamp": (pl.Datetime("us"), "TIMESTAMP"),
    "integer": (pl.Int64(), "BIGINT"),
    "number": (pl.Float64(), "DOUBLE"),
    "json": (pl.String(), "VARCHAR"),
}


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    name: str
    type: str
    meaning: str
    required: bool = False
    personal: bool = False
    secret: str | None = None
    """`tax_number` where the value must never leave the run unmasked."""
    allowed: tuple[str, ...] | None = None
    feeds: str | None = None
    """For sources: the column of `source_client` that the value goes into."""
    ignored: str | None = None
    xml: str | None = None
    """For sources: path in the API's XML where it is not the column's own name."""

    @property
    def polars(self) -> pl.DataType:
        """Polars type."""
        return TYPES[self.type][0]

    @property
    def ddl(self) -> str:
        """DuckDB column definition, name quoted. NULL is checked by `conform`, not by the store."""
        return f'"{self.name}" {TYPES[self.type][1]}'


@dataclass(frozen=True)
class Table:
    """One table: its grain, key and columns."""

    name: str
    kind: Kind
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    path: str | None = None
    """For sources: folder (or file stem) under the snapshot."""
    product: str | None = None
    entity: str | None = None
    newest: str | None = None
    """For sources: column that tells which of two rows with one key is the newer."""

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [c.name for c in self.columns]

    @property
    def schema(self) -> pl.Schema:
        """Polars schema."""
        return pl.Schema({c.name: c.polars for c in self.columns})

    @property
    def ddl(self) -> str:
        """Column list for DuckDB's CREATE TABLE."""
        return ", ".join(c.ddl for c in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name. Raises ContractError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise ContractError(f"table {self.name} has no column {name}: it has {', '.join(self.names)}")

    def empty(self) -> pl.DataFrame:
        """A frame of no rows."""
        return pl.DataFrame(schema=self.schema)


def _read(path: Path, folder: str) -> Table:
    raw: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=YAML_LOADER)
    columns = tuple(
        Column(**(c | {"allowed": tuple(map(str, c["allowed"])) if "allowed" in c else None}))
        for c in raw["columns"]
    )
    unknown = {c.type for c in columns} - TYPES.keys()
    if unknown or path.stem != raw["table"]:
        raise ContractError(f"{path}: unknown types {sorted(unknown)} or table name other than the file's")
    kind: Kind = raw.get("kind", folder)
    extra = {k: raw.get(k) for k in ("path", "product", "entity", "newest")}
    table = Table(raw["table"], kind, raw["grain"], tuple(raw["key"]), columns, **extra)
    if "like" in raw:
        base = _read(path.with_name(f"{raw['like']}.yaml"), folder)
        table = replace(table, columns=base.columns + columns)
    return table


@cache
def tables(folder: Literal["source", "internal", "published"]) -> dict[str, Table]:
    """Every table of one folder of contracts by name; `published` holds the working tables too."""
    paths = sorted(data_path("contracts", folder).glob("*.yaml"))
    return {path.stem: _read(path, folder) for path in paths}


def table(name: str) -> Table:
    """The table of that name. Raises ContractError where no contract declares it."""
    for folder in ("source", "internal", "published"):
        found = tables(folder).get(name)
        if found:
            return found
    raise ContractError(f"no contract declares a table {name}: see data/contracts/")
