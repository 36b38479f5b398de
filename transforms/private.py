"""Masks tax numbers: in their own columns, inside free text, and in values that were quarantined.

Checks: TFN (nine digits) weights 1,4,3,7,5,8,6,9,10 mod 11; IRD weights 3,2,7,6,5,4,3,2, then
7,4,3,2,5,2,7,6, mod 11; UTR weights 6,7,8,9,10,5,4,3,2 with table 21987654321. A number that stands alone and
passes one is masked wherever it is found, since any text can hold one. Left as they are, unless labelled or
known to be the practice's: dates, ten digits that begin with 0 (phones), and numbers behind the label of
another kind (ABN, ACN, NZBN …).
"""

import re
from collections.abc import Sequence, Set
from typing import overload

import polars as pl

_STARS = "******"
_RUN = re.compile(r"\d(?:[ \-./]?\d){6,}")
_TAX_LABEL = re.compile(
    r"(?<![a-z])(?:tfn|ird|utr|tax[\s_]*(?:file)?[\s_]*(?:no|num|number|ref|reference)?)(?![a-z])[^\d\n]{0,15}$",
    re.IGNORECASE,
)
_OTHER_LABEL = re.compile(
    r"(?<![a-z])(?:abn|acn|nzbn|gst|bsb|vat|crn|phone|ph|tel|fax|mob|mobile|acc(?:oun)?t|company)"
    r"(?![a-z])[^\d\n]{0,12}$",
    re.IGNORECASE,
)
_DATE = re.compile(r"(?:19|20)\d\d[-/.]\d\d[-/.]\d\d(?!\d)|\d\d[-/.]\d\d[-/.](?:19|20)\d\d(?!\d)")
_LABEL_REACH = 40
"""Characters before a number in which its label is looked for."""
_SEVEN_DIGITS = r"\d(?:[ \-./]?\d){6}"

_TFN = (1, 4, 3, 7, 5, 8, 6, 9, 10)
_IRD = ((3, 2, 7, 6, 5, 4, 3, 2), (7, 4, 3, 2, 5, 2, 7, 6))
_UTR, _UTR_CHECK = (6, 7, 8, 9, 10, 5, 4, 3, 2), "21987654321"


@overload
def mask_tax_number(value: pl.Expr) -> pl.Expr: ...
@overload
def mask_tax_number(value: pl.Series) -> pl.Series: ...
def mask_tax_number(value: pl.Expr | pl.Series) -> pl.Expr | pl.Series:
    """`******` and the last three digits; the stars alone for values of under seven digits, null for null.

    A number that came masked (`******123`) stays as it is.
    """
    if isinstance(value, pl.Series):
        return value.to_frame().select(mask_tax_number(pl.col(value.name))).to_series()
    digits = value.str.replace_all(r"\D", "")
    whole_or_masked = (digits.str.len_chars() >= 7) | value.str.contains(r"^\*+\d{3}$")
    last_three = digits.str.replace(r"^\d*(\d{3})$", _STARS + "${1}")
    return pl.when(whole_or_masked).then(last_three).when(value.is_not_null()).then(pl.lit(_STARS))


def mask_text(frame: pl.DataFrame, columns: Sequence[str], known: pl.DataFrame) -> pl.DataFrame:
    """`frame` with the tax numbers inside its text `columns` masked as `******123`.

    `frame` has `practice_id`; `known` has `practice_id` and `tax_number` as they came: whole ones are masked
    wherever their digits stand in a text of the same practice, with spaces, hyphens, dots or slashes between.
    Columns that are not text are left alone.
    """
    digits = known.select("practice_id", pl.col("tax_number").str.replace_all(r"\D", "").alias("digits"))
    digits = digits.filter(pl.col("digits").str.len_chars() >= 7).unique()
    numbers = {
        practice: frozenset(found) for practice, found in digits.group_by("practice_id").agg("digits").rows()
    }
    done = [_mask_column(frame, column, numbers) for column in columns if frame.schema[column] == pl.String]
    return frame.with_columns(done)


def _mask_column(frame: pl.DataFrame, column: str, numbers: dict[str, frozenset[str]]) -> pl.Series:
    # Most texts hold no seven digits: only the few that do are taken out of the frame and looked into.
    places = frame[column].str.contains(_SEVEN_DIGITS).fill_null(False).arg_true()
    if not places.len():
        return frame[column]
    suspects = frame.select("practice_id", column)[places]
    masked = [mask_numbers(text, numbers.get(practice, frozenset())) for practice, text in suspects.rows()]
    return frame[column].scatter(places, pl.Series(masked, dtype=pl.String))


def mask_numbers(text: str, known: Set[str], every: bool = False) -> str:
    """`text` with its tax numbers masked: digits in `known`, labelled ones, and those that pass a check.

    `every` masks all runs of seven digits and more: for raw lines of files that hold a column of tax numbers.
    """
    return _RUN.sub(lambda run: _masked(run, known, every), text)


def _masked(run: re.Match[str], known: Set[str], every: bool) -> str:
    text, digits = run[0], re.sub(r"\D", "", run[0])
    if every or _holds(digits, known) or _is_tax_number(run, digits):
        return _STARS + digits[-3:]
    return text


def _holds(digits: str, known: Set[str]) -> bool:
    if not known:
        return False
    starts = range(len(digits))
    return any(digits[at : at + size] in known for size in (7, 8, 9, 10, 11) for at in starts)


def _is_tax_number(run: re.Match[str], digits: str) -> bool:
    text, start, end = run.string, run.start(), run.end()
    before = text[max(0, start - _LABEL_REACH) : start]
    if _TAX_LABEL.search(before):
        return True
    part_of_word = re.search(r"\w-?$", before) or re.match(r"-?\w", text[end : end + 2])
    phone = len(digits) == 10 and digits.startswith("0")
    if part_of_word or phone or _DATE.match(run[0]) or _OTHER_LABEL.search(before):
        return False
    return passes_check(digits)


def passes_check(digits: str) -> bool:
    """Whether eight to ten digits are a valid IRD number, TFN or UTR."""
    if len(digits) == 10:
        return _UTR_CHECK[_weighed(digits[1:], _UTR) % 11] == digits[0]
    if len(digits) == 9 and _weighed(digits, _TFN) % 11 == 0:
        return True
    return len(digits) in (8, 9) and _passes_ird(digits.zfill(9))


def _passes_ird(digits: str) -> bool:
    if int(digits) <= 10_000_000:
        return False
    check = -_weighed(digits, _IRD[0]) % 11
    if check == 10:
        check = -_weighed(digits, _IRD[1]) % 11
    return str(check) == digits[-1]


def _weighed(digits: str, weights: Sequence[int]) -> int:
    return sum(w * int(d) for w, d in zip(weights, digits, strict=False))
