"""Builds frames in the shape of a contract from as few values as a test cares about."""

import datetime as dt
from typing import Any

import polars as pl

from expectations.contracts import Column, table

_DEFAULTS: dict[str, Any] = {
    "text": "x",
    "texts": [],
    "boolean": False,
    "date": dt.date(2024, 1, 1),
    "timestamp": dt.datetime(2024, 1, 1),
    "integer": 0,
    "number": 0.0,
    "json": "{}",
}


def _default(column: Column) -> Any:
    if column.name in ("practice_id", "run_id"):
        return {"practice_id": "AU-000001", "run_id": "run-1"}[column.name]
    if not column.required:
        return None
    return column.allowed[0] if column.allowed else _DEFAULTS[column.type]


def rows(name: str, *values: dict[str, Any]) -> pl.DataFrame:
    """A frame of contract `name`, one row per dict; what a dict leaves out gets a default of its type."""
    contract = table(name)
    unknown = {key for row in values for key in row} - set(contract.names)
    assert not unknown, f"{name} has no columns {sorted(unknown)}"
    defaults = {c.name: _default(c) for c in contract.columns}
    return pl.DataFrame([{**defaults, **row} for row in values], schema=contract.schema)
