"""A saved model on lists that fill other columns than those it was trained on."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from expectations.errors import UsageError
from matching import Field, MatchSpec, Model, dedupe, link, load, train_model
from tests.matching.people import two_lists

KINDS = {"given": "given_name", "family": "family_name", "born": "date", "post": "identifier"}
SPEC = MatchSpec([Field(column, kind) for column, kind in KINDS.items()])
LEFT, RIGHT = two_lists(120)


def without(columns: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both lists, these columns empty."""
    nothing = [pl.lit(None, pl.String).alias(column) for column in columns]
    return LEFT.with_columns(nothing), RIGHT.with_columns(nothing)


def saved(lists: Sequence[pl.DataFrame], spec: MatchSpec, tmp_path: Path) -> Model:
    train_model(lists, spec, "id").save(tmp_path / "model.json")
    return load(tmp_path / "model.json")


@pytest.mark.parametrize("empty", ["given", "born", "post"])
def test_a_column_that_is_empty_now_is_no_clue(empty: str, tmp_path: Path) -> None:
    model = saved([LEFT, RIGHT], SPEC, tmp_path)
    pairs = link(*without([empty]), SPEC, "id", model=model)
    assert set(pairs[f"weight_{empty}"]) == {0.0}
    assert pairs["is_match"].sum() > 80


@pytest.mark.parametrize("empty", ["given", "born", "post"])
def test_a_column_that_was_empty_in_training_counts_for_nothing(empty: str, tmp_path: Path) -> None:
    model = saved(without([empty]), SPEC, tmp_path)
    pairs = link(LEFT, RIGHT, SPEC, "id", model=model)
    assert set(pairs[f"weight_{empty}"]) == {0.0}
    assert pairs["is_match"].sum() > 80
    fewer = MatchSpec([field for field in SPEC.fields if field.column != empty])
    same = link(LEFT, RIGHT, fewer, "id", model=model)
    shown = ["left_id", "right_id", "weight", *(f"weight_{field.column}" for field in fewer.fields)]
    assert same.filter("is_match").select(shown).equals(pairs.filter("is_match").select(shown))


def test_a_model_of_two_lists_says_nothing_against_duplicates_in_one() -> None:
    model = train_model([LEFT, RIGHT], SPEC, "id")
    pairs, _ = dedupe(pl.concat(without(["born"])), SPEC, "id", model)
    right = pairs.filter("is_match", pl.col("left_id").str.slice(1) == pl.col("right_id").str.slice(1))
    assert right.height >= 100


def test_a_field_that_it_was_not_trained_on_is_refused_filled_or_not(tmp_path: Path) -> None:
    model = saved([LEFT, RIGHT], MatchSpec(SPEC.fields[:2]), tmp_path)
    for left, right in ((LEFT, RIGHT), without(["born", "post"])):
        with pytest.raises(UsageError, match=r"knows no comparison of field born, post as of here.*anew"):
            link(left, right, SPEC, "id", model=model)


def test_a_model_of_nothing_that_the_lists_hold_is_refused(tmp_path: Path) -> None:
    model = saved(without(["born", "post"]), SPEC, tmp_path)
    with pytest.raises(UsageError, match="the lists it was trained on hold nothing in born, post"):
        link(*without(["given", "family"]), SPEC, "id", model=model)
    assert link(*without(list(KINDS)), SPEC, "id", model=model).is_empty()


def test_a_model_of_other_levels_is_refused(tmp_path: Path) -> None:
    model = saved([LEFT, RIGHT], SPEC, tmp_path)
    older = dataclasses.replace(model, levels=model.levels | {"date_of_birth": ["missing", "same", "other"]})
    with pytest.raises(UsageError, match=r"field born .* another version"):
        link(LEFT, RIGHT, SPEC, "id", model=older)
