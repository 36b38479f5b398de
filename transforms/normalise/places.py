"""Towns, regions, postcodes and countries."""

from collections.abc import Mapping
from functools import cache

import polars as pl

from transforms.normalise.reference import aliases, inverted, reference
from transforms.normalise.text import fold, folded, of_series, swap_words

_POST_CODE_DIGITS = {"au": 4, "nz": 4, "za": 4, "us": 5, "sg": 6}


def city(values: pl.Series) -> pl.Series:
    """Folded town, "St", "Mt", "Nth" in full; empty → null."""
    return of_series(values, lambda text: swap_words(folded(text), reference("places")["city_words"]))


def country_code(values: pl.Series) -> pl.Series:
    """ISO 3166 alpha-2 in lower case ("uk", "England", "GB" give "gb"); an unknown country comes folded."""
    return of_series(values, lambda text: folded(text).replace(dict(aliases("places", "countries"))))


def region_code(values: pl.Series, country: pl.Series | None = None) -> pl.Series:
    """Short code of a state or region ("New South Wales" → "nsw"); an unknown one comes folded.

    `country` in any spelling, one per row, says whose list counts; without one (or with a country that has no
    list) a name is looked up in every list and counts where they agree, AU first.
    """
    countries = (
        pl.Series([None], dtype=pl.String).new_from_index(0, len(values)) if country is None else country
    )
    frame = pl.DataFrame({"region": fold(values), "country": country_code(countries)})
    code = pl.col("region").replace(dict(_regions_anywhere()))
    for short in reference("places")["regions"]:
        here = pl.col("region").replace(dict(_regions(short)))
        code = pl.when(pl.col("country") == short).then(here).otherwise(code)
    return frame.select(region=code).to_series()


def post_code(values: pl.Series, region: pl.Series | None = None) -> pl.Series:
    """Postcode in lower case without spaces: "SW1A 1AA" → "sw1a1aa".

    `region`: country per row in any spelling. Where postcodes are digits, zeros that a spreadsheet lost come
    back ("800" in AU → "0800"), and a US ZIP+4 gives its first five. Zeros alone → null.
    """
    countries = (
        pl.Series([None], dtype=pl.String).new_from_index(0, len(values)) if region is None else region
    )
    frame = pl.DataFrame({"code": values.cast(pl.String), "country": country_code(countries)}).with_columns(
        code=folded(pl.col("code").str.replace(r"^\s*(\d+)\.0$", "${1}")).str.replace_all(
            " ", "", literal=True
        ),
        digits=pl.col("country").replace_strict(_POST_CODE_DIGITS, default=None, return_dtype=pl.Int64),
    )
    code, length = pl.col("code"), pl.col("code").str.len_chars()
    number = code.str.contains(r"^\d*[1-9]\d*$")
    return frame.select(
        post_code=pl.when(number & (length == pl.col("digits") - 1))
        .then(code.str.zfill(pl.col("digits")))
        .when(number & (length == 9) & (pl.col("country") == "us"))
        .then(code.str.head(5))
        .when(~code.str.contains("^0+$"))
        .then(code)
    ).to_series()


@cache
def _regions(country: str) -> Mapping[str, str]:
    return inverted(reference("places")["regions"][country])


@cache
def _regions_anywhere() -> Mapping[str, str]:
    """Full names that mean one code in all lists, and the codes themselves as they are."""
    found: dict[str, str] = {}
    for country in reference("places")["regions"]:
        for alias, code in _regions(country).items():
            found.setdefault(alias, code)
    return found
