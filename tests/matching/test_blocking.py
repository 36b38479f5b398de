"""Blocking: what is found, and spare keys that seek partners only for records that have none."""

import polars as pl
import pytest

from matching import Field, MatchSpec, blocking, link, linking, train_model
from matching.blocking import in_turn, keys_for
from matching.fields import prepare_fields
from tests.matching.people import two_lists

SPEC = MatchSpec(
    [
        Field("given", "given_name"),
        Field("family", "family_name"),
        Field("born", "date"),
        Field("address", "address"),
        Field("city", "city"),
        Field("post", "post_code"),
        Field("email", "email"),
        Field("phone", "phone"),
        Field("name", "organisation_name"),
    ]
)


def lists(people: int = 300) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Two lists with an address for all, a phone for few, and nothing else that would tell."""
    number = pl.int_range(pl.len())
    found = [
        frame.with_columns(
            address=pl.format("{} {} street", 1 + number % 97, pl.col("family")),
            city=pl.format("town{}", number % 30),
            phone=pl.when(number % 10 == 0).then(pl.format("0412{}", 345678 + number)),
            email=pl.lit(None, pl.String),
            name=pl.when(number % 10 == 1).then(pl.format("firm{} of {}", number, "family")),
        )
        for frame in two_lists(people)
    ]
    return found[0], found[1]


LEFT, RIGHT = lists()
SPOILED = {"family": "zzyx", "born": None, "post": "9999", "phone": None}
"""What leaves given name, street and city in common, which only spare keys find."""


def spoiled(*rows: int) -> pl.DataFrame:
    """The right list, of which these records are spoiled."""
    here = pl.int_range(pl.len()).is_in(rows)
    return RIGHT.with_columns(
        pl.when(here).then(pl.lit(value, pl.String)).otherwise(name).alias(name)
        for name, value in SPOILED.items()
    )


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"given": "bob", "family": "bicket"}, {"given": "robert", "family": "bickett"}),
        ({"given": "zzyx", "post": "4999"}, {"given": "quentin", "family": "zzyx", "post": "4999"}),
        ({"family": "zzyx", "born": "1911-02-03", "city": "ely"}, {"born": "1911-12-30", "city": "ely"}),
    ],
)
def test_scant_records_are_found(left: dict[str, str], right: dict[str, str]) -> None:
    columns = ["id", "given", "family", "born", "city", "post"]
    both = [
        pl.concat([frame.select(columns), pl.DataFrame({"id": "sought", **one})], how="diagonal")
        for frame, one in ((LEFT, left), (RIGHT, right))
    ]
    spec = MatchSpec([field for field in SPEC.fields if field.column in columns])
    prepared = prepare_fields(both, spec, "id")
    ends = prepared.frame.filter(pl.col("id").cast(pl.Int64) == LEFT.height)["rid"].to_list()
    pairs = blocking.blocked(prepared.frame, keys_for(prepared.filled, prepared.free, True), "cross")
    assert tuple(ends) in pairs.rows()


def test_there_are_two_turns_only_beside_many_keys() -> None:
    few = keys_for(["given", "family", "city", "post_code"], spare=True)
    assert in_turn(few) == (few, [])
    many = keys_for(
        ["given", "family", "dob", "street", "house", "city", "post_code", "emails", "phones", "org"],
        spare=True,
    )
    first, later = in_turn(many)
    assert later == many and not any(key.spare for key in first) and len(first) < len(many)


def test_a_record_without_a_partner_is_found_by_spare_keys() -> None:
    found = link(LEFT, spoiled(7), SPEC, "id").filter(left_id="a7", right_id="b7")
    assert found.height == 1


def test_no_pair_comes_twice_and_who_has_a_partner_is_not_sought_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sought: list[pl.DataFrame] = []
    blocked = blocking.blocked

    def noted(frame: pl.DataFrame, *args: object, **given: object) -> pl.DataFrame:
        sought.append(frame)
        return blocked(frame, *args, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(linking, "blocked", noted)
    pairs = link(LEFT, spoiled(7), SPEC, "id")
    assert pairs.select("left_id", "right_id").is_unique().all()
    assert [frame.height < LEFT.height / 2 for frame in sought] == [True]


def test_a_model_finds_what_training_found() -> None:
    model = train_model([LEFT, spoiled(7)], SPEC, "id")
    assert link(LEFT, spoiled(7), SPEC, "id", model=model).equals(link(LEFT, spoiled(7), SPEC, "id"))


@pytest.mark.parametrize("trained", [False, True])
def test_where_records_may_have_several_partners_all_are_sought(trained: bool) -> None:
    """A record that has found one of its partners has others, which only spare keys find."""
    again = spoiled(*range(0, 300, 5)).with_columns(id="c" + pl.col("id"))[::5]
    right = pl.concat([RIGHT, again])
    model = train_model([LEFT, right], SPEC, "id") if trained else None
    found = link(LEFT, right, SPEC, "id", False, model).filter(
        "c" + pl.col("left_id").str.replace("a", "b") == pl.col("right_id")
    )
    assert found.height == again.height
