"""The library on any specification and any list, however poor: the declared shape, never a crash."""

from typing import Literal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Field, MatchSpec, dedupe, link, train_model
from matching.spec import KINDS

VALUES = (
    *("Anna", "Bob Lee", "Smith", "O'Brien Jr", "Mr John van der Berg", "Smith Pty Ltd", "The Lee Trust"),
    *("1980-02-01", "31/12/1999", "1980", "12 High St", "Perth", "2000", "NSW", "a@x.org", "0412 345 678"),
    *("x.org", "******123", "51824753556", "", " ", "?", None),
)
IDS = {"text": pl.String, "number": pl.Int32, "category": pl.Categorical}


@st.composite
def specs(draw: st.DrawFn) -> MatchSpec:
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=4))
    partition = draw(st.sampled_from([None, "part", "id"]))
    return MatchSpec([Field(f"c{i}", kind) for i, kind in enumerate(kinds)], partition)


@st.composite
def lists(draw: st.DrawFn, fields: int = 4) -> pl.DataFrame:
    """Records with columns c0 to c3, two partitions and a key: no record, one, only nulls, or several."""
    rows = draw(st.sampled_from([0, 1, 2, 7]))
    kept = draw(st.sampled_from([VALUES, (None,)]))
    cells = st.lists(st.sampled_from(kept), min_size=rows, max_size=rows)
    frame = pl.DataFrame({f"c{i}": pl.Series(draw(cells), dtype=pl.String) for i in range(fields)})
    key = pl.Series("key", [str(n) for n in range(rows)], dtype=pl.String)
    parts = pl.Series(draw(st.lists(st.sampled_from(["p", "q", None]), min_size=rows, max_size=rows)))
    parts = parts.cast(pl.String)
    return frame.with_columns(key.cast(IDS[draw(st.sampled_from(sorted(IDS)))]), part=parts, id=parts)


def held(frame: pl.DataFrame, key: object, spec: MatchSpec) -> set[str]:
    """Columns of the specification that the record holds anything in."""
    [row] = frame.rows_by_key("key", named=True)[key]
    return {field.column for field in spec.fields if row[field.column]}


def check(pairs: pl.DataFrame, left: pl.DataFrame, right: pl.DataFrame, spec: MatchSpec) -> None:
    assert pairs.schema == {
        "left_id": left.schema["key"],
        "right_id": right.schema["key"],
        "probability": pl.Float64,
        "is_match": pl.Boolean,
        "weight": pl.Float64,
        **{f"weight_{field.column}": pl.Float64 for field in spec.fields},
    }
    assert pairs["probability"].is_between(0, 1).all()
    assert pairs["probability"].is_not_nan().all() and pairs["weight"].is_finite().all()
    for one, other in pairs.select("left_id", "right_id").iter_rows():
        assert held(left, one, spec) and held(right, other, spec), "a record that holds nothing"


KNOWN = [("Anna", "Smith"), ("Bob Lee", "Jones"), (None, None)]


@pytest.mark.parametrize("rows", [KNOWN, [(None, None)] * 3, []], ids=["some", "nulls", "none"])
@pytest.mark.parametrize(
    "kinds",
    [
        ("given_name",),
        ("middle_name",),
        ("family_name",),
        ("given_name", "middle_name"),
        ("family_name", "family_name"),
        ("full_name", "date"),
        ("organisation_name", "post_code"),
        ("address", "house_number"),
        ("city", "region"),
    ],
)
def test_fields_of_which_little_can_be_told(
    kinds: tuple[str, ...], rows: list[tuple[str | None, str | None]]
) -> None:
    frame = pl.DataFrame(rows, schema={"c0": pl.String, "c1": pl.String}, orient="row")
    frame = frame.with_columns(pl.int_range(pl.len()).cast(pl.String).alias("key"))
    spec = MatchSpec([Field(f"c{i}", kind) for i, kind in enumerate(kinds)])
    pairs = link(frame, frame, spec, "key")
    check(pairs, frame, frame, spec)
    if rows == KNOWN and kinds[0] not in ("address", "city"):
        best = pairs.filter(pl.col("left_id") == "0").sort("probability")["right_id"].to_list()
        assert best[-1] == "0"


@settings(max_examples=20)
@given(spec=specs(), left=lists(), right=lists(), one_to_one=st.sampled_from(["auto", True, False]))
def test_any_two_lists_can_be_linked(
    spec: MatchSpec, left: pl.DataFrame, right: pl.DataFrame, one_to_one: bool | Literal["auto"]
) -> None:
    check(link(left, right, spec, "key", one_to_one), left, right, spec)


@settings(max_examples=15)
@given(spec=specs(), frame=lists())
def test_duplicates_can_be_sought_in_any_list(spec: MatchSpec, frame: pl.DataFrame) -> None:
    pairs, clusters = dedupe(frame, spec, "key")
    check(pairs, frame, frame, spec)
    assert clusters.schema == {"id": frame.schema["key"], "cluster_id": frame.schema["key"]}
    assert clusters["id"].equals(frame["key"].sort().alias("id"))


@settings(max_examples=6)
@given(spec=specs(), left=lists(), right=lists())
def test_a_model_of_any_lists_is_the_one_that_they_are_linked_by(
    spec: MatchSpec, left: pl.DataFrame, right: pl.DataFrame
) -> None:
    model = train_model([left, right], spec, "key")
    trained, anew = link(left, right, spec, "key", model=model), link(left, right, spec, "key")
    assert trained.equals(anew)
