"""Tax numbers are masked, other numbers are not."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.au import tfn
from stdnum.gb import utr
from stdnum.nz import ird

from transforms.private import mask_known, mask_numbers, mask_tax_number, mask_text
from transforms.tax_checks import passes_check

KNOWN = pl.DataFrame(
    {"practice_id": ["P1", "P1", "P2"], "tax_number": ["123 456 789", "******321", "55555551"]}
)

# text of practice P1, what is left of it
TEXTS = {
    "TFN 123456782": "TFN ******782",
    "tfn: 111 222 333 given": "tfn: ******333 given",
    "Tax File Number 12345678": "Tax File Number ******678",
    "IRD No. 49-091-850": "IRD No. ******850",
    '{"TaxNo": "987654321"}': '{"TaxNo": "******321"}',
    "his number is 123 456 782, call him": "his number is ******782, call him",
    "number 123-456-782": "number ******782",
    "known: 123.456.789!": "known: ******789!",
    "known inside x123456789y": "known inside x******789y",
    "1955839661": "******661",
    "call 0412 345 678": "call 0412 345 678",
    "call +61 412 345 678": "call +61 412 345 678",
    "born 1986-09-27, died 27/09/2020": "born 1986-09-27, died 27/09/2020",
    "ABN 51 824 753 556": "ABN 51 824 753 556",
    "ACN 004 085 616": "ACN 004 085 616",
    "id 3f1b2c4d-0001-4abc-9def-123456782abc": "id 3f1b2c4d-0001-4abc-9def-123456782abc",
    "55555551 is of another practice": "55555551 is of another practice",
    "123456781 fails every check": "123456781 fails every check",
    "12 High Street 2041": "12 High Street 2041",
    "tfn (876)543219 and": "tfn (******219 and",
    "IRD no. is: 49 – 091 – 859": "IRD no. is: ******859",
    "TFN: ８７６５４３２１９": "TFN: ******219",
    "IRD: 2019, 2020": "IRD: 2019, 2020",
    "IRD 12 - 05 - 2023": "IRD 12 - 05 - 2023",
    "tax paid $2,345,678.90": "tax paid $2,345,678.90",
    "IRD 2,345,678.90": "IRD 2,345,678.90",
    "IRD (04) 890  1234": "IRD (04) 890  1234",
    "12.05.2023, 0412 345 678, $876,543.00": "12.05.2023, 0412 345 678, $876,543.00",
    "876–543–210 passes but is not known": "876–543–210 passes but is not known",
    "on 12.05.2023, 123  456  789, 0412 345 678": "on 12.05.2023, ******789, 0412 345 678",
    "two: 123456782 and 123456789.": "two: ******782 and ******789.",
}


@pytest.mark.parametrize("text", TEXTS)
def test_text(text: str) -> None:
    frame = pl.DataFrame({"practice_id": ["P1"], "notes": [text]})
    assert mask_text(frame, ["notes"], KNOWN)["notes"].to_list() == [TEXTS[text]]


@pytest.mark.parametrize(
    "gap",
    [
        *(
            "\u00a0",
            "\u2009",
            "\u202f",
            "  ",
            "     ",
            "\t",
            "\n",
            "\r\n",
            " - ",
            "–",
            "—",
            "\u2011",
            "\u2212",
        ),
        *(",", ", ", "_", "'", "’", ")", ") ", " / ", "\u200b", "\\n"),
    ],
)
@pytest.mark.parametrize(
    "number", ["123{}456{}789", "１２３{}４５６{}７８９", "0123{}456{}789", "1{}23456789"]
)
def test_a_known_number_is_masked_whatever_stands_between(gap: str, number: str) -> None:
    text = "n " + number.replace("{}", gap) + " z"
    frame = pl.DataFrame({"practice_id": ["P1", "P3"], "t": [text, text]})
    assert mask_text(frame, ["t"], KNOWN)["t"].to_list() == ["n ******789 z", text]
    assert mask_known(frame, ["t"], KNOWN)["t"].to_list() == ["n ******789 z", text]


def test_only_the_columns_asked_for_and_nulls_stay() -> None:
    frame = pl.DataFrame(
        {
            "practice_id": ["P1", "P2", "P1"],
            "a": ["123456789", "123456789", None],
            "b": ["123456789"] * 3,
            "n": [1, 2, 3],
        }
    )
    masked = mask_text(frame, ["a", "n"], KNOWN)
    assert masked["a"].to_list() == ["******789", "123456789", None]
    assert masked["b"].to_list() == ["123456789"] * 3
    assert masked["n"].to_list() == [1, 2, 3]


@pytest.mark.parametrize(
    "number,masked",
    [
        ("123456782", "******782"),
        (" 49-091-850", "******850"),
        ("1955839661K", "******661"),
        ("******123", "******123"),
        ("*123", "******123"),
        ("123", "******"),
        ("n/a", "******"),
        (None, None),
    ],
)
def test_a_tax_number(number: str | None, masked: str | None) -> None:
    series = pl.Series("t", [number], dtype=pl.String)
    assert mask_tax_number(series).to_list() == [masked]
    assert series.to_frame().select(mask_tax_number(pl.col("t")))["t"].to_list() == [masked]


@given(st.integers(10_000_000, 9_999_999_999))
def test_checks_agree_with_the_library(number: int) -> None:
    digits = str(number)
    if len(digits) == 9:
        assert passes_check(digits) == (tfn.is_valid(digits) or _ird(digits))
    elif len(digits) == 10:
        assert passes_check(digits) == utr.is_valid(digits)
    else:
        assert passes_check(digits) == _ird(digits)


@given(st.lists(st.integers(1_000_000, 99_999_999_999), min_size=1))
def test_columns_are_checked_as_single_numbers_are(numbers: list[int]) -> None:
    digits = [str(n) for n in numbers]
    frame = pl.DataFrame({"practice_id": ["P1"] * len(digits), "t": digits})
    known = pl.DataFrame({"practice_id": ["P1"], "tax_number": [digits[0]]})
    expected = [mask_numbers(d, frozenset({digits[0]})) for d in digits]
    assert mask_text(frame, ["t"], known)["t"].to_list() == expected


def _ird(digits: str) -> bool:
    # The library refuses numbers from 150,000,000 on; the check digit itself has no such bound.
    if int(digits) < 150_000_000:
        return bool(ird.is_valid(digits))
    padded = digits.zfill(9)
    return len(padded) == 9 and bool(ird.calc_check_digit(padded[:-1]) == padded[-1])


@given(st.lists(st.sampled_from(["123456789", "123 456 789", "x", " ", ".", "12", "\n", "é"])))
def test_a_known_number_never_survives(parts: list[str]) -> None:
    masked = mask_numbers("".join(parts), frozenset({"123456789"}))
    assert "123456789" not in masked.replace(" ", "").replace(".", "")


@given(st.text(st.sampled_from("0123456789 -.TFNab,"), max_size=40))
def test_masking_twice_is_masking_once(text: str) -> None:
    once = mask_numbers(text, frozenset({"123456789"}))
    assert mask_numbers(once, frozenset({"123456789"})) == once


def test_phones_and_mails_hide_only_what_the_practice_knows() -> None:
    known = pl.DataFrame({"practice_id": ["P"], "tax_number": ["865 414 088"]})
    values = ["865-414-088", "865414088@x.au", "0412 345 678", "123456782", None]
    frame = pl.DataFrame({"practice_id": ["P"] * 5 + ["Q"], "phone": [*values, "865414088"]})
    found = mask_known(frame, ["phone"], known, whole=True)["phone"].to_list()
    assert found == ["******088", "******088@x.au", "0412 345 678", "123456782", None, "865414088"]
