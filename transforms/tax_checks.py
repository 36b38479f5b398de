"""Whether digits are a valid tax number.

Checks: TFN (nine digits) weights 1,4,3,7,5,8,6,9,10 mod 11; IRD weights 3,2,7,6,5,4,3,2, then
7,4,3,2,5,2,7,6, mod 11; UTR weights 6,7,8,9,10,5,4,3,2 with table 21987654321.
"""

from collections.abc import Sequence

import polars as pl

_TFN = (1, 4, 3, 7, 5, 8, 6, 9, 10)
_IRD = ((3, 2, 7, 6, 5, 4, 3, 2), (7, 4, 3, 2, 5, 2, 7, 6))
_SMALLEST_IRD = 10_000_000
_UTR, _UTR_CHECK = (6, 7, 8, 9, 10, 5, 4, 3, 2), "21987654321"


def passing(digits: pl.Expr) -> pl.Expr:
    """`passes_check` over a column."""

    def weighed(number: pl.Expr, weights: Sequence[int]) -> pl.Expr:
        parts = [number.str.slice(i, 1).cast(pl.Int32, strict=False) * w for i, w in enumerate(weights)]
        return pl.sum_horizontal(parts)

    size = digits.str.len_chars()
    padded = digits.str.zfill(9)
    checks = [(11 - weighed(padded, weights) % 11) % 11 for weights in _IRD]
    last = padded.str.slice(8, 1).cast(pl.Int32, strict=False)
    of_ird = pl.when(checks[0] == 10).then(checks[1]).otherwise(checks[0]) == last
    in_range = digits.str.head(9).cast(pl.Int64, strict=False) > _SMALLEST_IRD
    of_utr = (weighed(digits.str.slice(1), _UTR) % 11).replace_strict(
        dict(enumerate(_UTR_CHECK)), return_dtype=pl.String, default=None
    ) == digits.str.head(1)
    return (
        ((size == 9) & (weighed(digits, _TFN) % 11 == 0))
        | (size.is_in([8, 9]) & of_ird & in_range)
        | ((size == 10) & of_utr)
    )


def passes_check(digits: str) -> bool:
    """Whether eight to ten digits are a valid IRD number, TFN or UTR."""
    if len(digits) == 10:
        return _UTR_CHECK[_weighed(digits[1:], _UTR) % 11] == digits[0]
    if len(digits) == 9 and _weighed(digits, _TFN) % 11 == 0:
        return True
    return len(digits) in (8, 9) and _passes_ird(digits.zfill(9))


def _passes_ird(digits: str) -> bool:
    if int(digits) <= _SMALLEST_IRD:
        return False
    check = -_weighed(digits, _IRD[0]) % 11
    if check == 10:
        check = -_weighed(digits, _IRD[1]) % 11
    return str(check) == digits[-1]


def _weighed(digits: str, weights: Sequence[int]) -> int:
    return sum(w * int(d) for w, d in zip(weights, digits, strict=False))
