"""Registered numbers with their check digits: business, company and tax numbers.

Checks as in python-stdnum, vectorised; NZBN is a GS1 location number (stdnum.ean) that begins with 94.
python-stdnum's check of 8-digit TFNs is wrong, so those count without a check.
"""

from functools import cache, partial

import numpy as np
import polars as pl

from transforms.normalise.places import country_code
from transforms.normalise.reference import any_of, reference
from transforms.normalise.text import ONE_DIGIT

_ABN = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)
_ACN = (8, 7, 6, 5, 4, 3, 2, 1)
_TFN = (1, 4, 3, 7, 5, 8, 6, 9, 10)
_IRD = ((3, 2, 7, 6, 5, 4, 3, 2), (7, 4, 3, 2, 5, 2, 7, 6))
_UTR = (6, 7, 8, 9, 10, 5, 4, 3, 2)


def business_number(values: pl.Series, region: pl.Series | None = None) -> pl.Series:
    """Digits of an ABN (AU) or NZBN (NZ) that passes its check; null else, placeholders too.

    `region`: country per row in any spelling. Elsewhere, and without one, whichever of the two checks passes
    counts.
    """
    frame = _frame(values, region)
    abn = pl.when(_is_abn(pl.col("digits"))).then(pl.col("digits"))
    nzbn = pl.when(_is_nzbn(pl.col("digits"))).then(pl.col("digits"))
    country = pl.col("country")
    # The other country's number is no mistake: practices have clients across the Tasman.
    found = pl.when(country == "nz").then(pl.coalesce(nzbn, abn)).otherwise(pl.coalesce(abn, nzbn))
    return frame.select(business_number=found).to_series()


def company_number(values: pl.Series, region: pl.Series | None = None) -> pl.Series:
    """Company number in the form of the row's country; null where it can be none.

    AU: 9 digits, zeros back in front, check digit right; an ABN gives the ACN inside. NZ: 1 to 7 digits
    without leading zeros. UK: 8 characters, zeros back ("SC12345" → "SC012345"). Elsewhere: capital letters
    and digits, 4 at least. A masked number is none.
    """
    frame = _frame(values, region)
    plain, digits, country = pl.col("plain"), pl.col("digits"), pl.col("country")
    padded = pl.when(digits.str.len_chars() <= 9).then(digits.str.zfill(9))
    acn = pl.coalesce(pl.when(_is_acn(padded)).then(padded), _acn_inside(digits))
    short = digits.str.strip_chars_start("0")
    nz = pl.when(plain.str.contains(r"^\d{1,9}$") & short.str.contains(r"^\d{1,7}$")).then(short)
    elsewhere = pl.when(plain.str.contains(r"^[0-9A-Z]{4,20}$") & plain.str.contains(r"\d{3}")).then(plain)
    found = (
        pl.when(placeholder(digits) & plain.str.contains(r"^\d+$"))
        .then(None)
        .when(pl.col("text").str.contains("*", literal=True))
        .then(None)
        .when(country == "au")
        .then(acn)
        .when(country == "nz")
        .then(nz)
        .when(country == "gb")
        .then(_gb_company(plain))
        .otherwise(elsewhere)
    )
    return frame.select(company_number=found).to_series()


def acn_of_abn(values: pl.Series) -> pl.Series:
    """The ACN inside a valid ABN, where its last nine digits are one; null else.

    Right for companies only: a trust's ABN passes by chance once in ten.
    """
    frame = _frame(values, None)
    return frame.select(company_number=_acn_inside(pl.col("digits"))).to_series()


def tax_number(values: pl.Series, region: pl.Series | None = None) -> pl.DataFrame:
    """tax_number (digits of a whole number that passes its check) and tax_last3 (of a whole or masked one).

    AU: TFN of 9 digits, or 8 without check. NZ: IRD of 8 or 9 digits, above 10,000,000 (no upper bound: the
    Inland Revenue's 2016 limit of 150,000,000 is passed). UK: UTR of 10 digits, its K off. Elsewhere: 8 to 10
    digits. Placeholders (runs of one digit, 123456782 …) give null in both.
    """
    frame = _frame(values, region)
    digits, country = pl.col("digits"), pl.col("country")
    ird = digits.str.strip_chars_start("0")
    whole = (
        pl.when(country == "au")
        .then(pl.when(_is_tfn(digits) | (digits.str.len_chars() == 8)).then(digits))
        .when(country == "nz")
        .then(pl.when(_is_ird(ird)).then(ird))
        .when(country == "gb")
        .then(pl.when(_is_utr(digits)).then(digits))
        .otherwise(pl.when(digits.str.contains(r"^\d{8,10}$")).then(digits))
    )
    masked = pl.col("text").str.extract(r"^[*xX•#●.\s-]*[*xX•#●][\s-]*(\d{3})$")
    unmasked = pl.col("plain").str.contains(r"^K?\d{8,10}K?$") & ~placeholder(digits)
    return frame.select(
        tax_number=pl.when(unmasked).then(whole),
        tax_last3=pl.coalesce(masked, pl.when(unmasked).then(digits.str.tail(3))),
    )


def branch_number(values: pl.Series) -> pl.Series:
    """Digits of a branch number without leading zeros; null where there are none."""
    digits = pl.col("branch").str.replace(r"\.0$", "").str.replace_all(r"\D", "").str.strip_chars_start("0")
    return values.cast(pl.String).to_frame("branch").select(digits.replace("", None)).to_series()


def _frame(values: pl.Series, region: pl.Series | None) -> pl.DataFrame:
    """text (trimmed), plain (capital letters and digits), digits, country."""
    countries = (
        pl.Series([None], dtype=pl.String).new_from_index(0, len(values)) if region is None else region
    )
    text = pl.col("text").str.strip_chars().str.replace(r"^(\d+)\.0$", "${1}")
    return (
        pl.DataFrame({"text": values.cast(pl.String), "country": country_code(countries)})
        .with_columns(text=text)
        .with_columns(plain=pl.col("text").str.to_uppercase().str.replace_all(r"[^0-9A-Z]", ""))
        .with_columns(digits=pl.col("plain").str.replace_all(r"\D", "").replace("", None))
    )


def _digit(text: pl.Expr, place: int) -> pl.Expr:
    return text.str.slice(place, 1).cast(pl.Int64, strict=False)


def _weighted(text: pl.Expr, weights: tuple[int, ...]) -> pl.Expr:
    """Sum of digit times weight over the first digits; null where the text is too short."""
    return text.map_batches(partial(_sums, weights), return_dtype=pl.Int64)


def _sums(weights: tuple[int, ...], digits: pl.Series) -> pl.Series:
    size = len(weights)
    long_enough = (digits.str.len_bytes() >= size).fill_null(False).arg_true()
    first = "".join(digits.gather(long_enough).str.head(size).to_list())
    figures = np.frombuffer(first.encode("ascii"), np.uint8).reshape(-1, size) - ord("0")
    sums = pl.Series(figures @ np.array(weights, np.int64))
    return pl.repeat(None, len(digits), dtype=pl.Int64, eager=True).scatter(long_enough, sums)


def _of_length(text: pl.Expr, length: int) -> pl.Expr:
    return pl.when(text.str.len_chars() == length).then(text)


def placeholder(digits: pl.Expr) -> pl.Expr:
    """Whether digits are what people type where they know no number."""
    listed = digits.is_in(reference("identifiers")["placeholders"])
    return (digits.str.contains(ONE_DIGIT) | listed).fill_null(False)


def _is_abn(digits: pl.Expr) -> pl.Expr:
    """Australian Business Register: first digit less 1, weighted sum divisible by 89, first two 11 to 99."""
    abn = _of_length(digits, 11)
    right = (_weighted(abn, _ABN) - _ABN[0]) % 89 == 0
    return (right & (abn.str.head(2).cast(pl.Int64, strict=False) >= 11) & ~placeholder(digits)).fill_null(
        False
    )


def _is_acn(digits: pl.Expr) -> pl.Expr:
    acn = _of_length(digits, 9)
    return ((-_weighted(acn, _ACN)) % 10 == _digit(acn, 8)).fill_null(False) & ~placeholder(digits)


def _acn_inside(digits: pl.Expr) -> pl.Expr:
    inside = digits.str.tail(9)
    return pl.when(_is_abn(digits) & _is_acn(inside)).then(inside)


def _is_nzbn(digits: pl.Expr) -> pl.Expr:
    nzbn = _of_length(digits, 13)
    weighted = _weighted(nzbn, (1, 3) * 6 + (1,))
    return ((weighted % 10 == 0) & nzbn.str.starts_with("94") & ~placeholder(digits)).fill_null(False)


def _is_tfn(digits: pl.Expr) -> pl.Expr:
    return (_weighted(_of_length(digits, 9), _TFN) % 11 == 0).fill_null(False)


def _is_ird(digits: pl.Expr) -> pl.Expr:
    """Inland Revenue, modulus 11 with a second set of weights where the first gives 10."""
    ird = pl.when(digits.str.len_chars().is_in([8, 9])).then(digits.str.zfill(9))
    first, second = (((-_weighted(ird, weights)) % 11) for weights in _IRD)
    check = pl.when(first == 10).then(second).otherwise(first)
    return ((check == _digit(ird, 8)) & (ird.cast(pl.Int64, strict=False) > 10_000_000)).fill_null(False)


def _is_utr(digits: pl.Expr) -> pl.Expr:
    utr = _of_length(digits, 10)
    check = (_weighted(utr.str.slice(1), _UTR) % 11).replace_strict(
        dict(enumerate((2, 1, 9, 8, 7, 6, 5, 4, 3, 2, 1))), default=None, return_dtype=pl.Int64
    )
    return (check == _digit(utr, 0)).fill_null(False)


def _gb_company(plain: pl.Expr) -> pl.Expr:
    digits = pl.when(plain.str.contains(r"^\d{1,8}$")).then(plain.str.zfill(8))
    parts = rf"^({_gb_prefixes()})(\d{{1,7}})([A-Z]?)$"
    prefix, number, suffix = (plain.str.extract(parts, group) for group in (1, 2, 3))
    # Prefix, number and suffix letter fill eight characters together.
    room = 8 - prefix.str.len_chars() - suffix.str.len_chars()
    padded = number.str.zfill(room)
    fits = number.str.len_chars() <= room
    return pl.coalesce(digits, pl.when(fits).then(pl.concat_str(prefix, padded, suffix)))


@cache
def _gb_prefixes() -> str:
    return any_of(reference("identifiers")["gb_company_prefixes"])
