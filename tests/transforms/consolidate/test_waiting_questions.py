"""Questions that wait: what the answer to another one most likely settles is not asked beside it."""

import polars as pl

from tests.transforms.consolidate.worlds import frames, pair, policy, record, run_each

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
