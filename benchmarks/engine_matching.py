"""The library on one set, in a process of its own: `python -m benchmarks.engine_matching FOLDER CASE`.

FOLDER holds the lists; pairs, clusters and an account of time and memory are written to FOLDER/matching.
"""

import sys
from itertools import combinations
from pathlib import Path

import polars as pl

from benchmarks.cases import CASES
from benchmarks.outcome import Outcome
from matching import MatchSpec, dedupe, link


def main(folder: Path, name: str) -> None:
    """Link every two lists, or find duplicates in the only one."""
    spec = MatchSpec(CASES[name].fields)
    outcome = Outcome()
    lists = [pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))]
    out = folder / "matching"
    out.mkdir(exist_ok=True)
    with outcome.step("match"):
        if len(lists) == 1:
            pairs, clusters = dedupe(lists[0], spec, "record_id")
        else:
            pairs = pl.concat([link(a, b, spec, "record_id") for a, b in combinations(lists, 2)])
            clusters = None
    pairs.select("left_id", "right_id", "probability", "is_match").write_parquet(out / "pairs.parquet")
    if clusters is not None:
        clusters.write_parquet(out / "clusters.parquet")
    outcome.save(out / "outcome.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
