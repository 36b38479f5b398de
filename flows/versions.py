"""Versions that a run is recorded with."""

from importlib.metadata import version

LIBRARIES = ("scr", "polars", "duckdb", "rapidfuzz", "great-expectations", "duckdb-extension-ducklake")


def versions() -> dict[str, str]:
    """Name → version of scr and of the libraries whose behaviour shows in the published rows."""
    return {name: version(name) for name in LIBRARIES}
