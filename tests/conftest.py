"""Fixtures that every package's tests share, and the order in which files run."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

# Read by Polars when it is first imported. Two processes test at once, a core each; what more threads change
# is tested in processes that have them (`matching/test_threads.py`, `flows/`).
os.environ.setdefault("POLARS_MAX_THREADS", "1")

import duckdb
import pytest
from hypothesis import HealthCheck, settings

from transforms import store
from transforms.sql import connect

# No test asserts on time, and a red run can be repeated.
settings.register_profile(
    "scr", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("scr")

ROOT = Path(__file__).parent.parent
LONG = ("flows/test_prefect.py", "test_docs.py", "flows/", "transforms/consolidate/", "transforms/store/")
"""Paths of the files that take longest: they start first, else one that starts last keeps a core idle."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def turn(item: pytest.Item) -> int:
        path = item.path.relative_to(ROOT / "tests").as_posix()
        return next((n for n, start in enumerate(LONG) if path.startswith(start)), len(LONG))

    items.sort(key=turn)


@pytest.fixture(scope="session", autouse=True)
def store_settings() -> Iterator[Mapping[str, Any]]:
    """The store's settings of DuckDB as users have them.

    DuckDB hashes 70 MB to check the signatures of its extensions each time a store is opened, for a third of
    a second. Here it does so at the first opening; the same files are then loaded unchecked.
    """
    own = dict(store._SETTINGS)
    store._connect(threads=1, memory="100MB").close()
    with mock.patch.dict(store._SETTINGS, allow_unsigned_extensions=True):
        yield own


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory DuckDB as a batch has it where two are under way on two cores."""
    with connect(threads=1) as opened:
        yield opened


@pytest.fixture(scope="session")
def sample_landing() -> Path:
    """Landing root of the sample fleet in the checkout."""
    return ROOT / "data" / "sample" / "landing"
