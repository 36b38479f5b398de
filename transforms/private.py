"""Masks tax numbers: in their own columns, inside free text, and in values that were quarantined.

A number that stands alone and passes a check (`tax_checks`) is masked wherever it is found, as any text can
hold one. Left as they are, unless labelled or known to be the practice's: dates, and numbers behind the label
of another kind (ABN, ACN, NZBN …). Phones of ten digits begin with 0, which no UTR does. A known or labelled
number is found whatever stands between its digits but letters and the marks of JSON and of lists; one that
merely passes a check only as numbers are usually written, lest dates, amounts and phones in a row make one.
"""

import re
from collections.abc import Callable, Sequence, Set
from itertools import accumulate
from typing import overload

import polars as pl

from transforms.tax_checks import passes_check, passing

_STARS = "******"
_RUN = re.compile(r"[0-9](?:[ \-./]?[0-9]){6,}")
# Other spaces and dashes, commas, brackets, and several; in JSON a line break is a backslash and a letter.
_USUAL = f"^{_RUN.pattern}$"
_USUAL_GAPS = [" ", "-", ".", "/"]
_GAP = r"(?:[^\w\"\[\]{}*:;|]|_|\\[nrt])*"
_APART_PATTERN = rf"[0-9０-９](?:{_GAP}[0-9０-９]){{6,}}"
# What is left of a masked number begins no other.
_APART = re.compile(rf"(?<![0-9*]){_APART_PATTERN}")
_IN_FIELD = re.compile(r"[0-9](?:(?:[^\w\"\[\]{}*:;|,\n\t]|_)*[0-9]){6,}")
"""The same within one field of a raw line."""
_GROUP = re.compile("[0-9]+")
_WIDE_DIGITS = dict(zip("０１２３４５６７８９", "0123456789", strict=True))
_FROM_WIDE = str.maketrans(_WIDE_DIGITS)
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
# So near that what follows is the number, even if it is written in an unusual way.
_LABEL_AT = re.compile(
    r"(?<![a-z])(?:tfn|ird|utr|tax[\s_]*file|tax[\s_]*(?:file[\s_]*)?(?:no|num|number|ref|reference))(?![a-z])"
    r"(?:[\W_]{0,3}(?:no|num|number|ref|reference|is)(?![a-z])){0,2}[^\w$£€]{0,6}$",
    re.IGNORECASE,
)
_NO_NUMBER = re.compile(
    r"(?:19|20)\d\d\D+(?:19|20)\d\d(?!\d)|(?:19|20)\d\d\D+\d\d?\D+\d\d?(?!\d)"
    r"|\d\d?\D+\d\d?\D+(?:19|20)\d\d(?!\d)|\d{1,3}(?:,\d{3})+\.\d\d(?!\d)"
)
"""Years, dates and amounts that a label may stand before."""
_DATE = re.compile(r"(?:19|20)\d\d[-/.]\d\d[-/.]\d\d(?!\d)|\d\d[-/.]\d\d[-/.](?:19|20)\d\d(?!\d)")
_LABEL_REACH = 40
"""Characters before a number in which its label is looked for."""
_MOST_DIGITS = 11
"""Of a tax number, and so of groups that make one."""


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
    digits = _digits(value)
    whole_or_masked = (digits.str.len_chars() >= 7) | value.str.contains(r"^\*+\d{3}$")
    last_three = digits.str.tail(3).str.pad_start(len(_STARS) + 3, "*")
    return pl.when(whole_or_masked).then(last_three).when(value.is_not_null()).then(pl.lit(_STARS))


def mask_text(frame: pl.DataFrame, columns: Sequence[str], known: pl.DataFrame) -> pl.DataFrame:
    """`frame` with the tax numbers inside its text `columns` masked as `******123`.

    `frame` has `practice_id`; `known` has `practice_id` and `tax_number` as they came: whole ones are masked
    wherever their digits stand in a text of the same practice, whatever separates them. Where several frames
    are masked, `known` may be the `whole_numbers` of these. Columns that are not text are left alone.
    """
    numbers = _numbers(known)
    for column in columns:
        if frame.schema[column] == pl.String and (texts := _texts(frame, column)).height:
            frame = _replaced(frame, column, _suspects(texts, numbers), numbers, mask_numbers)
    return frame


def mask_known(
    frame: pl.DataFrame, columns: Sequence[str], known: pl.DataFrame, whole: bool = False
) -> pl.DataFrame:
    """As `mask_text`, for short values as e-mails and places: only numbers of the practice.

    `whole`: only runs that are such a number from end to end, as a part of a phone or of an ABN is none.
    """
    numbers = _numbers(known)
    for column in columns:
        if not (texts := _texts(frame, column)).height:
            continue
        runs = pl.concat(_runs(texts))
        if whole:
            bare = runs.filter(pl.col("digits").str.starts_with("0"))
            bare = bare.with_columns(pl.col("digits").str.strip_chars_start("0"))
            both = pl.concat([runs, bare])
            places = both.join(numbers, on=["practice_id", "digits"], how="semi").select("place")
        else:
            places = _known_places(runs, numbers)
        suspects = texts.filter(pl.col("place").is_in(places["place"].unique().implode()))
        frame = _replaced(frame, column, suspects, numbers, _mask_whole if whole else _mask_apart)
    return frame


def _numbers(known: pl.DataFrame) -> pl.DataFrame:
    return known if "digits" in known.columns else whole_numbers(known)


def whole_numbers(known: pl.DataFrame) -> pl.DataFrame:
    """practice_id, digits of the whole tax numbers of `known`; with and without zeros before them."""
    digits = known.select("practice_id", _digits(pl.col("tax_number")).alias("digits"))
    bare = digits.filter(pl.col("digits").str.starts_with("0"))
    bare = bare.with_columns(pl.col("digits").str.strip_chars_start("0"))
    whole = digits.filter(pl.col("digits").str.len_chars() >= 7)
    return pl.concat([whole, bare.filter(pl.col("digits").str.len_chars() >= 8)]).unique()


def _digits(text: pl.Expr) -> pl.Expr:
    bare = text.str.replace_all("[^0-9０-９]", "")
    return bare.str.replace_many(list(_WIDE_DIGITS), list(_WIDE_DIGITS.values()))


def _texts(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """place, practice_id, text where digits enough for a number stand: most columns of names hold none."""
    found = frame[column].str.contains(_APART_PATTERN).fill_null(False).arg_true()
    rows = frame.select("practice_id", pl.col(column).alias("text"))[found]
    return rows.select(found.cast(pl.UInt32).alias("place"), "practice_id", "text")


def _runs(texts: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """place, practice_id, digits of each run in the texts: those written as usual, and the others.

    Most texts are one usual run from end to end. What is usual inside another run is among the first too.
    """
    usual, columns = pl.col("run").str.contains(_USUAL), ("place", "practice_id", "digits")
    texts = texts.rename({"text": "run"}).with_columns(usual=usual)
    apart = _extracted(texts.filter(~pl.col("usual")), _APART_PATTERN).with_columns(usual=usual)
    odd = apart.filter(~pl.col("usual"))
    plain = [texts.filter("usual"), apart.filter("usual"), _extracted(odd, _RUN.pattern)]
    bare = pl.col("run").str.replace_many(_USUAL_GAPS, [""] * len(_USUAL_GAPS))
    written = pl.concat(frame.select("place", "practice_id", digits=bare) for frame in plain)
    return written, odd.with_columns(digits=_digits(pl.col("run"))).select(columns)


def _extracted(texts: pl.DataFrame, pattern: str) -> pl.DataFrame:
    return texts.with_columns(pl.col("run").str.extract_all(pattern)).explode("run", empty_as_null=False)


def _replaced(
    frame: pl.DataFrame,
    column: str,
    suspects: pl.DataFrame,
    numbers: pl.DataFrame,
    mask: Callable[[str, Set[str]], str],
) -> pl.DataFrame:
    """`frame` with `mask` of those of the texts of `column` that are suspects."""
    if not suspects.height:
        return frame
    own = numbers.join(suspects, on="practice_id", how="semi").group_by("practice_id").agg("digits")
    known = {practice: frozenset(digits) for practice, digits in own.rows()}
    rows = suspects.select("practice_id", "text").rows()
    masked = [mask(text, known.get(practice, frozenset())) for practice, text in rows]
    changed = frame[column].scatter(suspects["place"], pl.Series(masked, dtype=pl.String))
    return frame.with_columns(changed.alias(column))


def _suspects(texts: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The few texts that need a look: by a label, or a run that is known or passes."""
    usual, odd = _runs(texts)
    hits = [usual.filter(passing(pl.col("digits"))).select("place")]
    hits.append(_known_places(pl.concat([usual, odd]), known))
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


def mask_numbers(text: str, known: Set[str], every: bool = False) -> str:
    """`text` with its tax numbers masked: digits in `known`, labelled ones, and those that pass a check.

    `every` masks all runs of seven digits and more: for raw lines of files that hold a column of tax numbers.
    Full-width digits come out as plain ones where any number was masked.
    """
    plain = _plain(text)
    masked = _IN_FIELD.sub(lambda run: _stars(run[0]), plain) if every else plain
    masked = _APART.sub(lambda run: _masked_apart(run, known, True), masked)
    masked = _RUN.sub(lambda run: _masked(run, known), masked)
    return text if masked == plain else masked


def _mask_apart(text: str, known: Set[str]) -> str:
    plain = _plain(text)
    masked = _APART.sub(lambda run: _masked_apart(run, known, False), plain)
    return text if masked == plain else masked


def _mask_whole(text: str, known: Set[str]) -> str:
    def mask(run: re.Match[str]) -> str:
        digits = _bare(run[0])
        return _stars(digits) if digits in known or digits.lstrip("0") in known else run[0]

    return _RUN.sub(mask, _APART.sub(mask, _plain(text)))


def _plain(text: str) -> str:
    return text if text.isascii() else text.translate(_FROM_WIDE)


def _bare(text: str) -> str:
    return "".join(_GROUP.findall(text))


def _stars(text: str) -> str:
    return _STARS + _bare(text)[-3:]


def _masked_apart(run: re.Match[str], known: Set[str], labels: bool) -> str:
    """The run with each of its numbers masked: groups of digits that together are known or labelled."""
    text, masked, done, first = run[0], "", 0, 0
    if labels and _RUN.fullmatch(text):
        return text  # left to `_masked`
    spans = [group.span() for group in _GROUP.finditer(text)]
    groups = [text[start:end] for start, end in spans]
    labelled = labels and _LABEL_AT.search(run.string[max(0, run.start() - _LABEL_REACH) : run.start()])
    while first < len(groups):
        size = _known_groups(groups[first : first + _MOST_DIGITS], known)
        if not size and labelled and not first and not _NO_NUMBER.match(text):
            size = _labelled_groups(groups[:_MOST_DIGITS])
        if size:
            start, end = spans[first][0], spans[first + size - 1][1]
            masked += text[done:start] + _stars(text[start:end])
            done = end
        first += size or 1
    return masked + text[done:]


def _known_groups(groups: Sequence[str], known: Set[str]) -> int:
    """How many of the groups, from the first on, make a number of `known`; 0 where none do."""
    digits = ""
    for size, group in enumerate(groups, 1):
        digits += group
        if digits in known or digits.lstrip("0") in known:
            return size
    return 0


def _labelled_groups(groups: Sequence[str]) -> int:
    """How many of the groups make the number behind a label: one that passes, else of nine, eight or ten."""
    made = {len(digits): size for size, digits in enumerate(accumulate(groups), 1)}
    sound = [size for size in made.values() if passes_check("".join(groups[:size]))]
    if sound or groups[0].startswith("0"):  # a phone, where it does not pass
        return sound[0] if sound else 0
    return next((made[length] for length in (9, 8, 10) if length in made), 0)


def _masked(run: re.Match[str], known: Set[str]) -> str:
    digits = _bare(run[0])
    return _stars(run[0]) if _holds(digits, known) or _is_tax_number(run, digits) else run[0]


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
