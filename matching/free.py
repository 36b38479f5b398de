"""Comparisons of library fields that have no role of their own: by the kind of the field."""

from matching.comparison import FIRM, SELDOM, Comparison, Level, either_null, jw


def identifier(column: str) -> Comparison:
    """Comparison of an identifying number or code of a library field."""
    return Comparison(
        column,
        (column,),
        either_null(column),
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
        either_null(column),
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
    return Comparison(column, (column,), either_null(column), same, "other value", rarity=column)


def year(column: str) -> Comparison:
    """Comparison of a year or an age."""
    apart = f'abs(try_cast(l."{column}" as integer) - try_cast(r."{column}" as integer))'
    levels = (
        Level("same year", f"{apart} = 0"),
        Level("one year apart", f"{apart} = 1"),
        Level("a few years apart", f"{apart} <= 5"),
    )
    return Comparison(
        column,
        (column,),
        either_null(column),
        levels,
        "other year",
        most=SELDOM / 2,
        firm=FIRM / 2,
        recurs=True,
    )


def text(column: str) -> Comparison:
    """Comparison of free text by spelling and by words in common."""
    words = f'jaccard_words(l."{column}", r."{column}")'
    return Comparison(
        column,
        (column,),
        either_null(column),
        (
            Level("same text", f'l."{column}" = r."{column}"'),
            Level("nearly the same words", f"{words} >= 0.8 or {jw(column, 0.95)}"),
            Level("mostly the same words", f"{words} >= 0.5 or {jw(column, 0.9)}"),
            Level("some of the same words", f"{words} >= 0.25 or {jw(column, 0.8)}"),
        ),
        "other text",
        rarity=column,
    )
