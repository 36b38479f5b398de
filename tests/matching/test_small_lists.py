"""Small lists of families, with duplicates: relatives are told apart though too few show how."""

import numpy as np
import polars as pl
import pytest

from matching import Field, MatchSpec, dedupe, link, train_model
from matching.comparison import SELDOM
from matching.details import BIRTH
from matching.em import Space, Vectors, fit
from matching.names import FAMILY, GIVEN, MIDDLE
from tests.matching.people import families, two_lists

SPEC = MatchSpec(
    [
        Field("given", "given_name"),
        Field("family", "family_name"),
        Field("born", "date"),
        Field("address", "address"),
    ]
)


def who(record: str) -> str:
    """House and place in it."""
    return record[1:].rsplit("-", 1)[0]


def right_of(pairs: pl.DataFrame, left: pl.DataFrame, right: pl.DataFrame) -> tuple[float, float]:
    """Precision, and recall of what can be known: who bears the name of father and son needs a birth date."""
    real = {(a, b) for a in left["id"] for b in right["id"] if a != b and who(a) == who(b)}
    both = pl.concat([left, right]).unique("id")
    named = both.group_by("given", "family").agg(people=pl.col("id").map_elements(who, pl.String).n_unique())
    either = set(both.join(named.filter(pl.col("people") > 1), on=["given", "family"]).filter(
        pl.col("born").is_null())["id"])  # fmt: skip
    known = {pair for pair in real if not either & set(pair)}
    found = set(pairs.filter("is_match").select("left_id", "right_id").iter_rows())
    return len(found & real) / len(found), len(found & known) / len(known)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_lists_with_duplicates_are_linked_without_joining_relatives(seed: int) -> None:
    left, right = families(8, seed)
    precision, recall = right_of(link(left, right, SPEC, "id"), left, right)
    assert precision > 0.95  # by themselves, three pairs of four were wrong
    assert recall > 0.95


@pytest.mark.parametrize("seed", [1, 3, 4])
def test_duplicates_are_found_without_joining_relatives(seed: int) -> None:
    left, _ = families(8, seed)
    pairs, _ = dedupe(left, SPEC, "id")
    both_ways = pl.concat(
        [pairs, pairs.rename({"left_id": "right_id", "right_id": "left_id"}).select(pairs.columns)]
    )
    precision, recall = right_of(both_ways, left, left)
    assert precision > 0.95
    assert recall > 0.95


def test_what_a_model_of_a_small_list_believes() -> None:
    model = train_model([families(8)[0]], SPEC, "id").strata["person"]
    assert model.relatives > 0.5  # each has two
    assert model.r["given_name"][1] > model.u["given_name"][1] + 0.02  # some bear their father's name
    assert model.m["date_of_birth"][-1] < 0.1


def test_a_contradiction_is_no_habit_of_matches() -> None:
    """Pairs that agree on all but the given name are no matches only for being many."""
    other = GIVEN.size - 1
    stranger = [other, FAMILY.size - 1, BIRTH.size - 1, MIDDLE.size - 1]
    levels = np.array([[other, 1, 1, 1]] * 60 + [[1, 1, 1, 1]] * 10 + [stranger] * 900, dtype=np.uint8)
    ones = np.ones(len(levels))
    vectors = Vectors(levels, ones, ones, 100 * ones, np.zeros(len(levels), dtype=np.bool_))
    model = fit([GIVEN, FAMILY, BIRTH, MIDDLE], vectors, Space(100.0, 0.0), cautiously=True)
    assert model.m["given_name"][-1] <= SELDOM + 1e-9


def test_a_partition_without_duplicates_stays_one_to_one() -> None:
    """Where another partition holds duplicates, each is judged as it is; no pair is lost or told twice."""
    alone = families(60, 2)[0].filter(pl.col("id").str.ends_with("-0"))

    def both(full: pl.DataFrame) -> pl.DataFrame:
        parts = {"full": full, "free": alone}
        named = [frame.with_columns(firm=pl.lit(firm)) for firm, frame in parts.items()]
        return pl.concat(named).with_columns(id=pl.col("firm") + pl.col("id"))

    left, right = families(30)
    pairs = link(both(left), both(right), MatchSpec(SPEC.fields, partition="firm"), "id")
    assert pairs.select("left_id", "right_id").is_unique().all()
    matches = pairs.filter("is_match")
    full = matches.filter(pl.col("left_id").str.starts_with("full"))
    free = matches.filter(pl.col("left_id").str.starts_with("free"))
    assert not full["left_id"].is_unique().all()
    assert free.height == alone.height and (free["left_id"] == free["right_id"]).all()


def test_two_of_one_cluster_are_a_pair_though_they_share_no_key() -> None:
    left, right = two_lists(200)
    nobody = pl.lit(None, pl.String)
    mail = pl.format("{}{}@mail.example", "family", "id")
    right = right.with_columns(mail=mail)
    again = right.with_columns(id="c" + pl.col("id"), family=nobody, born=nobody, post=nobody)
    kinds = {
        "given": "given_name",
        "family": "family_name",
        "born": "date",
        "post": "post_code",
        "mail": "email",
    }
    spec = MatchSpec([Field(column, kind) for column, kind in kinds.items()])
    pairs = link(left.with_columns(mail=nobody), pl.concat([right, again]), spec, "id", one_to_one=False)
    found = pairs.filter("is_match").select("left_id", "right_id").rows()
    by_first = dict(zip(right["id"], again["id"], strict=True))
    assert len(found) > 300
    assert all((one, by_first.get(other, other)) in found for one, other in found)
