"""Comparisons of library fields that have no role of their own: by the kind of the field."""

from matching.comparison import FIRM, SELDOM, Comparison, Level, jw, of_values


def identifier(column: str) -> Comparison:
    """Comparison of an identifying number or code of a library field."""
    left, right = f'l."{column}"', f'r."{column}"'
    near = (
        f"damerau_levenshtein({left}, {right}) <= 1"
        f" or (least(length({left}), length({right})) >= 6 and levenshtein({left}, {right}) <= 2)"
    )
    return Comparison(
        column,
        (column,),
        "false",
        (
            Level("same number", f"{left} = {right}"),
            Level("number one or two digits apart", of_values(column, near)),
        ),
        "other number",
        needs=(column,),
    )


def masked(column: str) -> Comparison:
    """Comparison of a number of which some lists show the last digits only."""
    left, right = f'l."{column}"', f'r."{column}"'
    ends = " = ".join(f"right(regexp_replace({side}, '[^0-9]', '', 'g'), 3)" for side in (left, right))
    whole = f"{left} = {right} and not contains({left}, '*')"
    visible = f"{ends} and (contains({left}, '*') or contains({right}, '*'))"
    return Comparison(
        column,
        (column,),
        "false",
        (
            Level("same number", of_values(column, whole)),
            Level("visible digits agree", of_values(column, visible)),
        ),
        "other number",
        private=True,
        needs=(column,),
    )


def category(column: str) -> Comparison:
    """Comparison of a value out of few, such as sex or state."""
    same = (Level("same value", f'l."{column}" = r."{column}"'),)
    return Comparison(column, (column,), "false", same, "other value", rarity=column, needs=(column,))


def year(column: str) -> Comparison:
    """Comparison of a year or an age."""
    apart = f'abs(try_cast(l."{column}" as integer) - try_cast(r."{column}" as integer))'
    levels = (
        Level("same year", of_values(column, f"{apart} = 0")),
        Level("one year apart", of_values(column, f"{apart} = 1")),
        Level("a few years apart", of_values(column, f"{apart} <= 5")),
    )
    return Comparison(
        column,
        (column,),
        "false",
        levels,
        "other year",
        most=SELDOM / 2,
        firm=FIRM / 2,
        recurs=True,
        needs=(column,),
    )


def text(column: str) -> Comparison:
    """Comparison of free text by spelling and by words in common."""
    words = f'jaccard_words(l."{column}", r."{column}")'

    def shared(least: float) -> str:
        return of_values(column, f"{words} >= {least}")

    return Comparison(
        column,
        (column,),
        "false",
        (
            Level("same text", f'l."{column}" = r."{column}"'),
            Level("nearly the same words", f"{shared(0.8)} or {jw(column, 0.95)}"),
            Level("mostly the same words", f"{shared(0.5)} or {jw(column, 0.9)}"),
            Level("some of the same words", f"{shared(0.25)} or {jw(column, 0.8)}"),
        ),
        "other text",
        rarity=column,
        needs=(column,),
    )
