"""The comparisons: for each clue the levels of agreement, best first, as SQL over a left and a right record.

Level 0 means that a side is missing, 1 is the best agreement, the last is disagreement. A clue is one
comparison, so that what travels together (street, city, postcode) is counted once. `shared` clues are those
that relatives, or the companies and trusts of one family, have in common; `individual` ones tell them apart.
The sentence of a level is what `scr explain` prints.
"""

from collections.abc import Collection
from dataclasses import dataclass

from matching.spec import Field


@dataclass(frozen=True)
class Level:
    """One level of agreement: the sentence a person reads, and its condition on aliases l and r."""

    sentence: str
    condition: str


@dataclass(frozen=True)
class Comparison:
    """One clue."""

    name: str
    shown: tuple[str, ...]
    """Prepared columns that an explanation shows."""
    missing: str
    levels: tuple[Level, ...]
    otherwise: str
    shared: bool = False
    rarity: str | None = None
    """Prepared column whose frequency sharpens level 1: agreeing on a rare value tells more."""
    private: bool = False
    """Whether values are masked in explanations."""

    @property
    def size(self) -> int:
        """Number of levels: missing, the declared ones, disagreement."""
        return len(self.levels) + 2

    @property
    def sentences(self) -> tuple[str, ...]:
        """Sentence of each level, from 0."""
        return ("missing", *(level.sentence for level in self.levels), self.otherwise)

    @property
    def sql(self) -> str:
        """Expression that gives the level of the pair (l, r)."""
        cases = [f"when {level.condition} then {i}" for i, level in enumerate(self.levels, 1)]
        return f"(case when {self.missing} then 0 {' '.join(cases)} else {self.size - 1} end)::utinyint"


def _either_null(column: str) -> str:
    return f'(l."{column}" is null or r."{column}" is null)'


def _both_empty(column: str) -> str:
    return f'(len(l."{column}") = 0 or len(r."{column}") = 0 or {_either_null(column)})'


def _jw(column: str, least: float) -> str:
    # `vectors.compare` works a similarity out once per pair, however many levels ask for it.
    return f'jaro_winkler_similarity(l."{column}", r."{column}") >= {least}'


def _one_is(column: str, condition: str) -> str:
    """The condition written with a and b, either way round."""
    return " or ".join(
        "(" + condition.replace("{a}", f'{x}."{column}"').replace("{b}", f'{y}."{column}"') + ")"
        for x, y in (("l", "r"), ("r", "l"))
    )


_SWAPPED = "(l.given = r.family and l.family = r.given and l.given <> l.family)"

GIVEN = Comparison(
    "given_name",
    ("given",),
    _either_null("given"),
    (
        Level("same given name", "l.given = r.given"),
        Level("given and family name swapped", f"coalesce({_SWAPPED}, false)"),
        Level("nickname of the other given name", "list_has_any(l.given_roots, r.given_roots)"),
        Level("given name spelled much alike", _jw("given", 0.88)),
        Level("initial of the other given name", _one_is("given", "length({a}) = 1 and {a} = left({b}, 1)")),
        Level(
            "known by the middle name",
            "list_contains(string_split(coalesce(r.middle, ''), ' '), l.given)"
            " or list_contains(string_split(coalesce(l.middle, ''), ' '), r.given)",
        ),
    ),
    "other given name",
    rarity="given",
)

FAMILY = Comparison(
    "family_name",
    ("family",),
    f"({_either_null('family')} or coalesce({_SWAPPED}, false))",
    (
        Level("same family name", "l.family = r.family"),
        Level("one family name is part of the other",
              _one_is("family", "contains(' ' || {a} || ' ', ' ' || {b} || ' ')")),
        Level("family name spelled much alike",
              f"{_jw('family', 0.92)} or levenshtein(l.family, r.family) <= 1"),
        Level("family name spelled alike", _jw("family", 0.84)),
    ),
    "other family name",
    shared=True,
    rarity="family",
)  # fmt: skip

MIDDLE = Comparison(
    "middle_name",
    ("middle",),
    _either_null("middle"),
    (
        Level("same middle name", "l.middle = r.middle"),
        Level(
            "initial of the other middle name", _one_is("middle", "length({a}) = 1 and {a} = left({b}, 1)")
        ),
        Level("middle name spelled alike", _jw("middle", 0.85)),
    ),
    "other middle name",
)

SUFFIX = Comparison(
    "name_suffix",
    ("suffix",),
    _either_null("suffix"),
    (Level("same suffix", "l.suffix = r.suffix"),),
    "other suffix (junior, senior)",
)

# A company, its trust and its super fund often have one name: the name alone must not join them.
_OTHER_STRUCTURE = (
    "coalesce(l.structure <> r.structure and l.structure <> 'unknown' and r.structure <> 'unknown' and not"
    " (l.structure in ('company', 'association') and r.structure in ('company', 'association')), false)"
)
_NUMBERS = "coalesce(l.org_numbers, '') = coalesce(r.org_numbers, '')"

ORGANISATION = Comparison(
    "organisation_name",
    ("org",),
    _either_null("org"),
    (
        Level("same organisation name", f"l.org = r.org and {_NUMBERS} and not {_OTHER_STRUCTURE}"),
        Level("same name, organisations of different structure", f"l.org = r.org and {_NUMBERS}"),
        Level("same name but another number in it", f"not ({_NUMBERS}) and {_jw('org', 0.8)}"),
        Level("same words in another order", f"l.org_sorted = r.org_sorted and {_NUMBERS}"),
        Level("trading or trustee name of the other",
              "l.org = r.org_other or r.org = l.org_other or l.org_other = r.org_other"),
        Level("organisation name spelled much alike", _jw("org", 0.94)),
        Level("one name holds all words of the other",
              "list_has_all(l.org_tokens, r.org_tokens) or list_has_all(r.org_tokens, l.org_tokens)"),
        Level("initials of the other name", "l.org = r.org_acronym or r.org = l.org_acronym"),
        Level("organisation name spelled alike", _jw("org", 0.87)),
        Level("a word in common", "list_has_any(l.org_tokens, r.org_tokens)"),
    ),
    "other organisation name",
    shared=True,
    rarity="org",
)  # fmt: skip

FULL = Comparison(
    "full_name",
    ("whole",),
    # Only where the parts could not be told on one side: else the same clue would count twice.
    f"({_either_null('whole')} or (l.given is not null and r.given is not null)"
    " or (l.org is not null and r.org is not null))",
    (
        Level("same whole name", "l.whole = r.whole"),
        Level("same words in another order", "l.whole_sorted = r.whole_sorted"),
        Level("whole name spelled much alike", _jw("whole", 0.93)),
        Level("one name holds all words of the other",
              _one_is("whole", "list_has_all(string_split({a}, ' '), string_split({b}, ' '))")),
        Level("whole name spelled alike", _jw("whole", 0.85)),
    ),
    "other name",
    rarity="whole",
)  # fmt: skip

ENTITY = Comparison(
    "entity",
    ("structure",),
    "(l.structure = 'unknown' or r.structure = 'unknown' or coalesce(l.org = r.org, false)"
    f" or {_either_null('structure')})",
    (
        Level("same structure", "l.structure = r.structure"),
        Level("structures that stand for one another",
              "l.entity = 1 and r.entity = 1 or l.structure in ('company', 'association')"
              " and r.structure in ('company', 'association')"),
        Level("a person and an organisation", "l.entity <> r.entity"),
    ),
    "organisations of different structure",
)  # fmt: skip

BIRTH = Comparison(
    "date_of_birth",
    ("dob",),
    _either_null("dob"),
    (
        Level("same date", "l.dob = r.dob"),
        Level("day and month swapped",
              "year(l.dob) = year(r.dob) and month(l.dob) = day(r.dob) and day(l.dob) = month(r.dob)"),
        Level("two of day, month and year the same",
              "(year(l.dob) = year(r.dob))::int + (month(l.dob) = month(r.dob))::int"
              " + (day(l.dob) = day(r.dob))::int = 2"),
        Level("same year or a digit or two apart",
              "year(l.dob) = year(r.dob)"
              " or levenshtein(strftime(l.dob, '%Y%m%d'), strftime(r.dob, '%Y%m%d')) <= 2"),
    ),
    "other date",
)  # fmt: skip

_STREET = (
    "((l.street is not null and r.street is not null and coalesce(l.house, '') = coalesce(r.house, '')"
    f" and {_jw('street', 0.9)}) or (l.street is null and r.street is null and l.house = r.house))"
    " and (l.post_code = r.post_code or (l.post_code is null or r.post_code is null)"
    " and (l.city = r.city or l.city is null or r.city is null))"
)
_SAME_PLACE = "coalesce(l.post_code = r.post_code, l.city = r.city, false)"

PLACE = Comparison(
    "place",
    ("house", "street", "city", "post_code"),
    "(coalesce(l.street, l.house, l.post_code, l.city) is null"
    " or coalesce(r.street, r.house, r.post_code, r.city) is null"
    " or coalesce(l.address_hub, false) and coalesce(r.address_hub, false))",
    (
        Level("same address, held by no other",
              f"{_STREET} and l.address_count <= 1 and r.address_count <= 1"),
        Level("same address, shared by a few", _STREET),
        Level("same street, other or no number",
              f"{_SAME_PLACE} and {_jw('street', 0.9)}"),
        Level("same postcode", "l.post_code = r.post_code"),
        Level("same city", "l.city = r.city"),
    ),
    "other place",
    shared=True,
)  # fmt: skip


def _overlap(
    name: str, column: str, noun: str, near: Level | None = None, silent: str = "false"
) -> Comparison:
    own, family = f"{column}_own", f"{column}_family"
    both = f"list_has_any(list_concat(l.{own}, l.{family}), list_concat(r.{own}, r.{family}))"
    levels = [
        Level(f"same {noun}, held by no other", f"list_has_any(l.{own}, r.{own})"),
        Level(f"same {noun}, shared by a few", both),
    ]
    missing = f"(len(l.{own}) + len(l.{family}) = 0 or len(r.{own}) + len(r.{family}) = 0 or {silent})"
    return Comparison(
        name, (column,), missing, tuple(levels + ([near] if near else [])), f"other {noun}", shared=True
    )


EMAIL = _overlap(
    "email",
    "emails",
    "e-mail",
    Level("e-mail spelled much alike", "jaro_winkler_similarity(l.emails_own[1], r.emails_own[1]) >= 0.96"),
    # People of one name choose one name before the @: at another provider that tells nothing new.
    silent="coalesce(l.emails_own[1] <> r.emails_own[1]"
    " and split_part(l.emails_own[1], '@', 1) = split_part(r.emails_own[1], '@', 1), false)",
)
PHONE = _overlap(
    "phone",
    "phones",
    "phone",
    Level("phone one digit apart", "levenshtein(l.phones_own[1], r.phones_own[1]) <= 1"),
)
WEBSITE = _overlap("website", "websites", "website")

TAX = Comparison(
    "tax_number",
    ("tax_number", "tax_last3"),
    _either_null("tax_last3"),
    (
        Level("same whole tax number", "l.tax_number = r.tax_number"),
        Level("last three digits of the tax number agree",
              "l.tax_last3 = r.tax_last3 and (l.tax_number is null or r.tax_number is null)"),
    ),
    "other tax number",
    private=True,
)  # fmt: skip

BUSINESS = Comparison(
    "business_number",
    ("business_number", "branch_number"),
    _either_null("business_number"),
    (
        Level("same business number, other branch",
              "l.business_number = r.business_number and l.branch_number <> r.branch_number"),
        Level("same business number", "l.business_number = r.business_number"),
    ),
    "other business number",
)  # fmt: skip

COMPANY = Comparison(
    "company_number",
    ("company_number",),
    _either_null("company_number"),
    (Level("same company number", "l.company_number = r.company_number"),),
    "other company number",
)

SYNC = Comparison(
    "sync_link",
    (),
    "(len(l.sync) = 0 and len(r.sync) = 0)",
    (Level("paired by the old client sync", "list_has_any(l.sync, r.sync)"),),
    "paired with another client by the old client sync",
)


def identifier(column: str) -> Comparison:
    """Comparison of an identifying number or code of a library field."""
    return Comparison(
        column,
        (column,),
        _either_null(column),
        (
            Level("same number", f'l."{column}" = r."{column}"'),
            Level("number one or two digits apart", f'damerau_levenshtein(l."{column}", r."{column}") <= 1'
                  f' or (length(l."{column}") >= 6 and levenshtein(l."{column}", r."{column}") <= 2)'),
        ),
        "other number",
    )  # fmt: skip


def masked(column: str) -> Comparison:
    """Comparison of a number of which some lists show the last digits only."""
    tail = "right(regexp_replace({x}, '[^0-9]', '', 'g'), 3)"
    left, right = (tail.replace("{x}", f'{side}."{column}"') for side in "lr")
    return Comparison(
        column,
        (column,),
        _either_null(column),
        (
            Level("same number", f"l.\"{column}\" = r.\"{column}\" and not contains(l.\"{column}\", '*')"),
            Level("visible digits agree",
                  f"{left} = {right} and (contains(l.\"{column}\", '*') or contains(r.\"{column}\", '*'))"),
        ),
        "other number",
        private=True,
    )  # fmt: skip


def category(column: str) -> Comparison:
    """Comparison of a value out of few, such as sex or state."""
    same = (Level("same value", f'l."{column}" = r."{column}"'),)
    return Comparison(column, (column,), _either_null(column), same, "other value", rarity=column)


def year(column: str) -> Comparison:
    """Comparison of a year or an age."""
    apart = f'abs(try_cast(l."{column}" as integer) - try_cast(r."{column}" as integer))'
    levels = (
        Level("same year", f"{apart} = 0"),
        Level("one year apart", f"{apart} = 1"),
        Level("a few years apart", f"{apart} <= 5"),
    )
    return Comparison(column, (column,), _either_null(column), levels, "other year")


def text(column: str) -> Comparison:
    """Comparison of free text by spelling and by words in common."""
    words = f'jaccard_words(l."{column}", r."{column}")'
    return Comparison(
        column,
        (column,),
        _either_null(column),
        (
            Level("same text", f'l."{column}" = r."{column}"'),
            Level("nearly the same words", f"{words} >= 0.8 or {_jw(column, 0.95)}"),
            Level("mostly the same words", f"{words} >= 0.5 or {_jw(column, 0.9)}"),
            Level("some of the same words", f"{words} >= 0.25 or {_jw(column, 0.8)}"),
        ),
        "other text",
        rarity=column,
    )


_BY_COLUMN: tuple[tuple[tuple[str, ...], tuple[Comparison, ...]], ...] = (
    (("given",), (GIVEN, MIDDLE, SUFFIX)),
    (("family",), (FAMILY,)),
    (("org",), (ORGANISATION,)),
    (("whole",), (FULL,)),
    (("structure",), (ENTITY,)),
    (("dob",), (BIRTH,)),
    (("house", "street", "city", "post_code"), (PLACE,)),
    (("emails",), (EMAIL,)),
    (("phones",), (PHONE,)),
    (("websites",), (WEBSITE,)),
    (("tax_last3",), (TAX,)),
    (("business_number",), (BUSINESS,)),
    (("company_number",), (COMPANY,)),
    (("sync",), (SYNC,)),
)


def of_columns(columns: Collection[str]) -> list[Comparison]:
    """The comparisons that filled columns of these names allow, in a fixed order."""
    return [c for needs, found in _BY_COLUMN if not set(needs).isdisjoint(columns) for c in found]


_KINDS = {
    "given_name": ("given_name", "full_name", "name"),
    "middle_name": ("middle_name", "given_name", "full_name", "name"),
    "name_suffix": ("family_name", "full_name", "name"),
    "family_name": ("family_name", "full_name", "name"),
    "organisation_name": ("organisation_name", "name"),
    "full_name": ("full_name", "name"),
    "date_of_birth": ("date",),
    "place": ("address", "house_number", "post_code", "city"),
    "email": ("email",),
    "phone": ("phone",),
    "website": ("website",),
}


def field_of(comparison: Comparison, fields: list[Field]) -> str:
    """Column of the field that shows a comparison's weight: the first of the kinds that it reads."""
    for kind in _KINDS.get(comparison.name, ()):
        for field in fields:
            if field.kind == kind:
                return field.column
    return comparison.name
