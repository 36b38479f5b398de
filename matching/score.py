"""From comparison vectors to probabilities."""

import math

import numpy as np
import polars as pl

from expectations.errors import UsageError
from matching.buckets import Ints
from matching.comparison import Comparison
from matching.em import FLOOR, Vectors, log_likelihood, priors
from matching.model import Floats, Model, Stratum
from matching.parallel import over
from matching.vectors import STRATA, levels_of

BITS = 1 / np.log(2)
_SHRINK = 200.0
"""Records of belief in the overall frequency of agreement, against the frequency seen in the partition."""
_SHRINK_OF = {"org": 25.0}
"""The same for values that are either one client's own or common ("Smith Family"): a count tells sooner."""

_PER_CLIENT = ("date_of_birth",)
"""Of a list of duplicates, most records that share one of these are one client: they are not counted singly.
Names recur in families, whose records are not one client."""


def score(
    frame: pl.DataFrame, comparisons: list[Comparison], model: Model, least: float = -math.inf
) -> pl.DataFrame:
    """`frame` of `vectors.compare` with the columns log_odds (natural), prior, kinship and w0 … (all bits).

    Pairs whose log_odds are no more than `least` are left out.
    log_odds = (prior + Σ w + kinship) · ln 2, where w is log2(m / u), corrected at the best level for the
    rarity of the value, and kinship is what has to be taken off because relatives agree on shared clues too.
    Raises UsageError where the model was trained on other comparisons, or on other levels of one.
    """
    for comparison in comparisons:
        if model.levels.get(comparison.name) != list(comparison.sentences):
            raise UsageError(
                f"the model knows no comparison {comparison.name} of these levels: it was trained on other"
                " fields, or by another version of this program; train it anew"
            )
    names = ["log_odds", "prior", "kinship", *(f"w{k}" for k in range(len(comparisons)))]
    found = np.zeros((len(names), frame.height))
    likely = np.zeros(frame.height, np.bool_)

    def of_some(some: tuple[str, Ints]) -> None:
        kind, rows = some
        if len(rows):
            kept, values = _stratum(frame[rows], comparisons, model.strata[kind], least)
            found[:, rows[kept]] = values
            likely[rows[kept]] = True

    of_kinds = ((kind, np.flatnonzero(frame["stratum"] == i)) for i, kind in enumerate(STRATA))
    halves = [(kind, half) for kind, rows in of_kinds for half in np.array_split(rows, 2)]
    over(of_some, halves)
    columns = (pl.Series(name, row) for name, row in zip(names, found, strict=True))
    return frame.with_columns(columns).filter(pl.Series(likely))


def _stratum(
    frame: pl.DataFrame, comparisons: list[Comparison], stratum: Stratum, least: float
) -> tuple[Ints, Floats]:
    """Places of the pairs of one kind above `least`; a row of each of log_odds, prior, kinship, w0 …."""
    levels = levels_of(frame, len(comparisons))
    size = frame["size"].to_numpy().astype(np.float64)
    once = np.ones(frame.height)
    pairs = Vectors(levels, once, once, size, frame["within"].to_numpy().astype(np.bool_))
    m, r, u = ([np.asarray(part[c.name]) for c in comparisons] for part in (stratum.m, stratum.r, stratum.u))
    prior, related = priors(pairs, (stratum.overlap, stratum.duplicates, stratum.relatives))
    alike = np.where(pairs.within, 1 + 2 * stratum.duplicates, 1.0)
    adjust = _rarity(frame, comparisons, u, (size, alike))
    log_u = log_likelihood(u, levels) + sum(adjust.values(), np.zeros(frame.height))
    others = np.logaddexp(log_u, related + log_likelihood(r, levels))
    log_odds = prior + log_likelihood(m, levels) - others
    kept = np.flatnonzero(log_odds > least)
    weights = []
    for k in range(len(comparisons)):
        ratio = np.log(np.maximum(m[k], FLOOR) / np.maximum(u[k], FLOOR))
        ratio[0] = 0.0
        weights.append((ratio.take(levels[kept, k]) - (adjust[k][kept] if k in adjust else 0.0)) * BITS)
    return kept, np.stack([log_odds[kept], prior[kept] * BITS, (log_u - others)[kept] * BITS, *weights])


def _rarity(
    frame: pl.DataFrame, comparisons: list[Comparison], u: list[Floats], sizes: tuple[Floats, Floats]
) -> dict[int, Floats]:
    """Log of how much more often than on average a pair of strangers would agree on this very value.

    sizes: records of the list, and how many of them on average are one client.
    """
    size, alike = sizes
    found = {}
    for k, comparison in enumerate(comparisons):
        if comparison.rarity:
            agree = frame[f"c{k}"].to_numpy() == 1
            n = frame[f"n{k}"].fill_null(1).to_numpy().astype(np.float64)
            average = max(float(u[k][1]), FLOOR)
            others = np.maximum(n - 1, 0) / (alike if comparison.name in _PER_CLIENT else 1)
            belief = _SHRINK_OF.get(comparison.rarity, _SHRINK)
            seen = (others + belief * average) / (size + belief)
            found[k] = np.where(agree, np.log(seen / average), 0.0)
    return found
