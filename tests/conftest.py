"""Fixtures that every package's tests share."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from transforms.sql import connect

ROOT = Path(__file__).parent.parent


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory DuckDB as a run has it."""
    with connect() as opened:
        yield opened


@pytest.fixture(scope="session")
def sample_landing() -> Path:
    """Landing root of the sample fleet in the checkout."""
    return ROOT / "data" / "sample" / "landing"
