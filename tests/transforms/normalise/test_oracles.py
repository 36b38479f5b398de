"""The vectorised checks against the libraries that know the rules: python-stdnum and phonenumbers."""

import random

import phonenumbers
import polars as pl
import pytest
import stdnum.au.abn
import stdnum.au.acn
import stdnum.au.tfn
import stdnum.ean
import stdnum.gb.utr
import stdnum.nz.ird

from transforms.normalise import acn_of_abn, business_number, company_number, phones, tax_number
from transforms.normalise.identifiers import placeholder
from transforms.normalise.phones import SHORTEST

_SIZE = 2_000


def _numbers(length: int, prefix: str = "") -> list[str]:
    """Random digits; a tenth or so of them pass a modulus 10 or 11 check."""
    rng = random.Random(f"{length}{prefix}")
    return [prefix + "".join(rng.choices("0123456789", k=length - len(prefix))) for _ in range(_SIZE)]


def _same(values: list[str], region: str, found: pl.Series, valid: list[bool]) -> None:
    fake = pl.Series(values).to_frame("n").select(placeholder(pl.col("n"))).to_series().to_list()
    expected = [v if ok and not f else None for v, ok, f in zip(values, valid, fake, strict=True)]
    assert found.to_list() == expected, region
    assert any(expected) and not all(expected)


def _mended_abns() -> list[str]:
    """ABNs made of random bodies, valid and with one digit off."""
    bodies = _numbers(9)
    whole = [stdnum.au.abn.calc_check_digits(body) + body for body in bodies]
    return whole + [abn[:-1] + str((int(abn[-1]) + 1) % 10) for abn in whole]


def test_abn() -> None:
    values = _mended_abns() + _numbers(11) + _numbers(11, "10")
    found = business_number(pl.Series(values), pl.Series(["AU"] * len(values)))
    _same(values, "AU", found, [stdnum.au.abn.is_valid(v) for v in values])


def test_nzbn() -> None:
    values = _numbers(13, "9429") + _numbers(13, "94") + _numbers(13)
    valid = [stdnum.ean.is_valid(v) and v.startswith("94") for v in values]
    _same(values, "NZ", business_number(pl.Series(values), pl.Series(["NZ"] * len(values))), valid)


def test_acn() -> None:
    values = _numbers(9) + _numbers(9, "00")
    found = company_number(pl.Series(values), pl.Series(["AU"] * len(values)))
    _same(values, "AU", found, [stdnum.au.acn.is_valid(v) for v in values])


def test_acn_inside_an_abn() -> None:
    acns = [acn for acn in _numbers(9) if stdnum.au.acn.is_valid(acn)]
    abns = [stdnum.au.acn.to_abn(acn) for acn in acns]
    assert acn_of_abn(pl.Series(abns)).to_list() == acns


@pytest.mark.parametrize("length", [7, 8, 9, 10])
def test_tfn(length: int) -> None:
    values = _numbers(length)
    found = tax_number(pl.Series(values), pl.Series(["AU"] * len(values)))["tax_number"].to_list()
    if length == 9:
        _same(values, "AU", pl.Series(found), [stdnum.au.tfn.is_valid(v) for v in values])
    else:  # 8 digits count without a check: the library's own is wrong for them
        assert found == (values if length == 8 else [None] * len(values))


def test_ird() -> None:
    rng = random.Random(5)
    values = [str(rng.randint(9_000_000, 150_000_000)) for _ in range(_SIZE)]
    found = tax_number(pl.Series(values), pl.Series(["NZ"] * len(values)))["tax_number"]
    _same(values, "NZ", found, [stdnum.nz.ird.is_valid(v) for v in values])


def test_ird_above_the_limit_of_2016() -> None:
    bodies = _numbers(8, "17")
    values = [body + stdnum.nz.ird.calc_check_digit(body) for body in bodies]
    values = [v for v in values if len(v) == 9]
    assert tax_number(pl.Series(values), pl.Series(["NZ"] * len(values)))["tax_number"].to_list() == values
    wrong = [v[:-1] + str((int(v[-1]) + 1) % 10) for v in values]
    assert not tax_number(pl.Series(wrong), pl.Series(["NZ"] * len(wrong)))["tax_number"].drop_nulls().len()


def test_utr() -> None:
    values = _numbers(10)
    found = tax_number(pl.Series(values), pl.Series(["UK"] * len(values)))["tax_number"]
    _same(values, "UK", found, [stdnum.gb.utr.is_valid(v) for v in values])


def _phone_texts(region: str) -> list[str]:
    """Random and real-looking numbers: the country's own examples with digits changed, in many spellings."""
    rng = random.Random(region)
    code = phonenumbers.country_code_for_region(region)
    kinds = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE,
             phonenumbers.PhoneNumberType.TOLL_FREE)  # fmt: skip
    examples = [phonenumbers.example_number_for_type(region, kind) for kind in kinds]
    texts = []
    for _ in range(200):
        digits = list(str(rng.choice([e for e in examples if e]).national_number))
        for _ in range(rng.randint(0, 3)):
            digits[rng.randrange(1, len(digits))] = rng.choice("0123456789")
        number = "".join(digits)
        spaced = (
            number,
            f"0{number}",
            f"{number[:2]} {number[2:5]}-{number[5:]}",
            f"({number[:2]}) {number[2:]}",
        )
        coded = (f"+{code}{number}", f"+{code} (0){number}", f"{code}{number}", f"+{code} {number} ext 5")
        junk = "".join(rng.choices("0123456789", k=rng.randint(5, 12)))
        texts += [rng.choice(spaced), rng.choice(coded), junk]
    return texts


@pytest.mark.parametrize("region", ["AU", "NZ", "GB", "US", "SG", "ZA", "HK"])
def test_phones_agree_with_phonenumbers(region: str) -> None:
    """What the library calls valid comes out as it writes it; else nothing, or a possible number."""
    texts = _phone_texts(region)
    found = phones(pl.Series(texts), pl.Series([region] * len(texts))).to_list()
    valid = 0
    for text, numbers in zip(texts, found, strict=True):
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            assert not numbers, text
            continue
        number.extension = None
        written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        junk = len(set(str(number.national_number))) == 1 or sum(c.isdigit() for c in text) < SHORTEST
        if phonenumbers.is_valid_number(number) and not junk:
            valid += 1
            assert numbers == [written], text
        for likely in numbers:
            parsed = phonenumbers.parse(likely)
            assert phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == likely, text
            assert phonenumbers.is_possible_number(parsed), text
    assert valid > 200
