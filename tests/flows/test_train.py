"""`scr train`: a new model, and what it would change before anybody uses it."""

from pathlib import Path

import polars as pl
import pytest

from flows.train import print_changes, sample
from matching.model import load
from matching.options import DEFAULT_MODEL
from tests.flows.command import scr_here


def test_a_model_is_made_and_its_changes_are_told(sample_landing: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.json"
    done = scr_here("train", "--landing", sample_landing, "--out", out)
    assert done.returncode == 0, done.stderr
    model = load(out)
    assert model.strata.keys() == load(DEFAULT_MODEL).strata.keys()
    assert "18 of 18 practices" in model.note
    for expected in ("little here to learn from", model.note[1:], "## Pairs whose band changes",
                     "## Per practice", "most surprising", "## Weights", "match_model"):  # fmt: skip
        assert expected in done.stdout, expected
    again = scr_here("train", "--landing", sample_landing, "--out", tmp_path / "2.json", "--against", out)
    assert (tmp_path / "2.json").read_text() == out.read_text()
    assert "## Pairs whose band changes\n\nNone." in again.stdout
    assert "None moves." in again.stdout


def test_a_folder_or_model_that_is_not_there_ends_in_2(sample_landing: Path, tmp_path: Path) -> None:
    words = ("train", "--landing", sample_landing, "--out")
    done = scr_here(*words, tmp_path / "no" / "model.json")
    assert (done.returncode, "there is no such folder" in done.stderr) == (2, True)
    done = scr_here(*words, tmp_path / "model.json", "--against", tmp_path / "none.json")
    assert done.returncode == 2
    assert not (tmp_path / "model.json").exists()


def test_the_sample_is_of_whole_practices_and_not_of_their_order() -> None:
    sizes = pl.DataFrame({"practice_id": [f"P{i}" for i in range(50)], "rows": [100] * 50})
    chosen = sample(sizes, 1_000)
    assert len(chosen) == 10
    assert sample(sizes.reverse(), 1_000) == chosen
    assert set(chosen) <= set(sample(sizes, 2_000))
    assert len(sample(sizes, 1)) == 1
    assert chosen != sorted(sizes["practice_id"])[:10]


def test_counts_per_practice_and_in_total(capsys: pytest.CaptureFixture[str]) -> None:
    kinds = ["joined", "joined", "newly asked"]
    evidence = '[{"comparison": "prior", "level": "before", "bits": -3.0}]'
    changes = pl.DataFrame(
        {
            "practice_id": ["P2", "P1", "P2"],
            "left_product": "hq",
            "left_id": ["a", "b", "c"],
            "right_product": "xpm",
            "right_id": ["x", "y", "z"],
            "kind": kinds,
            "shift": [1.0, -9.0, 2.0],
            **{f"{name}_{side}": value for side in ("before", "after")
               for name, value in (("band", "near"), ("probability", 0.5), ("evidence", evidence))},
        }
    )  # fmt: skip
    print_changes(changes)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["joined", "2", "2"] in lines
    assert ["newly", "asked", "1", "1"] in lines
    assert [line for line in lines if line[:1] in (["P1"], ["P2"])] == [["P2", "1", "1"], ["P1", "1", "0"]]
    assert [line[-1] for line in lines if line[:1] == ["###"]] == ["y", "z", "x"]
