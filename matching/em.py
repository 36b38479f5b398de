"""Estimation without labels: expectation maximisation on counted comparison vectors of the whole pair space.

The pair space is the candidates, each counted once, and a random sample of all other pairs, weighted up to
their number. So no clue is learned from pairs that were blocked on it, and the prior is a share of all pairs.
A pair of the sample that looks like a match counts as one match all the same, not as the thousands of pairs
it stands for: blocking leaves few to be found, and one chance likeness would outweigh all that it found.
Relatives share less, and are found there; but in long lists strangers of one surname would stand for them,
so that such a pair counts as `_KIN_STANDS_FOR` at most where training is cautious.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from matching.belief import Belief, belief_of, believed_m, cautious, plain_belief
from matching.comparison import Comparison
from matching.model import Floats, Stratum

_ROUNDS = 60
_APART = 2.0**-6
"""Most that a level which keeps records apart may have of m, against u."""
_TWO = 2.0**-16
"""The same of a clue whose disagreement keeps them apart: junior and senior share name, address and phone."""
_NAMES = ("family_name", "organisation_name")
_RELATIVES = 5.0
"""Most relatives of a record in a list: the model of relatives, let go, would explain strangers too."""
_FEW = 10.0
"""Records under which not each has a relative: the only companies of two lists need not be sisters."""
_KIN_STANDS_FOR = 100.0
"""Most pairs that a pair of the sample stands for where it is relatives'."""
FLOOR = 1e-6
"""Least probability of a level: nothing is impossible because it was not seen."""


@dataclass(frozen=True)
class Vectors:
    """Distinct comparison vectors, n of them, and the pairs each stands for."""

    levels: NDArray[np.uint8]
    """n × comparisons."""
    weight: Floats
    """Pairs that the vector stands for."""
    seen: Floats
    """Pairs with it that were compared: fewer, where a sample stands for the others."""
    size: Floats
    """Records of the longer list of the partition that could be the partner, for the prior."""
    within: NDArray[np.bool_]
    """Whether the pairs lie inside one list."""


@dataclass(frozen=True)
class Space:
    """How many could match: records of the shorter lists summed over partitions, and records inside lists."""

    cross: float
    inside: float


def fit(
    comparisons: list[Comparison],
    vectors: Vectors,
    space: Space,
    usual: Stratum | None = None,
    cautiously: bool = False,
) -> Stratum:
    """Fit one stratum; see the module for what `vectors` must hold. `usual`: what was fitted to all pairs.

    `cautiously`: whether what lists may be too small to show is believed of them (`cautious`).
    """
    belief = belief_of(comparisons, usual) if usual else plain_belief(comparisons)
    if cautiously:
        belief = cautious(belief, comparisons)
    else:
        comparisons = [replace(c, most=1.0) for c in comparisons]
    present = (vectors.levels > 0).sum(axis=0).tolist()
    if sum(not c.shared for c, there in zip(comparisons, present, strict=True) if there) < 2:
        # Where nothing else tells relatives apart, their names do.
        comparisons = [replace(c, shared=c.shared and c.name not in _NAMES) for c in comparisons]
    kin = np.minimum(vectors.weight, _KIN_STANDS_FOR * vectors.seen) if cautiously else vectors.weight
    problem = _Problem(comparisons, vectors, space, belief, kin)
    state = _start(problem)
    for _ in range(_ROUNDS):
        state = _step(problem, state)
    m, r, u, rates = state
    m = [_as_known(c, mk, uk) for c, mk, uk in zip(comparisons, m, u, strict=True)]
    names = [c.name for c in comparisons]
    by_name = [
        {name: [round(float(x), 8) for x in levels] for name, levels in zip(names, parts, strict=True)}
        for parts in (m, r, u)
    ]
    overlap, duplicates, relatives = (float(rate) for rate in rates)
    return Stratum(by_name[0], by_name[1], by_name[2], overlap, duplicates, relatives)


def recounted(
    comparisons: list[Comparison], stratum: Stratum, matches: Vectors, space: Space, usual: Stratum | None
) -> Stratum:
    """The stratum with m and the share of matches by pairs of which is known how likely each is a match.

    matches: a row for each pair, or several, `weight` being the sum of their probabilities. Beliefs are those
    of cautious training.
    """
    belief = cautious(belief_of(comparisons, usual) if usual else plain_belief(comparisons), comparisons)
    m = {}
    for k, (comparison, pseudo) in enumerate(zip(comparisons, belief.m, strict=True)):
        seen = np.bincount(matches.levels[:, k], weights=matches.weight, minlength=comparison.size)
        (share,) = _shares([seen.astype(np.float64)], [pseudo])
        known = _as_known(comparison, share, np.asarray(stratum.u[comparison.name]))
        m[comparison.name] = [round(float(x), 8) for x in known]
    overlap, duplicates = _match_rates(matches.weight, matches.within, space, belief)
    return replace(stratum, m=m, overlap=overlap, duplicates=duplicates)


def _as_known(comparison: Comparison, m: Floats, u: Floats) -> Floats:
    """m with levels that keep records apart held far below u, and as much disagreement as is known of."""
    held = m.copy()
    if held[-1] < comparison.disagree:
        held[:-1] *= (1 - comparison.disagree) / held[:-1].sum()
        held[-1] = comparison.disagree
    if held[-1] > comparison.most:
        held[:-1] *= (1 - comparison.most) / held[:-1].sum()
        held[-1] = comparison.most
    for at, level in enumerate(comparison.levels, 1):
        if level.apart:
            held[at] = min(held[at], u[at] * _APART)
    if comparison.apart:
        held[-1] = min(held[-1], u[-1] * _TWO)
    return held


def _has_relatives(comparisons: list[Comparison]) -> bool:
    """Relatives can be told from matches only where there is something individual beside something shared."""
    return any(c.shared for c in comparisons) and sum(not c.shared for c in comparisons) >= 2


_State = tuple[list[Floats], list[Floats], list[Floats], tuple[float, float, float]]


@dataclass(frozen=True)
class _Problem:
    """What stays the same in every round."""

    comparisons: list[Comparison]
    vectors: Vectors
    space: Space
    belief: Belief
    kin: Floats
    """Pairs that each vector counts for where it is relatives'."""

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        """Where the levels of each comparison start among those of all."""
        return np.cumsum([0, *(c.size for c in self.comparisons)])

    @cached_property
    def _levels(self) -> csr_matrix:
        """Vectors × levels of all comparisons: 1 where the vector has the level; missing is none."""
        levels = self.vectors.levels
        known = levels > 0
        held = (levels + self._starts[:-1])[known]
        ends = np.append(0, known.sum(axis=1).cumsum())
        return csr_matrix((np.ones(len(held)), held, ends), shape=(len(levels), self._starts[-1]))

    @cached_property
    def _vectors(self) -> csr_matrix:
        return self._levels.T.tocsr()

    def log_likelihoods(self, *classes: list[Floats]) -> Floats:
        """Classes × vectors, each as `log_likelihood`."""
        logs = np.log(np.maximum([np.concatenate([[], *parts]) for parts in classes], FLOOR))
        return np.ascontiguousarray((self._levels @ logs.T).T)

    def counts(self, weights: Floats) -> list[list[Floats]]:
        """For each row of `weights`, one for each vector: their sums by level, comparison by comparison."""
        sums = (self._vectors @ weights.T).T
        return [[row[first:end] for first, end in pairwise(self._starts)] for row in sums]


def _start(problem: _Problem) -> _State:
    comparisons = problem.comparisons
    m = [believed_m(c) for c in comparisons]
    u = _shares(problem.counts(problem.vectors.weight[None])[0], problem.belief.u)
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
    related = relatives / np.maximum(vectors.size, _FEW)
    return np.log(np.clip(match, 1e-12, 0.5)), np.log(np.clip(related, 1e-300, 0.9))


def _step(problem: _Problem, state: _State) -> _State:
    m, r, u, rates = state
    comparisons, vectors, space, belief = problem.comparisons, problem.vectors, problem.space, problem.belief
    m = [_as_known(c, mk, uk) for c, mk, uk in zip(comparisons, m, u, strict=True)]
    logs = problem.log_likelihoods(m, r, u)
    logs[:2] += priors(vectors, rates)
    odds = np.exp(logs - logs.max(axis=0))
    resp = odds / odds.sum(axis=0) * np.stack([vectors.seen, problem.kin, vectors.weight])
    of_m, of_r, of_u = problem.counts(resp)
    new_m, new_u, free = _shares(of_m, belief.m), _shares(of_u, belief.u), _shares(of_r, belief.r)
    tied = _shares([one + other for one, other in zip(of_r, of_u, strict=True)], belief.u)
    recur = [belief.recur if c.recurs else 0.0 for c in comparisons]
    apart = [(1 - share) * t + share * mk for share, t, mk in zip(recur, tied, new_m, strict=True)]
    new_r = [f if c.shared else t for c, f, t in zip(comparisons, free, apart, strict=True)]
    new_u = [uk if c.shared else t for c, uk, t in zip(comparisons, new_u, tied, strict=True)]
    relatives = min(resp[1].sum() / max(space.cross + space.inside, 1), _RELATIVES) if rates[2] else 0.0
    return new_m, new_r, new_u, (*_match_rates(resp[0], vectors.within, space, belief), relatives)


def _match_rates(
    matches: Floats, within: NDArray[np.bool_], space: Space, belief: Belief
) -> tuple[float, float]:
    """overlap and duplicates, of the share of each pair that is a match."""
    partners, records = belief.overlap
    overlap = (matches[~within].sum() + partners) / (space.cross + records)
    duplicates = (matches[within].sum() + 0.02) / (space.inside + 1)
    return min(float(overlap), 0.999), float(duplicates)


def _shares(counts: list[Floats], belief: list[Floats]) -> list[Floats]:
    """Share of each level among what has the comparison, with the belief as pseudo counts."""
    found = []
    for seen, pseudo in zip(counts, belief, strict=True):
        total = seen + pseudo
        total[0] = 0.0
        found.append(total / total.sum())
    return found
