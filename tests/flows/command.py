"""Calls `scr` as a user does: a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

AS_OF = "2024-01-15"


def scr(*words: str | Path, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    """Run `scr` to its end, standard output and error as text."""
    return subprocess.run(
        command(*words), cwd=cwd, env=os.environ | env, capture_output=True, text=True, check=False
    )


def command(*words: str | Path) -> list[str]:
    """The words to start `scr` with, in the environment that the tests run in."""
    return [sys.executable, "-m", "flows.cli", *map(str, words)]
