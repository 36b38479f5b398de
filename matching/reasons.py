"""Why a pair stands in its band, in one plain sentence: what `match.reason` holds.

The sentences are few and hold no value of a record, so a table of millions of pairs stores them for nothing.
"""

import polars as pl

from matching.comparison import Comparison
from matching.options import SURE, MatchOptions
from matching.score import BITS

_NUMBERS = {
    "tax_number": "The tax numbers differ",
    "business_number": "The business numbers differ",
    "company_number": "The company numbers differ",
}
BARRED = (
    "The Tax record names another client and is compared with that one only.",
    "A person and an organisation are never compared.",
)
"""Reasons for which two records are not compared, however like they are."""
_AGAINST = -2.0
"""Bits of a clue that is worth a mention."""
_KINSHIP = -5.0
"""Bits taken off for what relatives share that are worth a mention."""
_UNSUPPORTED = ", and no registered number or birth date says that they are one: a person must say so."


def band_reason(comparisons: list[Comparison]) -> pl.Expr:
    """The sentence for pairs of `bands.banded`."""
    return (
        pl.when(pl.col("decided_by") == "person")
        .then(_of_people())
        .when(pl.col("band") == "exact")
        .then(_joined())
        .when(pl.col("band") == "rejected")
        .then(_forbidden(comparisons))
        .otherwise(_asked(comparisons))
    )


def absence_reason(options: MatchOptions) -> pl.Expr:
    """The sentence for pairs of one record that `bands.banded` left out.

    Reads, beside the columns of `bands.with_probability`: entities (sum of the two records' kinds: 3 is a
    person with an organisation), bound (a Tax record that names another client) and proposed (by blocking).
    """
    alone = _alone() >= options.near
    return (
        pl.when("bound")
        .then(pl.lit(BARRED[0]))
        .when(pl.col("entities") == 3)
        .then(pl.lit(BARRED[1]))
        .when(~pl.col("proposed") & alone)
        .then(pl.lit("They were not compared: they share none of the keys by which pairs are found."))
        .when(~pl.col("proposed"))
        .then(pl.lit("They have too little in common to be compared, and are too unlikely to be asked."))
        .when(pl.col("probability") >= options.near)
        .then(
            pl.lit("One of the two is joined with another record of the same list, or asked about beside it.")
        )
        .when(alone)
        .then(pl.lit("Another candidate of one of the two is much likelier."))
        .otherwise(pl.lit("The probability stays below the threshold for asking."))
    )


def _of_people() -> pl.Expr:
    return pl.col("judgement").replace_strict(
        {
            "match": "A person said that they are one client.",
            "no_match": "A person said that they are two clients.",
            "unsure": "A person was unsure, so it stays open.",
        },
        return_dtype=pl.String,
    )


def _joined() -> pl.Expr:
    reached = "the probability reached the threshold for joining."
    return pl.col("decided_by").replace_strict(
        {
            "identifier": f"A registered number agrees, and {reached}",
            "sync_link": f"The old client sync paired them, and with that {reached}",
            "tax_uuid": "The Tax record names this client, and its details do not contradict that.",
        },
        default=reached.capitalize(),
        return_dtype=pl.String,
    )


def _forbidden(comparisons: list[Comparison]) -> pl.Expr:
    found = pl.lit(None, pl.String)
    for k, comparison in enumerate(comparisons):
        if comparison.name in _NUMBERS:
            differ = pl.col(f"c{k}") == comparison.size - 1
            said = pl.lit(f"{_NUMBERS[comparison.name]}, which forbids a join without a person.")
            found = pl.coalesce(found, pl.when(differ).then(said))
    return pl.coalesce(
        found, pl.lit("Two branches of one business number are two clients, unless a person says otherwise.")
    )


def _asked(comparisons: list[Comparison]) -> pl.Expr:
    return (
        pl.when("within")
        .then(pl.lit("They stand in one list: only a person joins two records of one list."))
        .when("tax_link")
        .then(pl.lit("The Tax record names this client, but its other details contradict that."))
        .when("doubtful")
        .then(pl.coalesce(_doubt(comparisons), pl.lit("The names differ" + _UNSUPPORTED)))
        .when("tied")
        .then(pl.lit("Two records of one list fit equally well: a person must choose."))
        .when(~pl.col("sure") & (pl.col("settled") >= SURE))
        .then(pl.lit("Likely, but likelier joins of this practice use up the wrong joins that are allowed."))
        .when(~pl.col("sure") & (_alone() >= SURE))
        .then(pl.lit("By itself it would be joined, but a rival candidate is too near."))
        .when(~pl.col("sure"))
        .then(_too_little(comparisons))
        .otherwise(pl.lit("Joining it would tie two records of one list."))
    )


def _too_little(comparisons: list[Comparison]) -> pl.Expr:
    """What keeps a pair without rivals below the threshold for joining."""
    against = pl.any_horizontal(
        pl.lit(False), *(pl.col(f"w{k}") <= _AGAINST for k in range(len(comparisons)))
    )
    unrelated = _alone(pl.col("log_odds") - pl.col("kinship") / BITS) >= SURE
    return (
        pl.when(unrelated & (pl.col("kinship") <= _KINSHIP))
        .then(pl.lit("Relatives or sister companies would agree on as much: it is too little for a join."))
        .when(against)
        .then(pl.lit("Some details speak against it: the probability stays below the threshold for joining."))
        .otherwise(pl.lit("Too few details agree: the probability stays below the threshold for joining."))
    )


def _doubt(comparisons: list[Comparison]) -> pl.Expr:
    """What a registered number has to support, however likely the pair is."""
    number: list[pl.Expr] = []
    structure: list[pl.Expr] = []
    names: list[pl.Expr] = []
    for k, comparison in enumerate(comparisons):
        level, last = pl.col(f"c{k}"), comparison.size - 1
        if comparison.name == "entity":
            structure.append(level.is_in([last, last - 1]))
        if comparison.name in ("given_name", "family_name"):
            names.append(level == last)
        if comparison.name == "organisation_name":
            names.append(level.is_in([last, last - 1]))
            number.append(level.is_in(_levels(comparison, "another number")))
            structure.append(level.is_in(_levels(comparison, "different structure")))
    found = pl.coalesce(
        pl.when(pl.any_horizontal(met or [pl.lit(False)])).then(pl.lit(sentence + _UNSUPPORTED))
        for sentence, met in (
            ("The names hold different numbers", number),
            ("The legal structures differ", structure),
            ("The names differ", names),
        )
    )
    return pl.when(~pl.col("identified")).then(found)


def _levels(comparison: Comparison, words: str) -> list[int]:
    return [i for i, sentence in enumerate(comparison.sentences) if words in sentence]


def _alone(log_odds: pl.Expr | None = None) -> pl.Expr:
    """Probability if the two records had no rival."""
    odds = pl.col("log_odds") if log_odds is None else log_odds
    probability: pl.Expr = 1 / (1 + (-odds.clip(-60, 60)).exp())
    return probability
