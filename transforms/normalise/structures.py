"""Business structures: the free list of each practice brought to nine codes."""

import polars as pl

from transforms.normalise.reference import aliases, any_of, reference
from transforms.normalise.text import folded, over_distinct

PEOPLE = ("individual", "sole_trader")


def structure(business_structure: pl.Series) -> pl.Series:
    """Code of a structure's name by data/reference/structures.yaml; "unknown" for others and null."""
    frame = business_structure.cast(pl.String).alias("structure").to_frame()
    code = folded(pl.col("structure")).replace_strict(aliases("structures", "structures"), default="unknown")
    return over_distinct(frame, lambda some: some.select(code)).to_series()


def structure_by_name(names: pl.DataFrame) -> pl.Series:
    """What the name says where the structure does not.

    Takes legal_form, trustee_for, trustee_form (of whom it is trustee for), has_parts (first and last name
    are given) and organised (the display name is an organisation's by its words) per row. A trustee's record
    is the trust's: the tax return is the trust's.
    """
    forms = dict(reference("structures")["of_forms"])
    return names.select(
        structure=pl.when(pl.col("trustee_form") == "super_fund")
        .then(pl.lit("super_fund"))
        .when(pl.col("trustee_for").is_not_null())
        .then(pl.lit("trust"))
        .when(pl.col("legal_form").is_in(list(forms)))
        .then(pl.col("legal_form").replace_strict(forms, default=None))
        .when(pl.col("has_parts") & ~pl.col("organised"))
        .then(pl.lit("individual"))
        .otherwise(pl.lit("unknown"))
    ).to_series()


def is_organisation_word(name: pl.Expr) -> pl.Expr:
    """Whether a folded name holds a word that persons' names do not ("plumbing"), a number or an "and"."""
    listed = reference("organisations")["organisation_words"]
    return name.str.contains(rf"(?:^| )(?:{any_of(listed)}|and)(?: |$)|\d").fill_null(False)
