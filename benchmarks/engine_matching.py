"""The library on one set of lists, in a process of its own.

    python -m benchmarks.engine_matching FOLDER [--save MODEL | --model MODEL | --fields]

FOLDER holds the lists and spec.json: columns, their kinds and the partition. Pairs, clusters and an account
of time and memory are written to FOLDER/matching. --save trains and keeps the model alone; --model uses one;
--fields only normalises the fields.
"""

import argparse
import json
from itertools import combinations
from pathlib import Path

import polars as pl

from benchmarks.outcome import Outcome
from matching import Field, MatchSpec, Model, dedupe, link, load, train_model
from matching.fields import normalised

ID = "record_id"


def main() -> None:
    """Link every two lists, or find duplicates in the only one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--save", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--fields", action="store_true")
    chosen = parser.parse_args()
    told = json.loads((chosen.folder / "spec.json").read_text(encoding="utf-8"))
    spec = MatchSpec([Field(column, kind) for column, kind in told["kinds"].items()], told["partition"])
    lists = [pl.read_parquet(path) for path in sorted(chosen.folder.glob("*.parquet"))]
    outcome = Outcome()
    out = chosen.folder / "matching"
    out.mkdir(exist_ok=True)
    if chosen.fields:
        with outcome.step("fields"):
            normalised(lists, spec, ID)
    elif chosen.save:
        with outcome.step("train"):
            train_model(lists, spec, ID).save(chosen.save)
    else:
        with outcome.step("match"):
            pairs, clusters = matched(lists, spec, load(chosen.model) if chosen.model else None)
        pairs.select("left_id", "right_id", "probability", "is_match").write_parquet(out / "pairs.parquet")
        if clusters is not None:
            clusters.write_parquet(out / "clusters.parquet")
    outcome.save(out / "outcome.json")


def matched(
    lists: list[pl.DataFrame], spec: MatchSpec, model: Model | None
) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """Pairs, and clusters where there is one list."""
    if len(lists) == 1:
        return dedupe(lists[0], spec, ID, model=model)
    return pl.concat([link(a, b, spec, ID, model=model) for a, b in combinations(lists, 2)]), None


if __name__ == "__main__":
    main()
