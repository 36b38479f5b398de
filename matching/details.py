"""Comparisons of dates, places, addresses of every kind, registered numbers and old links."""

from dataclasses import replace

import polars as pl

from matching.comparison import FIRM, SELDOM, Comparison, Level, edits, either_null, jw, of_values, where

FIRST = {"first_mail": ("emails_own", "emails_family"), "first_phone": ("phones_own",)}
"""Columns that hold the first value of one list, or else of the next."""
PARTS = {
    "birth_year": pl.col("dob").str.slice(0, 4),
    "birth_month": pl.col("dob").str.slice(5, 2),
    "birth_day": pl.col("dob").str.slice(8, 2),
    "born": pl.col("dob").str.slice(0, 4).cast(pl.Int32, strict=False),
    "mail_box": pl.col("first_mail").str.splitn("@", 2).struct.field("field_0"),
}
"""Columns that hold a part of the text of another."""

_YEAR, _MONTH, _DAY = ([f"{side}.birth_{part}" for side in "lr"] for part in ("year", "month", "day"))
_SAME_YEAR = f"{_YEAR[0]} = {_YEAR[1]}"
_PARTS = " + ".join(f"({part[0]} = {part[1]})::int" for part in (_YEAR, _MONTH, _DAY))


def _digits_apart(digits: int) -> str:
    # `hamming` counts bytes, and refuses texts of other lengths: an `and` would not keep it from them.
    return of_values("dob", f"if(strlen(l.dob) = strlen(r.dob), hamming(l.dob, r.dob) = {digits}, false)")


BIRTH = Comparison(
    "date_of_birth",
    ("dob", "dob_from"),
    # Of what a Practice Manager client has from its Tax record, that record itself is no witness.
    "(l.dob_from is not null and r.list = 2)",
    (
        Level("same date", f"l.dob = r.dob and {_DAY[0]} <> ''"),
        Level("day and month swapped",
              f"{_SAME_YEAR} and {_MONTH[0]} = {_DAY[1]} and {_DAY[0]} = {_MONTH[1]} and {_DAY[0]} <> ''"),
        Level("one digit apart", _digits_apart(1)),
        Level("two of day, month and year the same", f"{_PARTS} = 2"),
        Level("two digits apart", _digits_apart(2)),
        Level("a year or two and one other part apart", f"{_PARTS} = 1 and abs(l.born - r.born) <= 2"),
    ),
    "other date",
    rarity="dob",
    most=SELDOM,
    firm=FIRM / 2,
    recurs=True,
    needs=("dob",),
)  # fmt: skip

# Two digits in the wrong order are one slip; few codes are near enough for the dear distance.
_CODES_ALIKE = of_values(
    "post_code",
    "if(strlen(l.post_code) = strlen(r.post_code),"
    " hamming(l.post_code, r.post_code) <= 2 and damerau_levenshtein(l.post_code, r.post_code) <= 1,"
    f" {edits('post_code', 1)})",
)
_AREA_ALIKE = (
    "coalesce(l.post_code = r.post_code, false) or coalesce(l.city = r.city, false)"
    f" or coalesce({_CODES_ALIKE}, false)"
    f" or coalesce({jw('city', 0.82)}, false)"
)
_AREA_UNKNOWN = f"({either_null('post_code')} and {either_null('city')})"
_STREET_ALIKE = f"({jw('street', 0.88)} or {jw('street_sorted', 0.92, 'street')})"
_SAME_HOUSE = "l.house = r.house"
_ADDRESS = (
    f"(coalesce({_STREET_ALIKE} and coalesce(l.house, '') = coalesce(r.house, ''), false)"
    f" or coalesce({jw('street', 0.78)} and {_SAME_HOUSE}, false)"
    f" or coalesce(l.street is null and r.street is null and {_SAME_HOUSE}, false))"
    f" and ({_AREA_ALIKE} or {_AREA_UNKNOWN})"
)

PLACE = Comparison(
    "place",
    ("house", "street", "city", "post_code", "region"),
    "l.address_hub and r.address_hub",
    (
        Level("same address, held by no other",
              f"{_ADDRESS} and l.address_count <= 1 and r.address_count <= 1"),
        Level("same address, shared by a few", _ADDRESS),
        Level("same street and number, other place",
              f"{jw('street', 0.9)} and coalesce({_SAME_HOUSE}, true)"),
        Level("same street, other or no number", f"{_STREET_ALIKE} and ({_AREA_ALIKE})"),
        Level("same number and postcode or city, other street",
              f"{_SAME_HOUSE} and (l.post_code = r.post_code or l.city = r.city)"),
        Level("same city and postcode", "l.post_code = r.post_code and l.city = r.city"),
        Level("same postcode", "l.post_code = r.post_code"),
        Level("same city", "l.city = r.city"),
        Level("postcode or city spelled alike", _AREA_ALIKE),
        Level("same region", "l.region = r.region"),
    ),
    "other place",
    shared=True,
    needs=("street", "house", "post_code", "city", "region"),
)  # fmt: skip


def _overlap(name: str, column: str, noun: str, near: tuple[Level, ...] = ()) -> Comparison:
    own, family = f"{column}_own", f"{column}_family"
    levels = (
        Level(f"same {noun}, held by no other", f"list_has_any(l.{own}, r.{own})"),
        Level(f"same {noun}, shared by a few", f"list_has_any(l.{family}, r.{family})"),
        *near,
    )
    return Comparison(name, (column,), "false", levels, f"other {noun}", shared=True, needs=(own, family))


_BOX = "replace(replace(l.mail_box, '.', ''), '_', '')"
_NAMED = " or ".join(
    f"length({name}) > 2 and contains({_BOX}, {name})"
    for name in (f"replace({side}.{part}, ' ', '')" for side in "lr" for part in ("given", "family"))
)
_SAME_BOX = "l.mail_box = r.mail_box"
_BOX_OF_NAME = where(
    f"{_SAME_BOX} and l.first_mail <> r.first_mail",
    f"{_SAME_BOX} and levenshtein(l.first_mail, r.first_mail) > 2"
    f" and l.mail_box not similar to '.*[0-9].*' and coalesce({_NAMED}, false)",
)

_EMAIL = _overlap(
    "email",
    "emails",
    "e-mail",
    (
        Level("e-mail spelled much alike", of_values("first_mail", edits("first_mail", 2))),
        Level("same name before the @", _SAME_BOX),
        Level("e-mail spelled alike", jw("first_mail", 0.88)),
    ),
)
EMAIL = replace(
    _EMAIL,
    # People of one name choose that name before the @: it tells nothing of its own, unlike "sue84".
    missing=" and ".join([*(f"not {level.condition}" for level in _EMAIL.levels[:2]), _BOX_OF_NAME]),
)
PHONE = _overlap(
    "phone",
    "phones",
    "phone",
    (Level("phone one digit apart", of_values("first_phone", edits("first_phone", 1))),),
)
WEBSITE = _overlap("website", "websites", "website")
PEOPLE = replace(
    _overlap(
        "contact_people",
        "people",
        "contact person",
        (Level("contact person of the same name", "list_has_any(l.people_names, r.people_names)"),),
    ),
    shown=("people_names", "people"),
    needs=("people", "people_names"),
    disagree=0.15,  # each product keeps contacts of its own, and neither has all
)

TAX = Comparison(
    "tax_number",
    ("tax_number", "tax_last3"),
    "false",
    (
        Level("same whole tax number", "l.tax_number = r.tax_number"),
        Level("last three digits of the tax number agree",
              "l.tax_last3 = r.tax_last3 and (l.tax_number is null or r.tax_number is null)"),
    ),
    "other tax number",
    private=True,
    needs=("tax_last3",),
)  # fmt: skip

BUSINESS = Comparison(
    "business_number",
    ("business_number", "branch_number"),
    "false",
    (
        Level("same business number, other branch",
              "l.business_number = r.business_number and l.branch_number <> r.branch_number"),
        Level("same business number", "l.business_number = r.business_number"),
    ),
    "other business number",
    needs=("business_number",),
)  # fmt: skip

COMPANY = Comparison(
    "company_number",
    ("company_number",),
    "false",
    (Level("same company number", "l.company_number = r.company_number"),),
    "other company number",
    needs=("company_number",),
)

SYNC = Comparison(
    "sync_link",
    (),
    "len(l.sync) = 0 and len(r.sync) = 0",
    (Level("paired by the old client sync", "list_has_any(l.sync, r.sync)"),),
    "paired with another client by the old client sync",
)

BOOKS = Comparison(
    "xero_organisation",
    ("organisations",),
    # Of what a Practice Manager client has through its Tax record, that record itself is no witness.
    "l.list = 1 and r.list = 2",
    (Level("connected to the same Xero organisation", "list_has_any(l.organisations, r.organisations)"),),
    "connected to different Xero organisations",
    disagree=0.1,  # a client can keep several sets of books
    needs=("organisations",),
)

CLIENT = Comparison(
    "client",
    ("clients",),
    "false",
    (Level("on one client", "list_has_any(l.clients, r.clients)"),),
    "on other clients",
    shared=True,
    needs=("clients",),
)
"""Of contacts: the clients that they hang on. Couples and partners share them too."""
