"""Phone numbers in E.164.

phonenumbers knows the rules but does 8,500 numbers a second; so its own patterns, joined per region, read the
plain forms all at once, and only what they cannot read (extensions, words, other countries) goes to it, each
value once.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import phonenumbers
import polars as pl
from phonenumbers import PhoneMetadata

from transforms.normalise.lists import exploded, gathered
from transforms.normalise.places import country_code
from transforms.normalise.text import ONE_DIGIT, over_distinct

_TYPES = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager",
    "uan", "voicemail",
)  # fmt: skip
_PLAIN = r"^[(]?[+]?[\d\s().-]+$"
SHORTEST = 6  # digits: Australia's 13 12 34; shorter ones are internal lines and junk
_LIKELY = 8  # digits from which on the form alone makes a number likely
_LONGEST = 250  # characters of a text that are searched for numbers
_WORLD = ("AU", "NZ", "GB", "US", "SG", "ZA", "HK")  # country codes read without the library


def phones(values: pl.Series, region: pl.Series | None = None) -> pl.Series:
    """E.164 of each row's numbers, sorted, distinct, what can be no number left out.

    Takes text or lists of text. `region`: country per row in any spelling; None means that only numbers with
    a country code can be read. A number counts when it is valid by phonenumbers, or has the form and length
    of a line or mobile of its country (ranges open over the years; a mistyped digit should still be
    compared), unless all its digits are one. Zeros that a spreadsheet lost are no hindrance. Null → empty
    list.
    """
    countries = (
        pl.Series([None], dtype=pl.String).new_from_index(0, len(values)) if region is None else region
    )
    rows = over_distinct(countries.alias("region").to_frame(), _regions).with_row_index("row")
    long = exploded(values).join(rows, on="row", how="left", maintain_order="left", validate="m:1")
    read = _read(long.select("value", "region").unique())
    found = long.join(read, on=["value", "region"], how="inner", nulls_equal=True)
    return gathered(found, len(values), values.name)


def _regions(frame: pl.DataFrame) -> pl.DataFrame:
    return country_code(frame["region"]).str.to_uppercase().alias("region").to_frame()


def _read(frame: pl.DataFrame) -> pl.DataFrame:
    """value, region, found: one row per number found in the distinct value and region pairs of `frame`."""
    text = pl.col("value").str.strip_chars().str.replace(r"\.0$", "")
    tidy = frame.with_columns(
        plain=text.str.contains(_PLAIN),
        signed=text.str.starts_with("+") | text.str.starts_with("(+"),
        digits=text.str.replace_all(r"\D", ""),
    ).filter(pl.col("digits").str.len_chars() >= SHORTEST)
    plain = tidy.filter("plain")
    homes = sorted(set(frame["region"].drop_nulls()) & set(phonenumbers.SUPPORTED_REGIONS))
    at_home = [_at_home(plain.filter(~pl.col("signed") & (pl.col("region") == home)), home) for home in homes]
    codes = sorted({_code(region) for region in (*_WORLD, *homes)})
    signed = plain.filter("signed")
    abroad = [_abroad(signed, code) for code in codes]
    easy = pl.concat([*at_home, *abroad]).drop_nulls("found")
    hard = tidy.join(easy, on=["value", "region"], how="anti", nulls_equal=True).filter(
        ~pl.col("plain") | pl.col("signed") | pl.col("digits").str.contains("^0?[01]")
    )
    return pl.concat([easy, _by_library(hard.select("value", "region"))])


def _at_home(frame: pl.DataFrame, region: str) -> pl.DataFrame:
    """Numbers without a plus sign, read as those of `region`."""
    digits, code = pl.col("digits"), _code(region)
    with_code = digits.str.extract(rf"^(?:{_forms(region).exit_code}){code}(\d+)$")
    return _first_number(frame, [with_code, digits, digits.str.extract(rf"^{code}(\d+)$")], region)


def _abroad(frame: pl.DataFrame, code: int) -> pl.DataFrame:
    """Numbers with a plus sign and country code `code`."""
    mine = frame.filter(pl.col("digits").str.starts_with(str(code)))
    region = phonenumbers.region_code_for_country_code(code)
    return _first_number(mine, [pl.col("digits").str.strip_prefix(str(code))], region)


def _first_number(frame: pl.DataFrame, ways: list[pl.Expr], region: str) -> pl.DataFrame:
    """value, region, found: E.164 of the first way to read it that is valid, else of the first likely one."""
    forms = _forms(region)
    trunk = forms.trunk_prefix
    national = {f"way{i}": way.str.strip_prefix(trunk) if trunk else way for i, way in enumerate(ways)}
    general = [
        pl.when(pl.col(n).str.contains(forms.general) & ~pl.col(n).str.contains(ONE_DIGIT))
        .then(pl.col(n))
        .alias(n)
        for n in national
    ]
    valid = [pl.when(pl.col(n).str.contains(forms.valid)).then(pl.col(n)) for n in national]
    likely = [pl.when(pl.col(n).str.len_chars().is_in(forms.lengths)).then(pl.col(n)) for n in national]
    found = pl.concat_str(pl.lit(f"+{_code(region)}"), pl.coalesce(*valid, *likely))
    return frame.with_columns(**national).with_columns(general).select("value", "region", found=found)


def _by_library(frame: pl.DataFrame) -> pl.DataFrame:
    """What phonenumbers finds where the patterns cannot read; a loop over few and distinct values."""
    found = [
        {"value": value, "region": region, "found": number}
        for value, region in frame.iter_rows()
        for number in _numbers_in(value, region)
    ]
    return pl.DataFrame(found, schema={"value": pl.String, "region": pl.String, "found": pl.String})


def _numbers_in(text: str, region: str | None) -> list[str]:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        number = None
    if number and phonenumbers.is_valid_number(number):
        found = [number]
    else:
        found = [match.number for match in phonenumbers.PhoneNumberMatcher(text[:_LONGEST], region)]
    return sorted({phonenumbers.format_number(n, phonenumbers.PhoneNumberFormat.E164) for n in found})


def _code(region: str) -> int:
    return phonenumbers.country_code_for_region(region)


@dataclass(frozen=True)
class _Forms:
    """A region's national numbers: general form, form of any known type, lengths of lines and mobiles."""

    general: str
    valid: str
    lengths: tuple[int, ...]
    trunk_prefix: str | None
    exit_code: str | None


@cache
def _forms(region: str) -> _Forms:
    known: Any = PhoneMetadata.metadata_for_region(region)  # never None: only supported regions come here
    types = [getattr(known, name) for name in _TYPES]
    patterns = [t.national_number_pattern for t in types if t and t.national_number_pattern]
    lengths = {*known.fixed_line.possible_length, *known.mobile.possible_length}
    return _Forms(
        general=rf"^(?:{known.general_desc.national_number_pattern})$",
        valid=rf"^(?:{'|'.join(patterns)})$",
        lengths=tuple(sorted(n for n in lengths if n >= _LIKELY)),
        trunk_prefix=known.national_prefix,
        exit_code=known.international_prefix,
    )
