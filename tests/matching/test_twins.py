"""Two records of one list: what their partners in the other list say of them."""

import polars as pl
import pytest

from matching.twins import by_partners

SIZE = 3


def pairs(*rows: tuple[int, int, float], practice: str = "P1", xpm_from: int = 10) -> pl.DataFrame:
    """Pairs (l, r, probability) of records; those from `xpm_from` on are XPM's, the others HQ's."""
    left, right = (pl.Series([row[side] for row in rows], dtype=pl.UInt32) for side in (0, 1))
    lists = [(side >= xpm_from).cast(pl.UInt8) for side in (left, right)]
    within = lists[0] == lists[1]
    probability = pl.Series([row[2] for row in rows], dtype=pl.Float64)
    return pl.DataFrame(
        {
            "practice_id": [practice] * len(rows),
            "l": left, "r": right, "left_list": lists[0], "right_list": lists[1],
            "left_size": [SIZE] * len(rows), "right_size": [SIZE] * len(rows),
            "within": within, "probability": probability, "belief": probability * within,
        }
    )  # fmt: skip


def inside(frame: pl.DataFrame) -> float:
    """Probability of the only pair inside a list."""
    return float(by_partners(frame).filter(frame["within"]).item())


def test_records_with_a_partner_each_are_less_likely_one() -> None:
    assert inside(pairs((0, 1, 0.4), (0, 10, 0.99), (1, 11, 0.99))) < 0.1


def test_records_that_share_a_partner_are_more_likely_one() -> None:
    assert inside(pairs((0, 1, 0.7), (0, 10, 0.5), (1, 10, 0.5))) > 0.75


def test_a_record_without_a_partner_makes_one_client_likelier() -> None:
    assert inside(pairs((0, 1, 0.7), (0, 10, 0.99))) > 0.75


def test_partners_that_are_one_client_are_one_partner() -> None:
    frame = pairs((0, 1, 0.4), (0, 10, 0.9), (1, 11, 0.9), (10, 11, 0.8))
    own = by_partners(frame).filter(frame["within"])
    assert own[0] > 0.4


def test_pairs_between_lists_and_practices_with_one_list_stay() -> None:
    both = pairs((0, 1, 0.4), (0, 10, 0.99), (1, 11, 0.99))
    alone = pairs((20, 21, 0.4), practice="P2", xpm_from=99)
    found = by_partners(pl.concat([both, alone]))
    assert found[1:].to_list() == [0.99, 0.99, 0.4]
    assert by_partners(alone).to_list() == [0.4]


@pytest.mark.parametrize("certain", [0.0, 1.0])
def test_certainty_stays_certain(certain: float) -> None:
    assert inside(pairs((0, 1, certain), (0, 10, 0.99), (1, 11, 0.99))) == pytest.approx(certain, abs=1e-9)
