"""However many threads there are, the library finds the same to the last digit."""

import os
import subprocess
import sys

from tests.conftest import ROOT

_FOUND = """
import polars as pl
from matching import dedupe, link
from tests.matching.test_blocking import SPEC, lists

left, right = lists(800)
pairs, clusters = dedupe(pl.concat([left, right]), SPEC, "id")
print(link(left, right, SPEC, "id").write_ndjson(), pairs.write_ndjson(), clusters.write_ndjson())
"""


def found(threads: int) -> str:
    env = os.environ | {"POLARS_MAX_THREADS": str(threads)}
    done = subprocess.run(
        [sys.executable, "-c", _FOUND], env=env, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_threads_change_nothing() -> None:
    by_one = found(1)
    assert by_one.count("probability") > 1_000
    assert found(3) == by_one
