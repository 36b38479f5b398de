"""Registered numbers with valid check digits, many at a time.

Rules: ABN (abr.business.gov.au), ACN (asic.gov.au), TFN weights 1,4,3,7,5,8,6,9,10 mod 11, IRD number (Inland
Revenue's resident withholding tax specification), NZBN as GS1 number with prefix 9429, UTR as HMRC's mod 11.
python-stdnum is the oracle in the tests.
"""

from collections.abc import Callable

import numpy as np
import polars as pl

from transforms.sample.dice import Dice, Integers

_PLACEHOLDERS = (0, 111111111, 123456782, 123456789, 999999999)


def _digits(numbers: Integers, length: int) -> Integers:
    """Digits of each number, zero padded: an array of shape (n, length)."""
    return np.stack([numbers // 10**k % 10 for k in range(length - 1, -1, -1)], axis=1)


def _text(numbers: Integers, length: int) -> pl.Series:
    return pl.Series(numbers).cast(pl.String).str.zfill(length)


def _distinct(dice: Dice, n: int, draw: Callable[[Dice, int], Integers]) -> Integers:
    """n distinct numbers in random order, from as many draws as that takes."""
    found = np.empty(0, dtype=np.int64)
    while len(found) < n:
        found = np.concatenate([found, draw(dice, 12 * (n - len(found)) + 1000)])
        found = found[np.sort(np.unique(found, return_index=True)[1])]
        found = found[~np.isin(found, _PLACEHOLDERS)]
    return found[:n]


def _tfns(dice: Dice, n: int) -> Integers:
    candidates = dice.integers(100_000_000, 999_999_999, n)
    sums = _digits(candidates, 9) @ np.array((1, 4, 3, 7, 5, 8, 6, 9, 10))
    kept: Integers = candidates[sums % 11 == 0]
    return kept


def _irds(dice: Dice, n: int) -> Integers:
    bodies = dice.integers(5_000_000, 14_900_000, n // 10)
    check = -(_digits(bodies, 8) @ np.array((3, 2, 7, 6, 5, 4, 3, 2))) % 11
    kept: Integers = (bodies * 10 + check)[check < 10]
    return kept


def tfns(dice: Dice, n: int) -> pl.Series:
    """n Australian tax file numbers of nine digits."""
    return _text(_distinct(dice, n, _tfns), 9)


def acns(dice: Dice, n: int) -> pl.Series:
    """n Australian company numbers of nine digits, many with leading zeros."""
    bodies = dice.integers(1_000_000, 68_000_000, n)
    check = -(_digits(bodies, 8) @ np.arange(8, 0, -1)) % 10
    return _text(bodies * 10 + check, 9)


def abns(bodies: pl.Series) -> pl.Series:
    """The ABN whose last nine digits are each of `bodies` (a company's ACN, or any nine digits)."""
    numbers = bodies.cast(pl.Int64).to_numpy()
    # The first two digits count 10 and 1 after 1 is taken off the first: 10·(a-1) + b = check - 11 + 1.
    total = _digits(numbers, 9) @ np.arange(3, 20, 2)
    return _text((89 - total % 89 + 10) * 1_000_000_000 + numbers, 11)


def business_numbers(dice: Dice, n: int) -> pl.Series:
    """n ABNs of entities that are no companies."""
    return abns(_text(dice.integers(100_000_000, 999_999_999, n), 9))


def irds(dice: Dice, n: int) -> pl.Series:
    """n New Zealand IRD numbers of nine digits whose first weights give the check digit."""
    return _text(_distinct(dice, n, _irds), 9)


def nzbns(dice: Dice, n: int) -> pl.Series:
    """n New Zealand Business Numbers: 9429, eight digits, GS1 check digit."""
    bodies = 942_900_000_000 + dice.integers(30_000_000, 52_000_000, n)
    check = -(_digits(bodies, 12) @ np.array((1, 3) * 6)) % 10
    return _text(bodies * 10 + check, 13)


def utrs(dice: Dice, n: int) -> pl.Series:
    """n UK unique taxpayer references: the check digit comes first."""
    bodies = dice.integers(100_000_000, 999_999_999, n)
    sums = _digits(bodies, 9) @ np.array((6, 7, 8, 9, 10, 5, 4, 3, 2))
    check = np.array([int(c) for c in "21987654321"])[sums % 11]
    return _text(check * 1_000_000_000 + bodies, 10)


def masked(numbers: pl.Expr) -> pl.Expr:
    """As the Practice Manager API shows a tax number: `******123`."""
    return pl.lit("******") + numbers.str.slice(-3)
