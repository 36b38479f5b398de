"""What clusters say of their pairs."""

import polars as pl

from matching import Field, MatchSpec, dedupe, grouped
from tests.matching.people import two_lists

SPEC = MatchSpec([Field("given", "given_name"), Field("family", "family_name"), Field("born", "date")])

PAIRS = pl.DataFrame({"l": [0, 0, 1, 2, 4], "r": [1, 2, 2, 3, 5], "log_odds": [5.0, -3.0, 5.0, 2.0, -1.0]})
CLUSTERS = pl.Series([0, 0, 0, 3, 4, 5])


def test_a_pair_is_judged_by_its_fellows() -> None:
    found = dict(zip(PAIRS.select("l", "r").iter_rows(), grouped.log_odds(PAIRS, CLUSTERS), strict=True))
    assert found[0, 1] == found[1, 2] == 5.0
    assert found[0, 2] > 0  # a third record agrees with both
    assert found[2, 3] < 0  # all its fellows are other clients
    assert found[4, 5] == -1.0  # nobody else has a say


def test_a_pair_inside_a_cluster_is_likely_whatever_it_says_itself() -> None:
    """Else it would be a match that is shown to be none."""
    pairs = PAIRS.with_columns(log_odds=pl.Series([5.0, -30.0, 5.0, 2.0, -1.0]))
    assert grouped.log_odds(pairs, CLUSTERS)[1] >= 0


def test_one_fellow_speaks_against_a_pair_between_two_clusters() -> None:
    pairs = pl.DataFrame({"l": [0, 1], "r": [1, 2], "log_odds": [5.0, 2.0]})
    assert grouped.log_odds(pairs, pl.Series([0, 0, 2]))[1] < 0


def test_probabilities_follow_the_clusters_and_weights_the_pairs() -> None:
    left, right = two_lists(200)
    again = left.head(50).with_columns(id="t" + pl.col("id"), born=pl.lit(None, pl.String))
    pairs, _ = dedupe(pl.concat([left, right, again]), SPEC, id_column="id")
    odds = pairs["weight"] / 1.4426950408889634
    alone = 1 / (1 + (-odds).exp())
    inside = pairs.with_columns(alone=alone).filter("is_match")
    assert (inside["probability"] >= inside["alone"] - 1e-9).all()
    assert (inside["probability"] > inside["alone"] + 1e-6).any()
