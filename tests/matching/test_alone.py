"""Names alone: cases that anyone can extend, clusters against an oracle, and properties."""

import csv
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from matching import Field, MatchSpec, dedupe, link
from matching.linkage import average_linkage

with (Path(__file__).parent / "name_pairs.csv").open(encoding="utf-8") as file:
    CASES = list(csv.DictReader(file))


@pytest.fixture(scope="module")
def verdicts() -> dict[tuple[str, str, str], bool]:
    found = {}
    for kind in sorted({case["kind"] for case in CASES}):
        cases = [case for case in CASES if case["kind"] == kind]
        rows = [str(number) for number in range(len(cases))]
        left, right = (
            pl.DataFrame({"id": rows, "row": rows, "called": [case[side] for case in cases]})
            for side in ("name1", "name2")
        )
        pairs = link(left, right, MatchSpec([Field("called", kind)], partition="row"), id_column="id")
        same = set(pairs.filter("is_match")["left_id"])
        found |= {
            (c["kind"], c["name1"], c["name2"]): row in same for row, c in zip(rows, cases, strict=True)
        }
    return found


@pytest.mark.parametrize("case", CASES, ids=[f"{c['name1']} / {c['name2']}" for c in CASES])
def test_verdict_on_two_names(case: dict[str, str], verdicts: dict[tuple[str, str, str], bool]) -> None:
    assert verdicts[case["kind"], case["name1"], case["name2"]] == (case["same"] == "yes"), case["why"]
