"""Values and columns as users have them: whatever types, gaps and names they come with."""

import polars as pl
import pytest

from expectations.errors import UsageError
from matching import Field, MatchSpec, link, train_model
from tests.matching.people import two_lists

N = 24
NAMES = [f"{'abcdefghijkl'[i % 12]}na{'rst'[i % 3]}o" for i in range(N)]
PEOPLE = pl.DataFrame(
    {"id": range(N), "name": NAMES, "born": [f"19{40 + i}-0{1 + i % 9}-1{i % 10}" for i in range(N)]}
)
KNOWN = [Field("name", "given_name"), Field("born", "date")]


def weights(left: pl.Series, right: pl.Series, kind: str) -> pl.Series:
    """Weight of a further field, beside name and birth date, of the pairs that are the same person."""
    spec = MatchSpec([*KNOWN, Field("more", kind)])
    one, other = (PEOPLE.with_columns(values.alias("more")) for values in (left, right))
    pairs = link(one, other, spec, "id").filter(pl.col("left_id") == pl.col("right_id"))
    assert pairs.height == N
    return pairs["weight_more"]


@pytest.mark.parametrize("kind", ["identifier", "year", "phone", "house_number", "category"])
def test_whole_numbers_are_the_same_as_floats(kind: str) -> None:
    number = pl.Series(range(N)) * (1 if kind in ("year", "house_number") else 37_511) + 1_950
    text = number.cast(pl.String)
    assert weights(number.cast(pl.Float64), text, kind).equals(weights(text, text, kind))


def test_what_is_no_number_is_no_value() -> None:
    assert weights(pl.Series([float("nan")] * N), pl.Series([float("nan")] * N), "category").eq(0).all()


def test_partitions_of_whole_numbers_are_the_same_as_floats() -> None:
    left, right = (PEOPLE.with_columns(part=pl.lit(one)) for one in (7, 7.0))
    assert link(left, right, MatchSpec(KNOWN, partition="part"), "id").filter("is_match").height == N


@pytest.mark.parametrize(("one", "other"), [("n/a", "none"), ("*********", "123456789"), ("***", "******")])
def test_a_masked_number_that_shows_no_digit_tells_nothing(one: str, other: str) -> None:
    left, right = (pl.Series([value] * 4 + [f"12345{i:04}" for i in range(4, N)]) for value in (one, other))
    assert weights(left, right, "masked_identifier")[:4].eq(0).all()


def test_no_list_in_one_column_leaves_what_another_holds() -> None:
    mails = pl.Series([f"box{i * 7}@example.org" for i in range(N)])
    frame = PEOPLE.with_columns(mail=mails, more=pl.lit(None, pl.List(pl.String)))
    found = [
        link(frame, frame, MatchSpec([*KNOWN, *(Field(column, "email") for column in columns)]), "id")
        for columns in (("mail",), ("mail", "more"))
    ]
    assert found[0].equals(found[1].drop("weight_more"))


def test_columns_whose_names_differ_in_case_alone() -> None:
    more = {"a": pl.Series(["a", "b"] * (N // 2)), "b": pl.Series([f"v{i}" for i in range(N)])}
    found = []
    for names in (("sex", "Sex"), ("one", "other")):
        frame = PEOPLE.with_columns(more["a"].alias(names[0]), more["b"].alias(names[1]))
        spec = MatchSpec([*KNOWN, *(Field(name, "category") for name in names)])
        found.append(
            link(frame, frame, spec, "id").rename({f"weight_{name}": f"w{i}" for i, name in enumerate(names)})
        )
    assert found[0].equals(found[1])


@pytest.mark.parametrize("name", ["a{}b", "it's", "own list", "l.dob", "known 0"])
def test_a_column_may_be_called_anything(name: str) -> None:
    frame = PEOPLE.with_columns(pl.col("name").alias(name))
    assert link(frame, frame, MatchSpec([*KNOWN, Field(name, "text")]), "id").filter("is_match").height == N


@pytest.mark.parametrize("name", ['a"b', "a\x01b", "a\nb"])
def test_but_for_quotes_and_control_characters(name: str) -> None:
    with pytest.raises(UsageError, match="rename the column"):
        Field(name, "text")


@pytest.mark.parametrize("born", ["1950", "20\u0660\u0661-01-02"])
def test_birth_dates_of_other_lengths(born: str) -> None:
    other = PEOPLE.with_columns(born=pl.lit(born))
    assert link(PEOPLE, other, MatchSpec(KNOWN), "id").height


def test_more_lists_than_can_be_told_apart() -> None:
    with pytest.raises(UsageError, match="257 lists"):
        train_model([PEOPLE.head(1)] * 257, MatchSpec(KNOWN), "id")


def test_categories_alone_find_those_who_agree_on_all() -> None:
    left, right = two_lists(100)
    spec = MatchSpec([Field(column, "category") for column in ("given", "family", "born")])
    alike = left.join(right, on=["given", "family", "born"]).select("id", "id_right").rows()
    assert len(alike) > 50
    found = link(left, right, spec, "id").filter("is_match")
    assert found.select("left_id", "right_id").sort("left_id").rows() == sorted(alike)
