"""Questions that wait: what the answer to another one most likely settles is not asked beside it."""

import polars as pl
import pytest

from tests.factories import rows
from tests.transforms.consolidate.worlds import frames, pair, policy, record, run, run_each

TWO = [record("hq", "h1"), record("xpm", "x1"), record("xpm", "x2")]
EITHER = [pair("hq:h1", "xpm:x1", "near", probability=0.6), pair("hq:h1", "xpm:x2", "near", probability=0.4)]
ONE = pair("xpm:x1", "xpm:x2", "near", probability=0.9)


def test_whether_two_are_one_client_is_asked_before_whose_match_they_are() -> None:
    chosen = {"effective_policy": policy("all_xpm")}
    worlds = [
        frames(TWO, [*EITHER, ONE], **chosen),
        frames(TWO, [*EITHER, ONE]),
        frames(TWO, EITHER, **chosen),
        frames(TWO, [EITHER[0], ONE], **chosen),
    ]
    waits, without_policy, two_clients, no_candidate = (
        found["review_item"].select("kind", "left_id", "right_id").sort(pl.all()).rows()
        for found in run_each(worlds)
    )
    assert waits == without_policy == [("duplicate", "x1", "x2")]
    assert two_clients == [("match", "h1", "x1"), ("match", "h1", "x2")], "both are asked"
    assert no_candidate == [("duplicate", "x1", "x2"), ("match", "h1", "x1")], "x2 holds nothing up"


@pytest.mark.parametrize(("accepted", "questions"), [(True, 2), (False, 0)])
def test_a_practice_that_waits_for_a_list_is_asked_nothing(accepted: bool, questions: int) -> None:
    lists = [{"product": product, "entity": "clients", "accepted": True} for product in ("hq", "tax")]
    lists.append({"product": "xpm", "entity": "clients", "accepted": accepted})
    found = run(frames(TWO, EITHER, effective_policy=policy("all_xpm"), intake=rows("intake", *lists)))
    assert found["review_item"].height == questions
    assert found["policy_simulation"].height == 3, "what the policies would do stays in sight"
