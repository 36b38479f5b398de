"""Each engine in a process of its own, each in its environment."""

import subprocess
import sys
from pathlib import Path

ENGINES = ("matching", "splink")


def run(engine: str, folder: Path, settings: str, peers: Path) -> str:
    """Run an engine on a folder of lists; the last line of its errors where it failed, else nothing."""
    if engine == "matching":
        return run_matching(folder)
    python = peers / "bin" / "python"
    if not python.exists():
        return f"no environment at {peers}: run make {peers}/.installed"
    return _run([str(python), "-m", "benchmarks.engine_splink", str(folder), settings])


def run_matching(folder: Path, *options: str) -> str:
    """The same of the library, with the options of benchmarks.engine_matching."""
    return _run([sys.executable, "-m", "benchmarks.engine_matching", str(folder), *options])


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
    return ""
