"""Comparisons of names and of what kind of client bears them."""

import polars as pl

from matching.comparison import (
    FIRM,
    SELDOM,
    Comparison,
    Level,
    edits,
    either_null,
    jw,
    of_values,
    one_is,
    where,
)

PARTS = {"given_1": pl.col("given").str.head(1), "family_1": pl.col("family").str.head(1)}
"""Columns that hold a part of the text of another."""

_CROSSED = (("l.given", "r.family"), ("l.family", "r.given"))
_INITIALS = (
    f"{' and '.join(f'{a}_1 = {b}_1' for a, b in _CROSSED)} and l.given <> r.given and l.family <> r.family"
)
_MAYBE_SWAPPED = (
    "l.given = r.family and l.given is distinct from r.given"
    f" or l.family = r.given and l.family is distinct from r.family or {_INITIALS}"
)
SWAPPED = where(
    _MAYBE_SWAPPED,
    "case when l.given = r.family and l.given is distinct from r.given"
    " then coalesce(jaro_winkler_similarity(l.family, r.given) >= 0.8, l.family is null and r.given is null)"
    " when l.family = r.given and l.family is distinct from r.family"
    " then coalesce(jaro_winkler_similarity(l.given, r.family) >= 0.8, l.given is null and r.family is null)"
    f" when {_INITIALS} then "
    f"{' and '.join(f'jaro_winkler_similarity({a}, {b}) >= 0.86' for a, b in _CROSSED)} else false end",
)
"""Given and family name stand in each other's field; a name that stands alone may be in the other's."""


def _letters_apart(column: str, letters: int, least: int) -> str:
    """Condition: so few letters apart, in names of at least `least` letters."""
    longest = f'greatest(length(l."{column}"), length(r."{column}"))'
    return of_values(column, f"{longest} >= {least} and {edits(column, letters)}")


GIVEN = Comparison(
    "given_name",
    ("given",),
    f"({either_null('given')} and not {SWAPPED})",
    (
        Level("same given name", "l.given = r.given"),
        Level("given and family name swapped", SWAPPED),
        Level(
            "nickname of the other given name",
            of_values("given", "list_has_any(l.given_roots, r.given_roots)"),
        ),
        Level(
            "much like it, but another given name",
            f"l.given_known and r.given_known and ({jw('given', 0.84)} or {_letters_apart('given', 1, 3)})",
        ),
        Level("given name one letter apart", f"{_letters_apart('given', 1, 3)} or {jw('given', 0.93)}"),
        Level("given name spelled alike", f"{jw('given', 0.84)} or {_letters_apart('given', 2, 5)}"),
        Level("initial of the other given name", one_is("given", "length({a}) = 1 and {a} = left({b}, 1)")),
        Level(
            "known by the middle name",
            where(
                "l.middle is not null or r.middle is not null",
                "list_contains(string_split(coalesce(r.middle, ''), ' '), l.given)"
                " or list_contains(string_split(coalesce(l.middle, ''), ' '), r.given)",
            ),
        ),
        Level("given name somewhat alike", jw("given", 0.7)),
    ),
    "other given name",
    needs=("given", "family"),
    rarity="given",
    most=SELDOM,
    firm=FIRM,
    recurs=True,
)

FAMILY = Comparison(
    "family_name",
    ("family",),
    f"({either_null('family')} or {SWAPPED})",
    (
        Level("same family name", "l.family = r.family"),
        Level("one family name is part of the other",
              one_is("family", "contains(' ' || {a} || ' ', ' ' || {b} || ' ')")),
        Level("family name one letter apart", f"{_letters_apart('family', 1, 4)} or {jw('family', 0.94)}"),
        Level("family name spelled alike", f"{jw('family', 0.86)} or {_letters_apart('family', 2, 6)}"),
        Level("family name somewhat alike", jw("family", 0.72)),
    ),
    "other family name",
    shared=True,
    rarity="family",
    most=SELDOM,
    needs=("given", "family"),
)  # fmt: skip

MIDDLE = Comparison(
    "middle_name",
    ("middle",),
    # Where both write it with the given name it may be a part of it ("Xiu Ying"), and no clue of its own.
    "(l.middle = r.middle and l.middle_of_given and r.middle_of_given)",
    (
        Level("same middle name", "l.middle = r.middle"),
        Level("initial of the other middle name", one_is("middle", "length({a}) = 1 and {a} = left({b}, 1)")),
        Level("middle name spelled alike", jw("middle", 0.85)),
    ),
    "other middle name",
    firm=FIRM,
    recurs=True,
    needs=("middle",),
)

SUFFIX = Comparison(
    "name_suffix",
    ("suffix",),
    "false",
    (Level("same suffix", "l.suffix = r.suffix"),),
    "other suffix (junior, senior)",
    apart=True,
    needs=("suffix",),
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
    "false",
    (
        Level("same organisation name", f"l.org = r.org and {_NUMBERS} and not {_OTHER_STRUCTURE}"),
        Level("same name, organisations of different structure", f"l.org = r.org and {_NUMBERS}", apart=True),
        Level("same name but another number in it", f"not ({_NUMBERS}) and {jw('org', 0.8)}", apart=True),
        Level("same words in another order", f"l.org_sorted = r.org_sorted and {_NUMBERS}"),
        Level("trading or trustee name of the other",
              "l.org = r.org_other or r.org = l.org_other or l.org_other = r.org_other"),
        Level("organisation name spelled much alike", jw("org", 0.94)),
        Level("one name holds all words of the other",
              of_values("org", "list_has_all(l.org_tokens, r.org_tokens)"
                        " or list_has_all(r.org_tokens, l.org_tokens)")),
        Level("initials of the other name", "l.org = r.org_acronym or r.org = l.org_acronym"),
        Level("organisation name spelled alike", jw("org", 0.87)),
        Level("a word in common", of_values("org", "list_has_any(l.org_tokens, r.org_tokens)")),
    ),
    "other organisation name",
    shared=True,
    rarity="org",
    needs=("org",),
)  # fmt: skip

FULL = Comparison(
    "full_name",
    ("whole",),
    # Only where the parts could not be told on one side: else the same clue would count twice.
    "((l.given is not null and r.given is not null)"
    " or (l.org is not null and r.org is not null))",
    (
        Level("same whole name", "l.whole = r.whole"),
        Level("same words in another order", "l.whole_sorted = r.whole_sorted"),
        Level("whole name spelled much alike", jw("whole", 0.93)),
        Level("one name holds all words of the other",
              one_is("whole", "list_has_all(string_split({a}, ' '), string_split({b}, ' '))")),
        Level("whole name spelled alike", jw("whole", 0.85)),
    ),
    "other name",
    rarity="whole",
    needs=("whole",),
)  # fmt: skip

ENTITY = Comparison(
    "entity",
    ("structure",),
    "(l.structure = 'unknown' or r.structure = 'unknown' or coalesce(l.org = r.org, false))",
    (
        Level("same structure", "l.structure = r.structure"),
        Level("structures that stand for one another",
              "l.entity = 1 and r.entity = 1 or l.structure in ('company', 'association')"
              " and r.structure in ('company', 'association')"),
        Level("a person and an organisation", "l.entity <> r.entity"),
    ),
    "organisations of different structure",
    needs=("structure",),
)  # fmt: skip
