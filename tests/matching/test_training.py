"""What a model is trained on: candidates, and a sample that stands for all other pairs."""

import polars as pl
import pytest

from matching import Field, MatchSpec, train_model, training
from matching.buckets import Scope
from matching.fields import prepare_fields
from matching.linking import Linking, comparisons_of
from tests.matching.people import two_lists
from transforms.sql import connect

KINDS = {"given": "given_name", "family": "family_name", "born": "date", "post": "post_code"}
SPEC = MatchSpec([Field(column, kind) for column, kind in KINDS.items()], partition="firm")

SIZES = {("a", 0): 30, ("a", 1): 50, ("b", 0): 4, ("b", 1): 1, ("c", 0): 7, ("d", 1): 1}
ROWS = [key for key, n in SIZES.items() for _ in range(n)]
RECORDS = (
    pl.DataFrame(ROWS, schema={"part": pl.String, "list": pl.UInt8}, orient="row")
    .with_row_index("rid")
    .with_columns(part_no=pl.col("part").rle_id())
)


def allowed(scope: Scope) -> pl.DataFrame:
    """All pairs of the scope, by hand."""
    one = RECORDS.select(l="rid", part="part", mine="list")
    pairs = one.join(RECORDS.select(r="rid", part="part", other="list"), on="part")
    same = pl.col("mine") == pl.col("other")
    wanted = {"cross": ~same, "within": same, "all": pl.lit(True)}[scope]
    return pairs.filter(wanted & (pl.col("l") < pl.col("r"))).select("l", "r")


@pytest.mark.parametrize("scope", ["cross", "within", "all"])
def test_few_pairs_are_all_counted(scope: Scope) -> None:
    every = allowed(scope)
    assert training._drawn(RECORDS, scope).equals(every.sort("l", "r"))
    assert training._total_pairs(RECORDS, scope) == every.height


@pytest.mark.parametrize("scope", ["cross", "within", "all"])
def test_pairs_are_drawn_from_the_whole_scope_and_nothing_else(
    scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = allowed(scope)
    monkeypatch.setattr(training, "_SAMPLE", every.height - 1)
    drawn = training._drawn(RECORDS, scope)
    assert drawn.is_unique().all()
    assert drawn.join(every, on=["l", "r"], how="anti").is_empty()
    assert 0.5 * every.height < drawn.height < every.height


def test_as_many_could_match_as_the_shorter_lists_hold() -> None:
    assert training._partners(RECORDS.with_columns(n=1)) == 30 + 1


def test_counted_pairs_stand_for_the_whole_space() -> None:
    left, right = (frame.with_columns(firm=pl.col("firm").fill_null("x")) for frame in two_lists(150))
    with connect() as con:
        prepared = prepare_fields([left, right], SPEC, "id")
        seen = Linking(con, prepared, comparisons_of(prepared)).observed("cross")
    pairs = left.group_by("firm").len().join(right.group_by("firm").len(), on="firm")
    assert seen.counted["pairs"].sum() == pytest.approx((pairs["len"] * pairs["len_right"]).sum())
    assert seen.counted.height < seen.candidates.height


@pytest.mark.parametrize("lists", [2, 3, 4])
def test_a_record_has_a_partner_in_every_other_list(lists: int) -> None:
    left, right = two_lists(120)
    model = train_model([left, *[right] * (lists - 1)], SPEC, "id")
    assert model.strata["person"].overlap > 0.95
