"""Whole addresses in one line: what is town, postcode and region, and what stays as number and street."""

from functools import cache

import polars as pl

from transforms.normalise.reference import any_of, reference
from transforms.normalise.text import over_distinct, present

_CODE = r"\d{5,6}(?:-?\d{4})?|[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}|[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d"
"""Postcodes that are no house number: five digits or six, the UK's, Canada's."""
_SHORT_CODE = r"\d{4}"
"""Postcodes of four digits (Australia, New Zealand): behind another number only."""
_REGION = r"(?i)[ ,]({regions})$"
_COUNTRY = r"(?i), *(?:{countries})\.?$"
_BEHIND = r"\p{L}(?:stra(?:ss|ß)e|str\.?|weg|gasse|allee|straat|laan)[ ,]+\d+[a-z]?\b"
"""A street whose number stands behind it."""
_PLACES = r"[, ]*((?:[\p{L}.'’-]+[ ,]*)*)"


def split_address(line: pl.Series) -> pl.DataFrame:
    """line, city, post_code, region, as typed: one row per address; what cannot be told stays in `line`.

    The postcode is the last number that nothing but words follows. The town is what stands behind the last
    comma, or behind the type of the street ("12 High Street Perth").
    """
    return over_distinct(line.cast(pl.String).alias("line").to_frame(), _split)


def _split(frame: pl.DataFrame) -> pl.DataFrame:
    line = present(pl.col("line")).str.replace(_COUNTRY.replace("{countries}", _countries()), "")
    long = line.str.extract_groups(rf"^(.+?)[ ,]+(?:[A-Za-z]{{1,2}}-)?({_CODE})\b{_PLACES}$")
    short = line.str.extract_groups(rf"^(.*\d.*?\D)[ ,]+({_SHORT_CODE})\b{_PLACES}$")
    found = pl.coalesce(*(pl.when(g.struct.field("2").is_not_null()).then(g) for g in (long, short)))
    parts = frame.with_columns(
        rest=pl.coalesce(found.struct.field("1"), line).str.strip_chars(" ,"),
        post_code=found.struct.field("2"),
        behind=found.struct.field("3").str.strip_chars(" ,"),
    )
    region = pl.col("rest").str.extract(_REGION.replace("{regions}", _regions()), 1)
    parts = parts.with_columns(
        region=region,
        rest=pl.col("rest").str.strip_suffix(region.fill_null("")).str.strip_chars(" ,"),
    )
    ends = rf"\p{{L}}.*?{_types()}|{_BEHIND}"
    street = pl.col("rest").str.extract_groups(rf"(?i)^(.*?(?:{ends}))(?:[ ,]+(\D*))?$")
    comma = pl.col("rest").str.extract_groups(r"^(.+?),[ ]*([^,\d]+)$")
    typed = street.struct.field("1").is_not_null()
    town = pl.when(typed).then(street.struct.field("2")).otherwise(comma.struct.field("2"))
    line = pl.coalesce(street.struct.field("1"), comma.struct.field("1"), "rest")
    return parts.select(
        line=line.str.replace(rf"(?i)^(.*?),? ({_unit()})$", "${2}, ${1}"),
        city=pl.coalesce(_last_part(town), _last_part(pl.col("behind"))),
        post_code="post_code",
        region="region",
    )


def _last_part(place: pl.Expr) -> pl.Expr:
    """What stands behind the last comma: "Vythiri, Wayanad" is in Wayanad."""
    return present(place.str.extract(r"([^,]+)$").str.strip_chars(" ,."))


@cache
def _types() -> str:
    """One street type or several ("Bridge Road"), with a direction behind."""
    streets = reference("streets")
    spelled = {word for word, short in streets["short"].items() if short in streets["types"]} - {"saint"}
    word = rf"{any_of(spelled.union(streets['types']))}\b\.?"
    return rf" {word}(?: {word})*(?: (?:[NS][EW]?|[EW])\b)?(?:,? {_unit()})?"


@cache
def _unit() -> str:
    return rf"{any_of(reference('streets')['units'])} #?\d+\w*"


@cache
def _regions() -> str:
    return any_of(code for codes in reference("places")["regions"].values() for code in codes)


@cache
def _countries() -> str:
    """Spellings of countries that are no towns as well."""
    spelled = reference("places")["countries"]
    return any_of(name for code, names in spelled.items() if code not in {"sg", "hk"} for name in names)
