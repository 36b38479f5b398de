"""Dates as people and spreadsheets write them."""

import datetime as dt

import polars as pl

from transforms.normalise.text import over_distinct

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DEFAULTS = [dt.date(y, 1, 1) for y in (1, 1753, 1800, 1900, 1901, 1970)] + [
    dt.date(1899, 12, 30),
    dt.date(1899, 12, 31),
]
_NUMERIC = r"^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})$"
_ISO = r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$"
_DAY_NAME = r"^(\d{1,2})(?:st|nd|rd|th)?[-/., ]*([a-z]{3})[a-z]*[-/., ]*(\d{4}|\d{2})$"
_NAME_DAY = r"^([a-z]{3})[a-z]*[-/., ]*(\d{1,2})(?:st|nd|rd|th)?[-/., ]+(\d{4}|\d{2})$"


def dates(values: pl.Series, day_first: bool | None = None) -> pl.Series:
    """Dates of a column of dates, timestamps or text; what is no date becomes null.

    Text: ISO (with or without a time), yyyymmdd, dd/mm/yyyy, ddmmyyyy, 3-Feb-2001, Feb 3, 2001. `day_first`
    says how 03/02/2001 reads; None lets the column tell, and takes the day first where it does not. Two-digit
    years are 1930 to 2029.
    """
    if values.dtype.is_temporal():
        return values.cast(pl.Date, strict=False)
    text = (
        values.cast(pl.String).str.to_lowercase().str.strip_chars().str.replace(r"[t ]\d{1,2}:\d{2}.*$", "")
    )
    frame = text.alias("text").to_frame()
    first = _tells_day_first(frame) if day_first is None else day_first
    column = pl.col("text")
    day, month = (1, 2) if first else (2, 1)
    compact = pl.when(column.str.contains(r"^\d{8}$")).then(column)
    found = pl.coalesce(
        _date(column.str.extract(_ISO, 1), column.str.extract(_ISO, 2), column.str.extract(_ISO, 3)),
        _date(compact.str.slice(0, 4), compact.str.slice(4, 2), compact.str.slice(6, 2)),
        _date(compact.str.slice(4, 4), compact.str.slice(2, 2), compact.str.slice(0, 2)),
        _date(
            column.str.extract(_NUMERIC, 3),
            column.str.extract(_NUMERIC, month),
            column.str.extract(_NUMERIC, day),
        ),
        _date(
            column.str.extract(_DAY_NAME, 3),
            _month(column.str.extract(_DAY_NAME, 2)),
            column.str.extract(_DAY_NAME),
        ),
        _date(
            column.str.extract(_NAME_DAY, 3),
            _month(column.str.extract(_NAME_DAY)),
            column.str.extract(_NAME_DAY, 2),
        ),
    )
    return over_distinct(frame, lambda some: some.select(found)).to_series().alias(values.name)


def drop_default_dates(values: pl.Series) -> pl.Series:
    """Dates that a system fills in where it knows none (1900-01-01, 1970-01-01, year 1 or 9999 …) as null."""
    date = pl.col("date")
    default = date.is_in(_DEFAULTS) | (date.dt.year() >= 9999) | (date.dt.year() <= 1)
    return values.to_frame("date").select(pl.when(~default).then(date).alias(values.name)).to_series()


def _tells_day_first(frame: pl.DataFrame) -> bool:
    """Whether the day comes first: no more second than first numbers of dd/mm/yyyy are above 12."""
    above = [pl.col("text").str.extract(_NUMERIC, g).cast(pl.Int32, strict=False) > 12 for g in (1, 2)]
    first, second = frame.select(first=above[0].sum(), second=above[1].sum()).row(0)
    return bool(first >= second)


def _month(name: pl.Expr) -> pl.Expr:
    return name.replace_strict({m: f"{i:02}" for i, m in enumerate(_MONTHS, 1)}, default=None)


def _date(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    number = year.cast(pl.Int32, strict=False)
    full = (
        pl.when(year.str.len_chars() == 4)
        .then(year)
        .when(number < 30)
        .then(pl.concat_str(pl.lit("20"), year))
        .otherwise(pl.concat_str(pl.lit("19"), year))
    )
    iso = pl.concat_str(full, month.str.zfill(2), day.str.zfill(2), separator="-")
    return iso.str.to_date("%Y-%m-%d", strict=False)
