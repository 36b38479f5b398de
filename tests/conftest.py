"""Fixtures that every package's tests share."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, settings

from transforms.sql import connect

# No test asserts on time, and a red run can be repeated.
settings.register_profile(
    "scr", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("scr")

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
