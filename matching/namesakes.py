"""Namesakes: father and son, two John Smiths, two "Smith Family" trusts.

Relatives and strangers of the model bear one name by chance alone; in real lists some bear it on purpose. So
a fourth and a fifth kind of pair stand against a match: namesakes of one family, whose shared clues agree as
relatives' do, and namesakes who are strangers. What tells them apart from a match is what is individual:
birth date, middle name, numbers, old links. What is made of the name, as "info@manlyfootballclub.com.au" is,
namesakes may have alike as well. Relatives of other names are weighed anew too: of a couple of whom each list
holds one, what they share is held by no other.
"""

import numpy as np
import polars as pl

from matching.comparison import Comparison
from matching.em import FLOOR
from matching.model import Floats, Model, Stratum
from matching.score import BITS
from matching.vectors import STRATA

_NAMES = ("given_name", "family_name", "organisation_name", "full_name")
_RATES = {"person": (0.01, 0.03), "family": (0.001, 0.06), "other": (0.0005, 0.01)}
"""Namesakes that a record has in another list, in its family and beyond. Where the own partner is there it is
a rival in its own right, so this counts for those whose partner is missing."""
_FAMILY_NAMED = ("trust", "super_fund", "partnership")
"""Structures that go by the name of a family: many families have one name, a company's name is registered."""


_MADE_OF_NAME = {"email": "emails", "website": "websites"}
"""Clues that may be made of the name, and the prepared columns that they compare."""
_SAME = 2
"""The last level of these clues at which a value is the same, after that of one held by no other."""
_MADE_ALIKE = 0.3
"""Share of namesakes with an address made of their name who have made the same of it."""
_LEAST_LETTERS = 6
"""Letters that a name in an address has at least; of fewer it may be chance."""


def with_namesakes(
    pairs: pl.DataFrame, records: pl.DataFrame, comparisons: list[Comparison], model: Model
) -> pl.DataFrame:
    """Pairs of `score.score`, sorted by l and r, with log_odds and kinship as namesakes leave them.

    records: of `Prepared`.
    """
    named = records["structure"].is_in(_FAMILY_NAMED).fill_null(False)
    left, right = pairs["l"], pairs["r"]
    traits = [(named.gather(left) & named.gather(right)).alias("family_named")]
    for clue, column in _MADE_OF_NAME.items():
        # What two share is made of their name where one of them has nothing else.
        made = _made_of_name(records, column)
        traits.append((made.gather(left) | made.gather(right)).alias(f"made {clue}"))
    kinship = pairs["kinship"].to_numpy(writable=True)
    for i, name in enumerate(STRATA):
        rows = pairs.select(pl.arg_where(pl.col("stratum") == i)).to_series()
        if rows.len() and name in model.strata:
            frame = pairs[rows].with_columns(trait.gather(rows) for trait in traits)
            kinship[rows.to_numpy()] = _kinship(frame, comparisons, model.strata[name])
    left = pl.Series(kinship)
    return pairs.with_columns(log_odds=pl.col("log_odds") + (left - pl.col("kinship")) / BITS, kinship=left)


def _kinship(frame: pl.DataFrame, comparisons: list[Comparison], stratum: Stratum) -> Floats:
    """Bits to take off for all who share clues with a record, of each pair of one stratum."""
    names, made, shared, learned, kin = (np.zeros(frame.height) for _ in range(5))
    for k, comparison in enumerate(comparisons):
        level = frame[f"c{k}"].to_numpy()
        if comparison.name in _NAMES:
            weight = frame[f"w{k}"].to_numpy() / BITS
            names += weight
            kin += weight + _against(stratum.m, stratum, comparison)[level] if comparison.shared else 0.0
        elif comparison.shared:
            shared += _alone(stratum, comparison)[level]
            learned += _against(stratum.u, stratum, comparison)[level]
        if comparison.name in _MADE_OF_NAME:
            same = frame[f"made {comparison.name}"].to_numpy() & (level > 0) & (level <= _SAME)
            made += np.where(same, frame[f"w{k}"].to_numpy() / BITS, 0.0)
    made += np.where(made > 0, np.log(_MADE_ALIKE), 0.0)
    size = frame["size"].to_numpy().astype(np.float64)
    # All against strangers: relatives of other names, then namesakes of both kinds.
    same = frame.select(same_name(comparisons)).to_series().to_numpy()
    relatives = np.log(np.where(same, FLOOR, max(stratum.relatives, FLOOR)) / size)
    person = frame["stratum"].to_numpy() == STRATA.index("person")
    others = np.logaddexp(0.0, relatives + kin + np.where(person, shared, learned))
    for rate, clues in zip(_rates(frame), (shared, made), strict=True):
        others = np.logaddexp(others, np.log(rate / size) + names + clues)
    kinship: Floats = -others * BITS
    return kinship


def same_name(comparisons: list[Comparison]) -> pl.Expr:
    """Whether the names are the same in full: relatives of whom that is true are counted as namesakes."""
    first = {c.name: pl.col(f"c{k}") == 1 for k, c in enumerate(comparisons)}
    no = pl.lit(False)
    person = first.get("given_name", no) & first.get("family_name", no)
    return person | first.get("organisation_name", no) | first.get("full_name", no)


def _against(other: dict[str, list[float]], stratum: Stratum, comparison: Comparison) -> Floats:
    """Log of how much likelier each level is among relatives than among `other`: matches, or strangers."""
    r, o = (np.maximum(np.asarray(part[comparison.name]), FLOOR) for part in (stratum.r, other))
    ratio: Floats = np.log(r / o)
    ratio[0] = 0.0
    return ratio


def _made_of_name(records: pl.DataFrame, column: str) -> pl.Series:
    """Whether all that an organisation has in this column is made of its name: "info@harbourdairy.com.au"."""
    if column not in records.columns:
        return pl.repeat(False, records.height, eager=True)
    held = records.select(
        "rid",
        name=pl.col("org").str.replace_all(" ", "", literal=True),
        short=pl.col("org").str.replace_all(r" (and )?", ""),
        value=column,
    )
    held = held.drop_nulls().explode("value", empty_as_null=False)
    letters = pl.col("value").str.replace_all(r"[^\p{L}\p{N}]", "")
    holds = [letters.str.contains(pl.col(form), literal=True) for form in ("name", "short")]
    made = pl.any_horizontal(holds) & (pl.col("short").str.len_chars() >= _LEAST_LETTERS)
    found = held.group_by("rid").agg(made.all().alias("made")).filter("made")["rid"]
    return pl.repeat(False, records.height, eager=True).scatter(found, True)


def _rates(frame: pl.DataFrame) -> tuple[Floats, Floats]:
    """Namesakes in the family and beyond, of each pair."""
    person = frame["stratum"].to_numpy() == 0
    family = frame["family_named"].to_numpy()
    kinds = zip(_RATES["person"], _RATES["family"], _RATES["other"], strict=True)
    within, beyond = (np.where(person, p, np.where(family, f, o)) for p, f, o in kinds)
    return within, beyond


def _alone(stratum: Stratum, comparison: Comparison) -> Floats:
    """Log of how much likelier than among strangers each level is where each list holds one of two relatives.

    What a family shares is "held by no other" where the partners are missing: the first level, a value of one
    record in each list, then is as likely as the second.
    """
    ratio = _against(stratum.u, stratum, comparison)
    r, u = (np.maximum(np.asarray(part[comparison.name]), FLOOR) for part in (stratum.r, stratum.u))
    ratio[1] = np.log((r[1] + r[2]) / u[1])
    return ratio
