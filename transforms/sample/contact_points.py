"""Phones, e-mails and addresses: one canonical form each, and the forms in which people type them."""

import numpy as np
import polars as pl

from transforms.sample.dice import Booleans, Dice, Integers
from transforms.sample.names import words

# First digits of a subscriber's number in use behind an area code, after the national numbering plans.
_AU_FIRST = {"02": "6", "03": "9", "07": "3", "08": "8"}
_MOBILE_PREFIX = {"AU": "04", "NZ": "021", "UK": "07"}
_CALLING_CODE = {"AU": "+61", "NZ": "+64", "UK": "+44"}


def landlines(dice: Dice, countries: pl.Series, area_codes: pl.Series) -> pl.Series:
    """A national number such as 0298765432 for each country and area code."""
    n = len(countries)
    frame = pl.DataFrame({"country": countries, "area": area_codes, "rest": dice.integers(0, 10_000_000, n)})
    rest = pl.col("rest").cast(pl.String).str.zfill(7)
    return frame.select(
        pl.when(pl.col("country") == "AU")
        .then(pl.col("area") + pl.col("area").replace_strict(_AU_FIRST, default="9") + rest)
        .when(pl.col("country") == "NZ")
        .then(pl.col("area") + pl.lit("3") + rest.str.slice(1))
        .when(pl.col("area").str.len_chars() == 5)
        .then(pl.col("area") + pl.lit("7") + rest.str.slice(2))
        .when(pl.col("area").str.len_chars() == 4)
        .then(pl.col("area") + pl.lit("4") + rest.str.slice(1))
        .when(pl.col("area") == "029")
        .then(pl.lit("02920") + rest.str.slice(1))
        .when(pl.col("area") == "028")
        .then(pl.lit("02890") + rest.str.slice(1))
        .otherwise(pl.col("area") + pl.lit("7") + rest)
    ).to_series()


def mobiles(dice: Dice, countries: pl.Series) -> pl.Series:
    """A national mobile number such as 0412345678 for each country."""
    n = len(countries)
    frame = pl.DataFrame(
        {
            "country": countries,
            "a": dice.integers(0, 90_000_000, n),
            "b": dice.choice(["4", "5", "7", "8", "9"], n),
        }
    )  # 076 is for pagers
    au_rest = pl.col("a").cast(pl.String).str.zfill(8)
    rest = (
        pl.when(pl.col("country") == "AU")
        .then(au_rest)
        .when(pl.col("country") == "NZ")
        .then((pl.col("a") % 800_000 + 200_000).cast(pl.String))
        .otherwise(pl.col("b") + au_rest)
    )
    return frame.select(pl.col("country").replace_strict(_MOBILE_PREFIX) + rest).to_series()


def slug(text: pl.Expr) -> pl.Expr:
    """Lower-case ASCII letters and digits of a text."""
    return text.str.normalize("NFKD").str.to_lowercase().str.replace_all(r"[^a-z0-9]", "")


def email_of(dice: Dice, given: pl.Series, surname: pl.Series, birth: pl.Series) -> pl.Series:
    """A private e-mail address for each person, in one of four patterns."""
    n = len(given)
    providers = words("provider")
    frame = pl.DataFrame(
        {
            "given": given,
            "surname": surname,
            "year": birth.dt.year().cast(pl.String),
            "pattern": dice.pick([0.4, 0.2, 0.25, 0.15], n),
            "number": dice.integers(1, 99, n),
            "provider": dice.choice(providers, n, [1 / (k + 2) for k in range(len(providers))]),
        }
    )
    first, last, pattern = slug(pl.col("given")), slug(pl.col("surname")), pl.col("pattern")
    local = (
        pl.when(pattern == 0)
        .then(first + pl.lit(".") + last)
        .when(pattern == 1)
        .then(first.str.slice(0, 1) + last + pl.col("number").cast(pl.String))
        .when(pattern == 2)
        .then(first + pl.col("year").str.slice(2))
        .otherwise(last + first.str.slice(0, 1))
    )
    return frame.select(local + pl.lit("@") + pl.col("provider")).to_series()


def typed_phone(dice: Dice, phones: pl.Series, countries: pl.Series) -> pl.Series:
    """Each national number as somebody may type it: spaced, bracketed, international, a leading zero lost."""
    n = len(phones)
    p, mobile = pl.col("p"), pl.col("p").str.contains(r"^0(4|2[0-2]|7[4-9])\d{7,}$")
    style = pl.col("style")
    spaced = (
        pl.when(mobile)
        .then(p.str.slice(0, 4) + pl.lit(" ") + p.str.slice(4, 3) + pl.lit(" ") + p.str.slice(7))
        .otherwise(p.str.slice(0, 2) + pl.lit(" ") + p.str.slice(2, 4) + pl.lit(" ") + p.str.slice(6))
    )
    frame = pl.DataFrame({"p": phones, "country": countries, "style": dice.pick([35, 25, 17, 13, 7, 3], n)})
    return frame.select(
        pl.when(style == 0)
        .then(spaced)
        .when(style == 1)
        .then(p)
        .when(style == 2)
        .then(pl.col("country").replace_strict(_CALLING_CODE) + p.str.slice(1))
        .when(style == 3)
        .then(
            pl.lit("(") + p.str.slice(0, 2) + pl.lit(") ") + p.str.slice(2, 4) + pl.lit("-") + p.str.slice(6)
        )
        .when(style == 4)
        .then(pl.col("country").replace_strict(_CALLING_CODE) + pl.lit(" ") + spaced.str.slice(1))
        .otherwise(p.str.slice(1))
    ).to_series()


def typed_street(dice: Dice, addresses: pl.DataFrame) -> pl.Series:
    """`12/3 Oak Street`, `Unit 12, 3 Oak St` … for a frame with unit and the `street_` columns."""
    n = addresses.height
    frame = addresses.with_columns(u=pl.Series(dice.pick([60, 25, 15], n)), s=pl.Series(dice.chance(0.45, n)))
    kind = pl.when(pl.col("s")).then(pl.col("street_short").fill_null("")).otherwise("street_type")
    street = pl.concat_str(pl.col("street_number"), "street_name", kind, separator=" ").str.strip_chars()
    unit = pl.col("unit")
    return frame.select(
        pl.when(unit.is_null())
        .then(street)
        .when(pl.col("u") == 0)
        .then(unit + pl.lit("/") + street)
        .when(pl.col("u") == 1)
        .then(pl.lit("Unit ") + unit + pl.lit(", ") + street)
        .otherwise(pl.lit("U") + unit + pl.lit(" ") + street)
    ).to_series()


def where(mask: Booleans, yes: pl.Series, no: pl.Series) -> pl.Series:
    """`yes` where the mask holds, else `no`."""
    return yes.zip_with(pl.Series(mask), no)


def shuffled_within(dice: Dice, groups: Integers) -> Integers:
    """Row numbers in a random order inside each group; groups stay together."""
    return np.lexsort((dice.bits(len(groups)), groups)).astype(np.int64)
