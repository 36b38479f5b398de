"""Columns of lists, taken apart and put together again."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.normalise.lists import coded, gathered, lists_of

TEXT = st.one_of(
    st.none(), st.text(max_size=3), st.sampled_from(["ann", "a text that is longer than twelve"])
)


@given(st.lists(TEXT))
def test_numbers_stand_for_the_texts(texts: list[str | None]) -> None:
    code, distinct = coded(pl.Series(texts, dtype=pl.String))
    assert distinct.gather(code).to_list() == texts
    assert distinct.n_unique() == len(distinct)


@given(st.lists(st.lists(TEXT, max_size=3)))
def test_lists_are_put_together_as_they_were(lists: list[list[str | None]]) -> None:
    whole = pl.Series("value", lists, dtype=pl.List(pl.String))
    long = whole.to_frame().with_row_index("row").explode("value", empty_as_null=False)
    assert lists_of(long["row"], long["value"], len(lists)).to_list() == lists


@given(st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 4)), TEXT)))
def test_gathered_values_are_sorted_and_distinct(pairs: list[tuple[int | None, str | None]]) -> None:
    long = pl.DataFrame(pairs, {"row": pl.UInt32, "found": pl.String}, orient="row")
    expected = [sorted({found for at, found in pairs if at == row and found is not None}) for row in range(5)]
    assert gathered(long, 5, "found").to_list() == expected


@pytest.mark.parametrize("kind", [pl.UInt32, pl.Int64])
def test_lists_keep_the_type_of_their_values(kind: type[pl.DataType]) -> None:
    lists = lists_of(pl.Series([1, 1], dtype=pl.UInt32), pl.Series([3, 2], dtype=kind), 3)
    assert lists.dtype == pl.List(kind)
    assert lists.to_list() == [[], [3, 2], []]
