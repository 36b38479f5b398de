"""Calls `scr` as a user does."""

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

from flows.cli import main
from tests.conftest import ROOT

AS_OF = "2024-01-15"
Done = subprocess.CompletedProcess[str]


def scr(*words: str | Path, cwd: Path = ROOT) -> Done:
    """Run `scr` to its end in a process of its own."""
    return subprocess.run(command(*words), cwd=cwd, capture_output=True, text=True, check=False)


def scr_here(*words: str | Path, cwd: Path | None = None) -> Done:
    """Run `scr` in this process: the same entry point, without the seconds that a start costs."""
    typed, out, err, code = ["scr", *map(str, words)], io.StringIO(), io.StringIO(), 0
    with (
        mock.patch.object(sys, "argv", typed),
        mock.patch.dict(os.environ),
        contextlib.chdir(cwd or Path.cwd()),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return Done(typed, code, out.getvalue(), err.getvalue())


def command(*words: str | Path) -> list[str]:
    """The words to start `scr` with, in the environment that the tests run in."""
    return [sys.executable, "-m", "flows.cli", *map(str, words)]
