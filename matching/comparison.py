"""The comparisons: for each clue the levels of agreement, best first, as SQL over a left and a right record.

Level 0 means that a side is missing, 1 is the best agreement, the last is disagreement. A clue is one
comparison, so that what travels together (street, city, postcode) is counted once. `shared` clues are those
that relatives, or the companies and trusts of one family, have in common; `individual` ones tell them apart.
The sentence of a level is what `scr explain` prints.
"""

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
    """Pseudo matches more behind the belief that hardly any disagrees, as `em.cautious` believes."""
    recurs: bool = False
    """Whether some relatives agree on it, though it tells most of them apart: a birth date of twins."""
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

    @property
    def sql(self) -> str:
        """Expression that gives the level of the pair (l, r)."""
        cases = [f"when {level.condition} then {i}" for i, level in enumerate(self.levels, 1)]
        return f"(case when {self.missing} then 0 {' '.join(cases)} else {self.size - 1} end)::utinyint"


def either_null(column: str) -> str:
    """Condition: a side has no value."""
    return f'(l."{column}" is null or r."{column}" is null)'


def jw(column: str, least: float) -> str:
    """Condition: Jaro-Winkler similarity of at least `least`."""
    # `vectors.compare` works a similarity out once per pair, however many levels ask for it.
    return f'jaro_winkler_similarity(l."{column}", r."{column}") >= {least}'


def edits(left: str, right: str, most: int) -> str:
    """Condition: Levenshtein distance of at most `most`."""
    # Texts of other lengths need no matrix, which DuckDB would fill in full.
    return f"abs(length({left}) - length({right})) <= {most} and levenshtein({left}, {right}) <= {most}"


def one_is(column: str, condition: str) -> str:
    """The condition written with a and b, either way round."""
    return " or ".join(
        "(" + condition.replace("{a}", f'{x}."{column}"').replace("{b}", f'{y}."{column}"') + ")"
        for x, y in (("l", "r"), ("r", "l"))
    )
