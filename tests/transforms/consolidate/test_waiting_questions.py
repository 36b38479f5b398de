"""Questions that wait: what the answer to another one most likely settles is not asked beside it."""

import polars as pl
import pytest

from tests.factories import rows
from tests.transforms.consolidate.worlds import frames, pair, policy, record, run

TWO = [record("hq", "h1"), record("xpm", "x1"), record("xpm", "x2")]
EITHER = [pair("hq:h1", "xpm:x1", "near", probability=0.6), pair("hq:h1", "xpm:x2", "near", probability=0.4)]
ONE = pair("xpm:x1", "xpm:x2", "near", probability=0.9)


def asked(*pairs: dict[str, object], chosen: str | None = "all_xpm") -> list[tuple[str, str, str]]:
    world = {"effective_policy": policy(chosen)} if chosen else {}
    items = run(frames(TWO, list(pairs), **world))["review_item"]
    return items.select("kind", "left_id", "right_id").sort(pl.all()).rows()


@pytest.mark.parametrize("chosen", ["all_xpm", None])
def test_whether_two_are_one_client_is_asked_before_whose_match_they_are(chosen: str | None) -> None:
    assert asked(*EITHER, ONE, chosen=chosen) == [("duplicate", "x1", "x2")]


def test_of_two_that_are_two_clients_both_are_asked() -> None:
    assert asked(*EITHER) == [("match", "h1", "x1"), ("match", "h1", "x2")]


def test_one_of_two_that_is_no_candidate_holds_nothing_up() -> None:
    assert asked(EITHER[0], ONE) == [("duplicate", "x1", "x2"), ("match", "h1", "x1")]


@pytest.mark.parametrize(("accepted", "questions"), [(True, 2), (False, 0)])
def test_a_practice_that_waits_for_a_list_is_asked_nothing(accepted: bool, questions: int) -> None:
    lists = [{"product": product, "entity": "clients", "accepted": True} for product in ("hq", "tax")]
    lists.append({"product": "xpm", "entity": "clients", "accepted": accepted})
    found = run(frames(TWO, EITHER, effective_policy=policy("all_xpm"), intake=rows("intake", *lists)))
    assert found["review_item"].height == questions
    assert found["policy_simulation"].height == 3, "what the policies would do stays in sight"
