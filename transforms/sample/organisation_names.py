"""What organisations are called, without their legal form."""

import polars as pl

from transforms.sample.dice import Dice
from transforms.sample.names import reference, words


def name_organisations(frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Adds core, trading, form and trustee to one row per client; all null for a plain individual.

    `core` is the name without its legal form, `trading` the trading name of a sole trader, `form` a key of
    `name_forms`, `trustee` the core of the company that acts for a trust or fund.
    """
    n = frame.height
    streets = reference("streets").filter(pl.col("kind") == "name")["word"]
    frame = frame.with_columns(
        trade=dice.choice(words("trade"), n),
        fancy=dice.choice(words("fancy"), n),
        estate=streets.gather(frame["household"].to_numpy() * 7919 % len(streets)),
        pattern=pl.Series(dice.uniform(n)),
    )
    role, core = pl.col("role"), pl.lit(None, pl.String)
    for name, expression in _cores().items():
        core = pl.when(role == name).then(expression).otherwise(core)
    frame = frame.with_columns(core=core, trading=pl.when(role == "sole_trader").then(_trading()))
    return frame.with_columns(form=_form(), trustee=_trustee()).drop("trade", "fancy", "estate", "pattern")


def _cores() -> dict[str, pl.Expr]:
    """Role → name: a family's own name in most, an invented one in some."""
    p, family, first, second = (pl.col(c) for c in ("pattern", "family", "head_given", "spouse_given"))
    number, long_name = pl.col("number").cast(pl.String), family.str.len_chars() % 2 == 0
    initials = first.str.slice(0, 1) + " & " + second.str.slice(0, 1) + " " + family
    company = pl.when(p < 0.45).then(_fancy()).when(p < 0.8).then(_family_trade())
    company = company.when(p < 0.9).then(initials + " " + pl.col("trade"))
    trust = pl.when(p < 0.65).then(family + " Family").when(p < 0.85).then(first + " " + family + " Family")
    both = first + " & " + second + " " + family
    club = pl.when(p < 0.5).then(pl.lit(" Bowling Club")).otherwise(pl.lit(" Football Club"))
    return {
        "company": company.otherwise(family + " & Sons"),
        "trustee_company": pl.when(p < 0.7)
        .then(family + " Nominees")
        .otherwise(pl.col("fancy") + " Custodians"),
        "numbered_company": family + " Investments No. " + number,
        "trust": trust.otherwise(family + " Investment"),
        "numbered_trust": pl.when(long_name)
        .then(pl.col("estate") + " Lot " + number)
        .otherwise("Lot " + number),
        "super_fund": pl.when(p < 0.7).then(family).otherwise(family + " Family"),
        "partnership": pl.when(p < 0.4).then(both).otherwise(initials),
        "association": pl.col("city") + club,
    }


def _fancy() -> pl.Expr:
    return pl.concat_str("fancy", "trade", separator=" ")


def _family_trade() -> pl.Expr:
    return pl.concat_str("family", "trade", separator=" ")


def _trading() -> pl.Expr:
    return (
        pl.when(pl.col("pattern") < 0.6).then(_family_trade()).when(pl.col("pattern") < 0.85).then(_fancy())
    )


def _form() -> pl.Expr:
    company = pl.col("country").replace_strict({"AU": "pty_ltd", "NZ": "limited", "UK": "limited"})
    forms = {"trust": "trust", "numbered_trust": "trust", "super_fund": "super", "association": "inc"}
    is_company = pl.col("structure") == "Company"
    return pl.when(is_company).then(company).otherwise(pl.col("role").replace_strict(forms, default=None))


def _trustee() -> pl.Expr:
    """The trustee company of the household, else its trading company, for trusts and funds."""
    held = pl.col("role").is_in(["trust", "super_fund", "numbered_trust"])

    def first(role: str) -> pl.Expr:
        return pl.col("core").filter(pl.col("role") == role).first().over("household")

    return pl.when(held).then(pl.coalesce(first("trustee_company"), first("company")))
