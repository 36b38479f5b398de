"""Switches off, in one place, what would call home: set before Prefect or Great Expectations is imported."""

import os

QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "False",
}


def hush() -> None:
    """Set the switches for this process and those it starts."""
    os.environ.update(QUIET)
