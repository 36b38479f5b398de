"""What is compared where a name or a line of text is all there is."""

from functools import cache

import polars as pl

from matching import spellings
from matching.spec import MatchSpec
from transforms import normalise
from transforms.normalise.reference import any_of, reference
from transforms.normalise.structures import is_organisation_word

KINDS = ("organisation_name", "full_name", "name", "text")

_STRUCTURES = {
    "trust": "trust",
    "unit_trust": "trust",
    "super_fund": "super fund",
    "estate": "estate",
    "partnership": "partnership",
    "lp": "partnership",
    "llp": "partnership",
}
"""Structure by legal form; all other forms are those of companies."""

_NO_SURNAME = 7
"""A common word of organisations' names of so many letters is no family name."""


def is_bare(spec: MatchSpec) -> bool:
    """Whether the specification holds nothing but one name or text."""
    return len(spec.fields) == 1 and spec.fields[0].kind in KINDS


def bare(values: pl.Series, kind: str) -> pl.DataFrame:
    """The columns that `alone.scored` compares, one row per value; those that do not apply are empty.

    bare_text: any text; bare_org: an organisation by the core of its name and the trust it is trustee for;
    bare_trading: the name it trades as; bare_form: its structure, as far as the name tells it; bare_person:
    a person's name in speaking order. A `name` without any mark of an organisation has both readings.
    """
    values = spellings.romanised(values.cast(pl.String), whole=True)
    values = values.str.replace_all("%", " percent ", literal=True)
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, len(values))
    columns = ("bare_text", "bare_org", "bare_trading", "bare_form", "bare_person")
    found = dict.fromkeys(columns, nothing)
    if kind == "text":
        found["bare_text"] = normalise.fold(values)
    if kind in ("organisation_name", "name"):
        found |= _organisations(values)
        found["bare_org"] = spellings.numbers(found["bare_org"])
    if kind in ("full_name", "name"):
        spelled = spellings.unaddressed(spellings.letters_for_digits(values))
        person = spellings.person(spelled)
        frame = pl.DataFrame({"name": normalise.fold(spelled), "form": found["bare_form"], "person": person})
        trade = pl.col("name").str.contains(_trades())
        organised = is_organisation_word(pl.col("name")) | pl.col("form").is_not_null() | trade
        certain = pl.lit(kind == "full_name")
        found["bare_person"] = frame.select(pl.when(certain | ~organised).then("person")).to_series()
    return pl.DataFrame(found)


@cache
def _trades() -> str:
    """Matches a word of trades and institutions; short ones are family names as well ("Park", "Young")."""
    long = (word for word in reference("words")["common"] if len(word) >= _NO_SURNAME)
    return rf"(?:^| ){any_of(long)}(?: |$)"


def _organisations(values: pl.Series) -> dict[str, pl.Series]:
    parts = normalise.organisation_name(values)
    structure = pl.col("legal_form").replace_strict(_STRUCTURES, default="company")
    return parts.select(
        bare_org=pl.concat_str("organisation_name", "trustee_for", separator=" ", ignore_nulls=True).replace(
            "", None
        ),
        bare_trading="trading_as",
        # A company as the trustee of a trust is neither the company itself nor the trust.
        bare_form=pl.when(pl.col("trustee_for").is_not_null())
        .then(pl.lit("trustee"))
        .when(pl.col("legal_form").is_not_null())
        .then(structure),
    ).to_dict()
