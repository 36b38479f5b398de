"""Settings of libraries for every process, in one place: set before any of them is imported.

Nothing calls home, and Arrow copies what a memory-mapped file holds at an odd place rather than warn of it.
"""

import os

QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "False",
    "ACERO_ALIGNMENT_HANDLING": "reallocate",
}


def hush() -> None:
    """Set the switches for this process and those it starts."""
    os.environ.update(QUIET)
