"""The names under which one client stands in several lists."""

import numpy as np
import polars as pl

from transforms.sample.dice import Booleans, Dice, Floats
from transforms.sample.noise import blanked, mistype, nickname, plain_letters, recased, respaced

# Spelling of a legal form and its weight.
_PTY = {
    "Pty Ltd": 72,
    "PTY LTD": 8,
    "Pty. Ltd.": 6,
    "Pty Limited": 5,
    "P/L": 3,
    "Proprietary Limited": 2,
    "": 4,
}
_LIMITED = {"Limited": 55, "Ltd": 36, "LTD": 4, "Ltd.": 3, "": 2}
_TRUST = {"Trust": 94, "TRUST": 3, "Trst": 3}
_SUPER = {"Super Fund": 47, "Superannuation Fund": 42, "SMSF": 8, "S/F": 3}
_INC = {"Inc": 60, "Incorporated": 30, "Inc.": 10}
_FORMS = {"pty_ltd": _PTY, "limited": _LIMITED, "trust": _TRUST, "super": _SUPER, "inc": _INC}


def name_records(records: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Adds first_name, middle_name, last_name and name (the display name) to one row per record.

    Persons follow the style of their practice, organisations spell their legal form in one of its ways;
    errors come with the record's `mess`.
    """
    records = _organisation(_person(records, dice), dice)
    mess: Floats = records["mess"].to_numpy()
    name = recased(dice, records["name"], dice.chance(0.025 * mess, records.height))
    return records.with_columns(name=name)


def _person(records: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    n = records.height
    mess: Floats = records["mess"].to_numpy()

    def hit(rate: float) -> Booleans:
        return dice.chance(rate * mess, n)

    maiden = pl.Series(dice.chance(np.where(records["product"] == "hq", 0.55, 0.25), n))
    first = nickname(dice, records["given"], hit(0.05))
    first = mistype(dice, first, hit(0.012))
    last = records.select(
        pl.when(pl.col("maiden").is_not_null() & maiden).then("maiden").otherwise("surname")
    ).to_series()
    last = respaced(dice, mistype(dice, last, hit(0.015)), hit(0.3))
    plain = dice.chance(np.minimum(0.4 * mess, 1.0), n)
    middle = blanked(records["middle"], dice.chance(0.4, n))
    records = records.with_columns(
        first_name=plain_letters(first, plain),
        middle_name=middle,
        last_name=plain_letters(last, plain),
        swapped=pl.Series(hit(0.008)),
        initial=pl.Series(hit(0.012)),
        style_u=pl.Series(dice.uniform(n)),
    )
    swapped, first_, last_ = pl.col("swapped"), pl.col("first_name"), pl.col("last_name")
    return (
        records.with_columns(
            first_name=pl.when(swapped)
            .then(last_)
            .when("initial")
            .then(first_.str.slice(0, 1))
            .otherwise(first_),
            last_name=pl.when(swapped).then(first_).otherwise(last_),
        )
        .with_columns(name=_display())
        .drop("swapped", "initial", "style_u")
    )


def _display() -> pl.Expr:
    first, middle, last, u = (
        pl.col("first_name"),
        pl.col("middle_name"),
        pl.col("last_name"),
        pl.col("style_u"),
    )
    middle_part = pl.when(middle.is_null()).then(pl.lit("")).otherwise(pl.lit(" ") + middle)
    style = pl.when(u < 0.8).then("name_style").otherwise(
        pl.when(u < 0.9).then(pl.lit("first_last")).when(u < 0.95).then(pl.lit("last_first"))
        .when(u < 0.98).then(pl.lit("first_middle_last")).otherwise(pl.lit("titled"))
    )  # fmt: skip
    title = pl.when(pl.col("female")).then(pl.lit("Mrs ")).otherwise(pl.lit("Mr "))
    return (
        pl.when(style == "first_last")
        .then(first + pl.lit(" ") + last)
        .when(style == "last_first")
        .then(last + pl.lit(", ") + first)
        .when(style == "last_first_middle")
        .then(last + pl.lit(", ") + first + middle_part)
        .when(style == "first_middle_last")
        .then(first + middle_part + pl.lit(" ") + last)
        .otherwise(title + first + pl.lit(" ") + last)
    )


def _organisation(records: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    n = records.height
    mess: Floats = records["mess"].to_numpy()
    core = mistype(dice, records["core"], dice.chance(0.02 * mess, n))
    form = pl.lit(None, pl.String)
    for key, spellings in _FORMS.items():
        spelled = dice.choice(list(spellings), n, [float(w) for w in spellings.values()])
        form = pl.when(pl.col("form") == key).then(pl.lit(spelled)).otherwise(form)
    records = records.with_columns(
        core=core,
        form_text=form,
        u=pl.Series(dice.uniform(n)),
        and_=pl.Series(dice.chance(0.25, n)),
    )
    name = pl.when("is_person").then(_traded()).otherwise(_legal())
    return records.with_columns(name=name).drop("form_text", "u", "and_")


def _legal() -> pl.Expr:
    """Core and legal form, at times behind the trustee or with a The or a Partnership."""
    u, form, end = pl.col("u"), pl.col("form"), pl.col("form_text").fill_null("")
    own = (pl.col("core") + " " + end).str.strip_chars()
    own = pl.when("and_").then(own.str.replace(" & ", " and ", literal=True)).otherwise(own)
    held = pl.col("trustee").is_not_null() & form.is_in(["trust", "super"])
    ending = pl.when(pl.col("country") == "AU").then(pl.lit(" Pty Ltd")).otherwise(pl.lit(" Ltd"))
    company = pl.col("trustee") + ending
    return (
        pl.when(held & (u < 0.1))
        .then(company + " ATF " + own)
        .when(held & (u < 0.14))
        .then(company + " as trustee for the " + own)
        .when((form == "trust") & (u < 0.3))
        .then("The " + own)
        .when((pl.col("structure") == "Partnership") & (u < 0.3))
        .then(own + " Partnership")
        .otherwise(own)
    )


def _traded() -> pl.Expr:
    """A person's name, of sole traders at times with the trading name or that alone."""
    u, trading = pl.col("u"), pl.col("trading")
    both = pl.col("name") + " T/A " + trading
    has = trading.is_not_null()
    return pl.when(has & (u < 0.25)).then(both).when(has & (u < 0.33)).then(trading).otherwise("name")
