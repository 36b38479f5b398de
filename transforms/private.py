"""Masks tax numbers: in their own columns, inside free text, and in values that were quarantined.

Checks: TFN (nine digits) weights 1,4,3,7,5,8,6,9,10 mod 11; IRD weights 3,2,7,6,5,4,3,2, then
7,4,3,2,5,2,7,6, mod 11; UTR weights 6,7,8,9,10,5,4,3,2 with table 21987654321. A number that stands alone and
passes one is masked wherever it is found, since any text can hold one. Left as they are, unless labelled or
known to be the practice's: dates, and numbers behind the label of another kind (ABN, ACN, NZBN …). Phones of
ten digits begin with 0, which no UTR does.
"""

import re
from collections.abc import Sequence, Set
from typing import overload

import polars as pl

_STARS = "******"
_RUN = re.compile(r"[0-9](?:[ \-./]?[0-9]){6,}")
_TAX_LABEL = re.compile(
    r"(?<![a-z])(?:tfn|ird|utr|tax[\s_]*(?:file)?[\s_]*(?:no|num|number|ref|reference)?)(?![a-z])[^\d\n]{0,15}$",
    re.IGNORECASE,
)
_ANY_LABEL = r"(?i)tfn|ird|utr|tax"
_OTHER_LABEL = re.compile(
    r"(?<![a-z])(?:abn|acn|nzbn|gst|bsb|vat|crn|phone|ph|tel|fax|mob|mobile|acc(?:oun)?t|company)"
    r"(?![a-z])[^\d\n]{0,12}$",
    re.IGNORECASE,
)
_DATE = re.compile(r"(?:19|20)\d\d[-/.]\d\d[-/.]\d\d(?!\d)|\d\d[-/.]\d\d[-/.](?:19|20)\d\d(?!\d)")
_LABEL_REACH = 40
"""Characters before a number in which its label is looked for."""

_TFN = (1, 4, 3, 7, 5, 8, 6, 9, 10)
_IRD = ((3, 2, 7, 6, 5, 4, 3, 2), (7, 4, 3, 2, 5, 2, 7, 6))
_SMALLEST_IRD = 10_000_000
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
    columns = [c for c in columns if frame.schema[c] == pl.String and _holds_runs(frame[c])]
    if not columns:
        return frame
    digits = known.select("practice_id", pl.col("tax_number").str.replace_all(r"\D", "").alias("digits"))
    digits = digits.filter(pl.col("digits").str.len_chars() >= 7).unique()
    numbers = {
        practice: frozenset(found) for practice, found in digits.group_by("practice_id").agg("digits").rows()
    }
    for column in columns:
        if (suspects := _suspects(frame, column, digits)).height:
            masked = [
                mask_numbers(t, numbers.get(p, frozenset()))
                for p, t in suspects.select("practice_id", "text").rows()
            ]
            changed = frame[column].scatter(suspects["place"], pl.Series(masked, dtype=pl.String))
            frame = frame.with_columns(changed.alias(column))
    return frame


def mask_known(frame: pl.DataFrame, columns: Sequence[str], known: pl.DataFrame) -> pl.DataFrame:
    """As `mask_text`, for columns of phones and e-mails: only runs that are a number of the practice."""
    digits = known.select("practice_id", pl.col("tax_number").str.replace_all(r"\D", "").alias("digits"))
    digits = digits.filter(pl.col("digits").str.len_chars() >= 7).unique()
    for column in columns:
        runs = frame.with_row_index("place").select(
            "place", "practice_id", pl.col(column).str.extract_all(_RUN.pattern).alias("digits")
        )
        runs = runs.explode("digits", empty_as_null=False).with_columns(
            pl.col("digits").str.replace_all(r"\D", "")
        )
        places = runs.join(digits, on=["practice_id", "digits"], how="semi")["place"].unique().sort()
        if places.len():
            masked = [mask_numbers(text, frozenset(), every=True) for text in frame[column].gather(places)]
            changed = frame[column].scatter(places, pl.Series(masked, dtype=pl.String))
            frame = frame.with_columns(changed.alias(column))
    return frame


def _holds_runs(texts: pl.Series) -> bool:
    """Whether any text holds digits enough for a number: most columns of names hold none."""
    return bool(texts.str.contains(_RUN.pattern).any())


def _suspects(frame: pl.DataFrame, column: str, known: pl.DataFrame) -> pl.DataFrame:
    """place, practice_id, text of the few that need a look: by a label, or a run that is known or passes."""
    texts = (
        frame.select("practice_id", pl.col(column).alias("text"))
        .with_row_index("place")
        .filter(pl.col("text").str.contains(_RUN.pattern))
    )
    runs = texts.select("place", "practice_id", pl.col("text").str.extract_all(_RUN.pattern).alias("run"))
    runs = runs.explode("run", empty_as_null=False).with_columns(
        digits=pl.col("run").str.replace_all(r"\D", "")
    )
    hits = [runs.filter(_passes(pl.col("digits"))).select("place"), _known_places(runs, known)]
    labelled = pl.col("text").str.contains(_ANY_LABEL)
    return texts.filter(labelled | pl.col("place").is_in(pl.concat(hits)["place"].unique().implode()))


def _known_places(runs: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Places of the texts one of whose runs holds a number of the practice."""
    size = pl.col("digits").str.len_chars()
    found = [runs.select("place").clear()]
    for length in known["digits"].str.len_chars().unique():
        windows = runs.filter(size >= length).with_columns(
            start=pl.int_ranges(0, size.cast(pl.Int64) - length + 1)
        )
        windows = windows.explode("start", empty_as_null=False).select(
            "place", "practice_id", digits=pl.col("digits").str.slice(pl.col("start"), length)
        )
        found.append(windows.join(known, on=["practice_id", "digits"], how="semi").select("place"))
    return pl.concat(found)


def _passes(digits: pl.Expr) -> pl.Expr:
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
    windows = (digits[at : at + size] for size in (11, 10, 9, 8, 7) for at in range(len(digits) - size + 1))
    return any(window in known for window in windows)


def _is_tax_number(run: re.Match[str], digits: str) -> bool:
    text, start, end = run.string, run.start(), run.end()
    before = text[max(0, start - _LABEL_REACH) : start]
    if _TAX_LABEL.search(before):
        return True
    part_of_word = re.search(r"\w-?$", before) or re.match(r"-?\w", text[end : end + 2])
    if part_of_word or _DATE.match(run[0]) or _OTHER_LABEL.search(before):
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
    if int(digits) <= _SMALLEST_IRD:
        return False
    check = -_weighed(digits, _IRD[0]) % 11
    if check == 10:
        check = -_weighed(digits, _IRD[1]) % 11
    return str(check) == digits[-1]


def _weighed(digits: str, weights: Sequence[int]) -> int:
    return sum(w * int(d) for w, d in zip(weights, digits, strict=False))
