"""Noise touches the rows of its mask only, and Dice are what they promise."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from transforms.sample import noise
from transforms.sample.contact_points import landlines, mobiles, typed_phone
from transforms.sample.dice import Dice, runs
from transforms.sample.names import reference

TEXTS = st.lists(st.one_of(st.none(), st.text(max_size=12)), max_size=8)


@given(TEXTS, st.integers(0, 9))
def test_no_noise_without_mask(values: list[str | None], seed: int) -> None:
    texts, mask = pl.Series(values, dtype=pl.String), np.zeros(len(values), dtype=np.bool_)
    for change in (noise.mistype, noise.respaced, noise.recased, noise.nickname):
        assert change(Dice(seed, "x"), texts, mask).to_list() == values


@given(st.lists(st.text("abcdefghijklm", min_size=4, max_size=12), min_size=1), st.integers(0, 9))
def test_a_typo_is_one_stroke(values: list[str], seed: int) -> None:
    typed = noise.mistype(Dice(seed, "x"), pl.Series(values), np.ones(len(values), dtype=np.bool_))
    for before, after in zip(values, typed, strict=True):
        assert after[0] == before[0]
        assert abs(len(after) - len(before)) <= 1
        assert len(set(before) ^ set(after)) <= 2


def test_nicknames_are_those_of_the_name() -> None:
    names = pl.Series(["William", "Kiri", None])
    drawn = {noise.nickname(Dice(seed, "x"), names, np.ones(3, dtype=np.bool_))[0] for seed in range(30)}
    assert drawn == {"Bill", "Will", "Billy"}
    assert noise.nickname(Dice(1, "x"), names, np.ones(3, dtype=np.bool_)).to_list()[1:] == ["Kiri", None]


def test_streams_do_not_depend_on_each_other() -> None:
    assert Dice(1, "a").bits(3).tolist() == Dice(1, "a").bits(3).tolist()
    assert Dice(1, "a").bits(3).tolist() != Dice(1, "b").bits(3).tolist()
    # Pinned: another NumPy or platform that drew other numbers would change every committed sample.
    assert Dice(7, "pinned").integers(0, 1000, 5).tolist() == PINNED


PINNED = [225, 39, 755, 174, 61]


def test_dice_keep_to_their_shares() -> None:
    assert abs(Dice(2, "x").chance(0.3, 20_000).mean() - 0.3) < 0.02
    assert abs(Dice(2, "x").normal(20_000).std() - 1.0) < 0.03
    assert np.bincount(Dice(2, "x").pick([1, 3], 20_000)).argmax() == 1
    assert Dice(2, "x").integers(5, 8, 1000).min() == 5
    assert Dice(2, "x").integers(5, 8, 1000).max() == 7
    assert sorted(Dice(2, "x").order(50).tolist()) == list(range(50))
    assert Dice(2, "x").uuids(1000).n_unique() == 1000


def test_runs_count_inside_equal_keys() -> None:
    assert runs(np.array([4, 4, 7, 9, 9, 9])).tolist() == [0, 1, 0, 0, 1, 2]
    assert runs(np.array([], dtype=np.int64)).tolist() == []


def test_phones_are_valid_numbers() -> None:
    import phonenumbers

    places = reference("places")
    dice, regions = Dice(4, "x"), {"AU": "AU", "NZ": "NZ", "UK": "GB"}
    numbers = pl.concat(
        [landlines(dice, places["country"], places["area_code"]), mobiles(dice, places["country"])]
    )
    countries = pl.concat([places["country"], places["country"]])
    typed = typed_phone(dice, numbers, countries)
    wrong = [
        (number, text)
        for number, text, country in zip(numbers, typed, countries, strict=True)
        if not phonenumbers.is_valid_number(phonenumbers.parse(number, regions[country]))
        or phonenumbers.parse(text, regions[country]) != phonenumbers.parse(number, regions[country])
    ]
    assert wrong == []


def test_places_have_codes_of_their_country() -> None:
    lengths = reference("places").group_by("country").agg(pl.col("post_code").str.len_chars().unique())
    assert dict(lengths.filter(pl.col("country") != "UK").iter_rows()) == {"AU": [4], "NZ": [4]}
