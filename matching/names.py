"""Comparisons of names and of what kind of client bears them."""

from matching.comparison import Comparison, Level, either_null, jw, one_is

_SWAPPED = "(l.given = r.family and l.family = r.given and l.given <> l.family)"

GIVEN = Comparison(
    "given_name",
    ("given",),
    either_null("given"),
    (
        Level("same given name", "l.given = r.given"),
        Level("given and family name swapped", f"coalesce({_SWAPPED}, false)"),
        Level("nickname of the other given name", "list_has_any(l.given_roots, r.given_roots)"),
        Level("given name spelled much alike", jw("given", 0.88)),
        Level("initial of the other given name", one_is("given", "length({a}) = 1 and {a} = left({b}, 1)")),
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
    f"({either_null('family')} or coalesce({_SWAPPED}, false))",
    (
        Level("same family name", "l.family = r.family"),
        Level("one family name is part of the other",
              one_is("family", "contains(' ' || {a} || ' ', ' ' || {b} || ' ')")),
        Level("family name spelled much alike",
              f"{jw('family', 0.92)} or levenshtein(l.family, r.family) <= 1"),
        Level("family name spelled alike", jw("family", 0.84)),
    ),
    "other family name",
    shared=True,
    rarity="family",
)  # fmt: skip

MIDDLE = Comparison(
    "middle_name",
    ("middle",),
    either_null("middle"),
    (
        Level("same middle name", "l.middle = r.middle"),
        Level("initial of the other middle name", one_is("middle", "length({a}) = 1 and {a} = left({b}, 1)")),
        Level("middle name spelled alike", jw("middle", 0.85)),
    ),
    "other middle name",
)

SUFFIX = Comparison(
    "name_suffix",
    ("suffix",),
    either_null("suffix"),
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
    either_null("org"),
    (
        Level("same organisation name", f"l.org = r.org and {_NUMBERS} and not {_OTHER_STRUCTURE}"),
        Level("same name, organisations of different structure", f"l.org = r.org and {_NUMBERS}"),
        Level("same name but another number in it", f"not ({_NUMBERS}) and {jw('org', 0.8)}"),
        Level("same words in another order", f"l.org_sorted = r.org_sorted and {_NUMBERS}"),
        Level("trading or trustee name of the other",
              "l.org = r.org_other or r.org = l.org_other or l.org_other = r.org_other"),
        Level("organisation name spelled much alike", jw("org", 0.94)),
        Level("one name holds all words of the other",
              "list_has_all(l.org_tokens, r.org_tokens) or list_has_all(r.org_tokens, l.org_tokens)"),
        Level("initials of the other name", "l.org = r.org_acronym or r.org = l.org_acronym"),
        Level("organisation name spelled alike", jw("org", 0.87)),
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
    f"({either_null('whole')} or (l.given is not null and r.given is not null)"
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
)  # fmt: skip

ENTITY = Comparison(
    "entity",
    ("structure",),
    "(l.structure = 'unknown' or r.structure = 'unknown' or coalesce(l.org = r.org, false)"
    f" or {either_null('structure')})",
    (
        Level("same structure", "l.structure = r.structure"),
        Level("structures that stand for one another",
              "l.entity = 1 and r.entity = 1 or l.structure in ('company', 'association')"
              " and r.structure in ('company', 'association')"),
        Level("a person and an organisation", "l.entity <> r.entity"),
    ),
    "organisations of different structure",
)  # fmt: skip
