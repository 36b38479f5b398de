"""Names alone: cases that anyone can extend, and properties."""

import csv
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from matching import Field, MatchSpec, dedupe, link

with (Path(__file__).parent / "name_pairs.csv").open(encoding="utf-8") as file:
    CASES = list(csv.DictReader(file))


@pytest.fixture(scope="module")
def verdicts() -> dict[tuple[str, str, str], bool]:
    found: dict[tuple[str, str, str], bool] = {}
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


SPEC = MatchSpec([Field("called", "organisation_name")])
CALLED = [
    "Harrow Timber Pty Ltd", "Harrow Timber", "Harow Timber P/L", "Kestrel Freight Services",
    "Kestrel Freight", "Kestrel Frieght Svcs Pty Ltd", "Lot 1 Unit Trust", "Lot 2 Unit Trust",
    "Quoll Institute of Botany", None,
]  # fmt: skip


def listed(called: list[str | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {"id": [f"n{i}" for i in range(len(called))], "called": called},
        schema_overrides={"called": pl.String},
    )


def test_finds_duplicates_by_the_name_alone_in_any_order() -> None:
    frame = listed(CALLED)
    pairs, clusters = dedupe(frame, SPEC, "id")
    held = clusters.group_by("cluster_id").agg(pl.col("id").sort()).get_column("id").to_list()
    assert sorted(held) == [["n0", "n1", "n2"], ["n3", "n4", "n5"], ["n6"], ["n7"], ["n8"], ["n9"]]
    pairs_too, clusters_too = dedupe(frame.sample(fraction=1, shuffle=True, seed=4), SPEC, "id")
    assert pairs.equals(pairs_too)
    assert clusters.equals(clusters_too)


@pytest.mark.parametrize("kind", ["organisation_name", "full_name", "name", "text"])
def test_linking_by_the_name_alone_is_symmetric(kind: str) -> None:
    spec = MatchSpec([Field("called", kind)])
    left, right = listed(CALLED[::2]), listed(CALLED[1::2])
    there, back = link(left, right, spec, "id"), link(right, left, spec, "id")
    turned = back.rename({"left_id": "right_id", "right_id": "left_id"}).select(there.columns)
    assert there.height
    assert_frame_equal(there, turned.sort("left_id", "right_id"))


# Each kind and each list, a kind that takes names apart with every list.
@pytest.mark.parametrize(
    ("kind", "called"),
    [
        *(("name", called) for called in ([], [None], ["Harrow"], [None, "Harrow", "?"])),
        ("organisation_name", []),
        ("full_name", [None]),
        ("text", [None, "Harrow", "?"]),
    ],
)
def test_lists_of_next_to_nothing(kind: str, called: list[str | None]) -> None:
    spec = MatchSpec([Field("called", kind)])
    _, clusters = dedupe(listed(called), spec, "id")
    assert clusters["cluster_id"].to_list() == sorted(listed(called)["id"].to_list())
    assert link(listed(called), listed([]), spec, "id").is_empty()


def test_finds_duplicates_among_names_of_common_words_in_a_long_list() -> None:
    first = ["Harrow", "Kestrel", "Quoll", "Banksia"]
    second = ["Timber", "Freight", "Dental", "Pastoral"]
    owners = [f"{a}{b}" for a in ("bar", "cen", "dig", "fon", "gul") for b in ("low", "tinx", "kby", "vost")]
    called = [f"{owner} {a} {b}" for owner in owners for a in first for b in second]
    frame = listed([*called, *[f"{name} Pty Ltd" for name in called]])
    _, clusters = dedupe(frame, SPEC, "id")
    sizes = clusters.group_by("cluster_id").len()["len"]
    assert (sizes == 2).sum() > 0.9 * len(called)
