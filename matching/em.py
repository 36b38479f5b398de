"""Estimation without labels: expectation maximisation on counted comparison vectors of the whole pair space.

The pair space is the candidates, each counted once, and a random sample of all other pairs, weighted up to
their number. So no clue is learned from pairs that were blocked on it, and the prior is a share of all pairs.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matching.comparison import Comparison
from matching.model import Floats, Stratum

_ROUNDS = 60
_APART = 2.0**-6
"""Most that a level which keeps records apart may have of m, against u."""
_NAMES = ("family_name", "organisation_name")
_MATCH_BELIEF = 20.0
"""Pseudo matches behind the prior belief on m, so that a list of eight is not read as proof."""
FLOOR = 1e-6
"""Least probability of a level: nothing is impossible because it was not seen."""


@dataclass(frozen=True)
class Vectors:
    """Distinct comparison vectors, n of them, and the pairs each stands for."""

    levels: NDArray[np.uint8]
    """n × comparisons."""
    weight: Floats
    """Pairs that the vector stands for."""
    size: Floats
    """Records of the longer list of the partition, for the prior."""
    within: NDArray[np.bool_]
    """Whether the pairs lie inside one list."""


@dataclass(frozen=True)
class Space:
    """How many could match: records of the shorter lists summed over partitions, and records inside lists."""

    cross: float
    inside: float


def believed_m(comparison: Comparison) -> Floats:
    """Belief on m before any data: mostly the best level, a few in a hundred disagree."""
    levels = comparison.size - 1
    m = np.zeros(comparison.size)
    m[1:] = 0.12 / levels
    m[1] += 0.83
    m[-1] += 0.05
    share: Floats = m / m.sum()
    return share


def fit(comparisons: list[Comparison], vectors: Vectors, space: Space) -> Stratum:
    """Fit one stratum; see the module for what `vectors` must hold."""
    present = (vectors.levels > 0).sum(axis=0).tolist()
    if sum(not c.shared for c, there in zip(comparisons, present, strict=True) if there) < 2:
        # Where nothing else tells relatives apart, their names do.
        comparisons = [replace(c, shared=c.shared and c.name not in _NAMES) for c in comparisons]
    state = _start(comparisons, vectors)
    for _ in range(_ROUNDS):
        state = _step(comparisons, vectors, space, state)
    m, r, u, rates = state
    m = [_as_known(c, mk, uk) for c, mk, uk in zip(comparisons, m, u, strict=True)]
    names = [c.name for c in comparisons]
    by_name = [
        {name: [round(float(x), 8) for x in levels] for name, levels in zip(names, parts, strict=True)}
        for parts in (m, r, u)
    ]
    overlap, duplicates, relatives = (float(rate) for rate in rates)
    return Stratum(by_name[0], by_name[1], by_name[2], overlap, duplicates, relatives)


def _as_known(comparison: Comparison, m: Floats, u: Floats) -> Floats:
    """m with levels that keep records apart held far below u, and as much disagreement as is known of."""
    held = m.copy()
    if held[-1] < comparison.disagree:
        held[:-1] *= (1 - comparison.disagree) / held[:-1].sum()
        held[-1] = comparison.disagree
    apart = [False, *(level.apart for level in comparison.levels), comparison.apart]
    for at in np.flatnonzero(apart):
        held[at] = min(held[at], u[at] * _APART)
    return held


def _has_relatives(comparisons: list[Comparison]) -> bool:
    """Relatives can be told from matches only where there is something individual beside something shared."""
    return any(c.shared for c in comparisons) and sum(not c.shared for c in comparisons) >= 2


_State = tuple[list[Floats], list[Floats], list[Floats], tuple[float, float, float]]


def _start(comparisons: list[Comparison], vectors: Vectors) -> _State:
    m = [believed_m(c) for c in comparisons]
    u = _shares(comparisons, vectors, vectors.weight, [np.full(c.size, 0.5) for c in comparisons])
    r = [0.5 * mk + 0.5 * uk if c.shared else uk for c, mk, uk in zip(comparisons, m, u, strict=True)]
    return m, r, u, (0.5, 0.02, 1.0 if _has_relatives(comparisons) else 0.0)


def log_likelihood(parts: list[Floats], levels: NDArray[np.uint8]) -> Floats:
    """Sum over comparisons of the log probability of each vector's level; missing adds nothing."""
    total = np.zeros(levels.shape[0])
    for k, probabilities in enumerate(parts):
        logs = np.log(np.maximum(probabilities, FLOOR))
        logs[0] = 0.0
        total += logs[levels[:, k]]
    return total


def priors(vectors: Vectors, rates: tuple[float, float, float]) -> tuple[Floats, Floats]:
    """Log prior of match and of relative for each vector, from the size of its partition."""
    overlap, duplicates, relatives = rates
    match = np.where(vectors.within, 2 * duplicates / np.maximum(vectors.size - 1, 1), overlap / vectors.size)
    related = relatives / vectors.size
    return np.log(np.clip(match, 1e-12, 0.9)), np.log(np.clip(related, 1e-300, 0.9))


def _step(comparisons: list[Comparison], vectors: Vectors, space: Space, state: _State) -> _State:
    m, r, u, rates = state
    m = [_as_known(c, mk, uk) for c, mk, uk in zip(comparisons, m, u, strict=True)]
    prior_m, prior_r = priors(vectors, rates)
    logs = np.stack(
        [
            prior_m + log_likelihood(m, vectors.levels),
            prior_r + log_likelihood(r, vectors.levels),
            log_likelihood(u, vectors.levels),
        ]
    )
    resp = np.exp(logs - np.logaddexp.reduce(logs, axis=0)) * vectors.weight
    beliefs = [believed_m(c) * _MATCH_BELIEF for c in comparisons]
    new_m = _shares(comparisons, vectors, resp[0], beliefs)
    few = [np.full(c.size, 0.5) for c in comparisons]
    new_u = _shares(comparisons, vectors, resp[2], few)
    tied = _shares(comparisons, vectors, resp[1] + resp[2], few)
    free = _shares(comparisons, vectors, resp[1], few)
    new_r = [f if c.shared else t for c, f, t in zip(comparisons, free, tied, strict=True)]
    new_u = [uk if c.shared else t for c, uk, t in zip(comparisons, new_u, tied, strict=True)]
    within = vectors.within
    overlap = (resp[0][~within].sum() + 1) / (space.cross + 2)
    duplicates = (resp[0][within].sum() + 0.02) / (space.inside + 1)
    relatives = resp[1].sum() / max(space.cross + space.inside, 1) if rates[2] else 0.0
    return new_m, new_r, new_u, (min(overlap, 0.999), duplicates, relatives)


def _shares(
    comparisons: list[Comparison], vectors: Vectors, weight: Floats, belief: list[Floats]
) -> list[Floats]:
    """Share of each level among vectors that have the comparison, with the belief as pseudo counts."""
    found = []
    for k, comparison in enumerate(comparisons):
        counts = np.bincount(vectors.levels[:, k], weights=weight, minlength=comparison.size) + belief[k]
        counts[0] = 0.0
        found.append(counts / counts.sum())
    return found
