"""Every drawn number passes the check of python-stdnum, and none is drawn twice."""

from collections.abc import Callable
from types import ModuleType

import polars as pl
import pytest
from stdnum import ean
from stdnum.au import abn, acn, tfn
from stdnum.gb import utr
from stdnum.nz import ird

from transforms.sample import identifiers
from transforms.sample.dice import Dice

DRAWS: list[tuple[Callable[[Dice, int], pl.Series], ModuleType]] = [
    (identifiers.tfns, tfn),
    (identifiers.acns, acn),
    (identifiers.business_numbers, abn),
    (identifiers.irds, ird),
    (identifiers.nzbns, ean),
    (identifiers.utrs, utr),
]


@pytest.mark.parametrize(("draw", "oracle"), DRAWS, ids=[draw.__name__ for draw, _ in DRAWS])
def test_numbers_are_valid(draw: Callable[[Dice, int], pl.Series], oracle: ModuleType) -> None:
    numbers = draw(Dice(3, "x"), 2_000)
    assert [n for n in numbers if not oracle.is_valid(n)] == []
    assert numbers.n_unique() > 1_990


def test_tax_numbers_are_distinct() -> None:
    assert identifiers.tfns(Dice(5, "x"), 50_000).n_unique() == 50_000
    assert identifiers.irds(Dice(5, "x"), 50_000).n_unique() == 50_000


def test_a_company_abn_ends_in_its_acn() -> None:
    numbers = identifiers.acns(Dice(3, "x"), 500)
    companies = identifiers.abns(numbers)
    assert all(abn.is_valid(n) for n in companies)
    assert companies.str.slice(2).to_list() == numbers.to_list()


def test_masks_keep_three_digits() -> None:
    assert pl.select(identifiers.masked(pl.lit("123456782"))).item() == "******782"
