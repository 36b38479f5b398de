"""Copies of one record: one cluster and one partner, however many, without a pair of each two."""

import polars as pl
import pytest

from matching import Field, MatchSpec, copies, dedupe, link, train_model
from matching.copies import Copies
from tests.matching.people import two_lists

SPEC = MatchSpec(
    [
        Field("given", "given_name"),
        Field("family", "family_name"),
        Field("born", "date"),
        Field("post", "post_code"),
    ]
)
LEFT, RIGHT = two_lists(300)
MANY = 500


def multiplied(frame: pl.DataFrame, times: int = MANY, mark: str = "y") -> pl.DataFrame:
    """The list with so many copies of its first record, of larger ids."""
    more = pl.concat([frame.head(1)] * times)
    return pl.concat([frame, more.with_columns(id=pl.format(mark + "{}", pl.int_range(times)))])


def of_copies(column: str, first: str, mark: str = "y") -> pl.Expr:
    return (pl.col(column) == first) | pl.col(column).str.starts_with(mark)


@pytest.mark.parametrize("times", [copies.MOST - 1, copies.MOST, MANY])
def test_copies_are_one_cluster(times: int) -> None:
    pairs, clusters = dedupe(multiplied(LEFT, times), SPEC, "id")
    assert clusters["id"].to_list() == sorted(clusters["id"])
    assert clusters.height == 300 + times
    assert set(clusters.filter(of_copies("id", "a0"))["cluster_id"]) == {"a0"}
    assert clusters.filter(~of_copies("id", "a0"))["cluster_id"].n_unique() >= 297
    found = pairs.filter(of_copies("left_id", "a0") & of_copies("right_id", "a0"))
    assert found["is_match"].all() and found["weight_born"].n_unique() == 1
    assert found.height < 2 * times + 20
    assert set(clusters["id"]) >= set(found["left_id"]) | set(found["right_id"])
    ends = found.select("left_id", "right_id")
    assert ends.unique().height == found.height and (ends["left_id"] < ends["right_id"]).all()
    assert set(found["right_id"]) == {f"y{i}" for i in range(times)}


def test_another_who_is_like_the_first_is_with_all_copies() -> None:
    near = LEFT.head(1).with_columns(id=pl.lit("near"), post=pl.lit(None, pl.String))
    pairs, clusters = dedupe(pl.concat([multiplied(LEFT), near]), SPEC, "id")
    assert clusters.filter(id="near")["cluster_id"].item() == "a0"
    near_pairs = pairs.filter((pl.col("left_id") == "near") | (pl.col("right_id") == "near"))
    assert near_pairs.filter("is_match").height == MANY + 1


def test_copies_of_what_tells_little_are_no_cluster() -> None:
    spec = MatchSpec([Field("post", "category"), Field("firm", "category")])
    pairs, clusters = dedupe(multiplied(LEFT), spec, "id")
    assert not pairs["is_match"].any()
    assert clusters["id"].equals(clusters["cluster_id"].alias("id"))


def test_records_that_hold_nothing_are_no_copies() -> None:
    empty = LEFT.head(1).with_columns(pl.lit(None, pl.String).alias(field.column) for field in SPEC.fields)
    frame = pl.concat([LEFT, multiplied(empty).with_columns(id="z" + pl.col("id"))])
    _, clusters = dedupe(frame, SPEC, "id")
    assert clusters.filter(pl.col("id").str.starts_with("z"))["cluster_id"].n_unique() == MANY + 1


@pytest.mark.parametrize("one_to_one", ["auto", False])
def test_copies_of_both_lists_have_partners(one_to_one: bool | str) -> None:
    left, right = multiplied(LEFT, mark="x"), multiplied(RIGHT)
    pairs = link(left, right, SPEC, "id", one_to_one)  # type: ignore[arg-type]
    assert pairs.select("left_id", "right_id").is_unique().all()
    found = pairs.filter("is_match", of_copies("left_id", "a0", "x"))
    assert found["left_id"].n_unique() == found["right_id"].n_unique() == MANY + 1
    assert found.select(of_copies("right_id", "b0").all()).item()
    assert found.height < 4 * MANY


def test_copies_never_meet_those_of_another_partition() -> None:
    frame = pl.concat(
        [multiplied(LEFT), multiplied(LEFT, mark="z").with_columns(id="o" + pl.col("id"), firm=pl.lit("o"))]
    )
    pairs, clusters = dedupe(frame, MatchSpec(SPEC.fields, "firm"), "id")
    assert set(clusters.filter(of_copies("id", "a0"))["cluster_id"]) == {"a0"}
    assert set(clusters.filter(of_copies("id", "oa0", "oz"))["cluster_id"]) == {"oa0"}
    assert pairs.filter(of_copies("left_id", "a0"), of_copies("right_id", "oa0", "oz")).is_empty()


def test_a_model_is_trained_on_as_many_copies_as_are_compared() -> None:
    left, right = multiplied(LEFT), multiplied(RIGHT)
    model = train_model([left, right], SPEC, "id")
    assert link(left, right, SPEC, "id", True, model).equals(link(left, right, SPEC, "id", True))


def test_ids_of_copies_may_be_of_any_type_and_order() -> None:
    frame = multiplied(LEFT).with_columns(id=pl.int_range(pl.len()))
    turned = frame.sort("id", descending=True)
    for one in (turned, frame.sample(fraction=1, shuffle=True, seed=3)):
        pairs, clusters = dedupe(one, SPEC, "id")
        assert pairs.equals(dedupe(frame, SPEC, "id")[0])
        assert set(clusters.filter((pl.col("id") == 0) | (pl.col("id") >= 300))["cluster_id"]) == {0}


def test_only_copies_beyond_the_most_are_left_out() -> None:
    held = Copies.of(multiplied(LEFT.head(3), 30), SPEC, "id")
    assert held.kept.height == 2 + copies.MOST
    assert held.surplus["first"].unique().to_list() == [0]
    assert Copies.of(LEFT, SPEC, "id").kept.equals(LEFT)


@pytest.mark.parametrize("fields", [3, 4])
@pytest.mark.parametrize("times", [2, 3, 8, 19])
def test_a_few_records_that_are_there_more_than_once_have_a_partner_all_the_same(
    times: int, fields: int
) -> None:
    again = [RIGHT.head(1).with_columns(id=pl.lit(f"again{i}")) for i in range(times - 1)]
    pairs = link(LEFT, pl.concat([RIGHT, *again]), MatchSpec(SPEC.fields[:fields]), id_column="id")
    assert pairs.filter("is_match", left_id="a0").height == times
