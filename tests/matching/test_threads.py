"""However many threads there are, the library finds the same to the last digit."""

import os
import subprocess
import sys

from tests.conftest import ROOT

_FOUND = """
import polars as pl
from matching import Field, MatchSpec, dedupe, link
from tests.matching.people import two_lists

left, right = two_lists(1_000)
spec = MatchSpec([Field("given", "given_name"), Field("family", "family_name"), Field("born", "date"),
                  Field("post", "post_code")])
pairs, clusters = dedupe(pl.concat([left, right]), spec, "id")
print(link(left, right, spec, "id").write_ndjson(), pairs.write_ndjson(), clusters.write_ndjson())
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
