"""Which comparisons a set of prepared columns allows, and which field shows the weight of each."""

from collections.abc import Collection

from matching.comparison import Comparison
from matching.details import BIRTH, BOOKS, BUSINESS, COMPANY, EMAIL, PEOPLE, PHONE, PLACE, SYNC, TAX, WEBSITE
from matching.names import ENTITY, FAMILY, FULL, GIVEN, MIDDLE, ORGANISATION, SUFFIX
from matching.prepare import OWN
from matching.spec import Field

_BY_COLUMN: tuple[tuple[tuple[str, ...], tuple[Comparison, ...]], ...] = (
    (("given", "middle"), (GIVEN, MIDDLE, SUFFIX)),
    (("family",), (FAMILY,)),
    (("org",), (ORGANISATION,)),
    (("whole",), (FULL,)),
    (("structure",), (ENTITY,)),
    (("dob",), (BIRTH,)),
    (("house", "street", "city", "post_code", "region"), (PLACE,)),
    (("emails",), (EMAIL,)),
    (("phones",), (PHONE,)),
    (("websites",), (WEBSITE,)),
    (("people",), (PEOPLE,)),
    (("tax_last3",), (TAX,)),
    (("business_number",), (BUSINESS,)),
    (("company_number",), (COMPANY,)),
    (("sync",), (SYNC,)),
    (("organisations",), (BOOKS,)),
)


def of_columns(columns: Collection[str]) -> list[Comparison]:
    """The comparisons that filled columns of these names allow, in a fixed order."""
    return [c for needs, found in _BY_COLUMN if not set(needs).isdisjoint(columns) for c in found]


_NAMES = ("full_name", "name", "given_name", "family_name", "middle_name")
"""Fields that a part of a person's name may be read from where it has none of its own."""
_KINDS = {
    "given_name": ("given_name", *_NAMES),
    "middle_name": ("middle_name", "given_name", *_NAMES),
    "name_suffix": ("family_name", *_NAMES),
    "family_name": ("family_name", *_NAMES),
    "organisation_name": ("organisation_name", "name"),
    "full_name": ("full_name", "name"),
    "entity": ("name",),
    "date_of_birth": ("date",),
    "place": ("address", "house_number", "post_code", "city", "region"),
    "email": ("email",),
    "phone": ("phone",),
    "website": ("website",),
}


def of_fields(fields: list[Field]) -> list[Comparison]:
    """The comparisons that fields may allow, however they are filled; without those of no role."""
    kinds = {field.kind for field in fields}
    return [c for _, found in _BY_COLUMN for c in found if not kinds.isdisjoint(_KINDS.get(c.name, ()))]


def field_of(comparison: Comparison, fields: list[Field]) -> str:
    """Column of the field that shows a comparison's weight: the first of the kinds that it reads."""
    for kind in _KINDS.get(comparison.name, ()):
        for field in fields:
            if field.kind == kind:
                return field.column
    return comparison.name.removeprefix(OWN)
