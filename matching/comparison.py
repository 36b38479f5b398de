"""The comparisons: for each clue the levels of agreement, best first, as SQL over a left and a right record.

Level 0 means that a side is missing, 1 is the best agreement, the last is disagreement. A clue is one
comparison, so that what travels together (street, city, postcode) is counted once. `shared` clues are those
that relatives, or the companies and trusts of one family, have in common; `individual` ones tell them apart.
The sentence of a level is what `scr explain` prints.

Most conditions ask whether values are equal or missing, which `pairs` answers by numbers that stand for the
values. Those that must read texts say what they depend on: `of_values` and `where`.
"""

import re
from dataclasses import dataclass

SELDOM = 0.25
"""Most share of matches that have two names, or two birth dates: in no labelled set was it more."""
FIRM = 100.0
"""Pseudo matches behind the belief that such contradictions are rare, where lists may be too small."""


@dataclass(frozen=True)
class Level:
    """One level of agreement: the sentence a person reads, and its condition on aliases l and r."""

    sentence: str
    condition: str
    apart: bool = False
    """Whether it speaks against a match whatever training finds: "Lot 4 Trust" beside "Lot 5 Trust"."""


@dataclass(frozen=True)
class Comparison:
    """One clue."""

    name: str
    shown: tuple[str, ...]
    """Prepared columns that an explanation shows."""
    missing: str
    """Condition under which the clue is missing though both sides have what it `needs`."""
    levels: tuple[Level, ...]
    otherwise: str
    shared: bool = False
    rarity: str | None = None
    """Prepared column whose frequency sharpens level 1: agreeing on a rare value tells more."""
    private: bool = False
    """Whether values are masked in explanations."""
    disagree: float = 0.0
    """Least share of matches that disagree, whatever training finds."""
    most: float = 1.0
    """Most share of matches that disagree, whatever training finds, where it is cautious (`em.fit`)."""
    firm: float = 0.0
    """Pseudo matches more behind the belief that hardly any disagrees, as `belief.cautious` believes."""
    recurs: bool = False
    """Whether some relatives agree on it, though it tells most of them apart: a birth date of twins."""
    needs: tuple[str, ...] = ()
    """Prepared columns of which each side must have one at least, else the clue is missing."""
    apart: bool = False
    """Whether disagreement speaks against a match whatever training finds: "junior" beside "senior"."""

    @property
    def size(self) -> int:
        """Number of levels: missing, the declared ones, disagreement."""
        return len(self.levels) + 2

    @property
    def sentences(self) -> tuple[str, ...]:
        """Sentence of each level, from 0."""
        return ("missing", *(level.sentence for level in self.levels), self.otherwise)


# Marks are control characters, which no name of a column holds.
_TEXT = "[^\x01-\x04]*"
MARKED = re.compile(f"\x01(?:(?P<column>{_TEXT})\x02|(?P<guard>{_TEXT})\x03)(?P<condition>{_TEXT})\x04")
"""A condition marked by `of_values` (with column) or `where` (with guard)."""


def of_values(column: str, condition: str) -> str:
    """Mark a condition that reads this one column, or what is derived from its values, on both sides.

    It is worked out once for each pair of values, and false where a side has none.
    """
    return f"\x01{column}\x02({condition})\x04"


def where(guard: str, condition: str) -> str:
    """Mark a dear condition that is false where `guard` is not true, which is seldom and cheap to tell."""
    return f"\x01{guard}\x03({condition})\x04"


def either_null(column: str) -> str:
    """Condition: a side has no value."""
    return f'(l."{column}" is null or r."{column}" is null)'


def jw(column: str, least: float, derived_from: str | None = None) -> str:
    """Condition: Jaro-Winkler similarity of at least `least`."""
    # `pairs` works a similarity out once, however many levels ask for it.
    condition = f'jaro_winkler_similarity(l."{column}", r."{column}") >= {least}'
    return of_values(derived_from or column, condition)


LETTERS = "letters of "
"""Before the name of a column: which letters each value holds, as a set of bits."""


def edits(column: str, most: int) -> str:
    """Condition: Levenshtein distance of at most `most`."""
    left, right = f'l."{column}"', f'r."{column}"'
    # Texts of other lengths or letters need no matrix, which DuckDB would fill in full.
    return (
        f"abs(length({left}) - length({right})) <= {most}"
        f' and bit_count(xor(l."{LETTERS}{column}", r."{LETTERS}{column}")) <= {2 * most}'
        f" and levenshtein({left}, {right}) <= {most}"
    )


def one_is(column: str, condition: str) -> str:
    """The condition written with a and b, either way round."""
    ways = " or ".join(
        "(" + condition.replace("{a}", f'{x}."{column}"').replace("{b}", f'{y}."{column}"') + ")"
        for x, y in (("l", "r"), ("r", "l"))
    )
    return of_values(column, ways)
