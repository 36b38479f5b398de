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

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from matching.belief import Belief, belief_of, believed_m, cautious, plain_belief
from matching.comparison import Comparison
from matching.level_arrays import LevelArrays
from matching.model import Floats, Stratum

_ROUNDS = 60
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
    arrays = LevelArrays(comparisons)
    problem = _Problem(arrays, vectors, space, belief, kin)
    state = _start(problem)
    for _ in range(_ROUNDS):
        state = _step(problem, state)
    m, r, u, rates = state
    of_m, of_r, of_u = (arrays.by_name(part) for part in (arrays.known(m, u), r, u))
    overlap, duplicates, relatives = (float(rate) for rate in rates)
    return Stratum(of_m, of_r, of_u, overlap, duplicates, relatives)


def recounted(
    comparisons: list[Comparison], stratum: Stratum, matches: Vectors, space: Space, usual: Stratum | None
) -> Stratum:
    """The stratum with m and the share of matches by pairs of which is known how likely each is a match.

    matches: a row for each pair, or several, `weight` being the sum of their probabilities. Beliefs are those
    of cautious training.
    """
    belief = cautious(belief_of(comparisons, usual) if usual else plain_belief(comparisons), comparisons)
    arrays = LevelArrays(comparisons)
    columns = zip(matches.levels.T, comparisons, strict=True)
    seen = [np.bincount(levels, weights=matches.weight, minlength=c.size) for levels, c in columns]
    m = arrays.shares(arrays.flat(seen), arrays.flat(belief.m))
    m = arrays.known(m, arrays.flat([stratum.u[c.name] for c in comparisons]))
    overlap, duplicates = _match_rates(matches.weight, matches.within, space, belief)
    return replace(stratum, m=arrays.by_name(m), overlap=overlap, duplicates=duplicates)


def _has_relatives(comparisons: list[Comparison]) -> bool:
    """Relatives can be told from matches only where there is something individual beside something shared."""
    return any(c.shared for c in comparisons) and sum(not c.shared for c in comparisons) >= 2


_State = tuple[Floats, Floats, Floats, tuple[float, float, float]]
"""m, r and u of all levels; overlap, duplicates, relatives."""


@dataclass(frozen=True)
class _Problem:
    """What stays the same in every round."""

    arrays: LevelArrays
    vectors: Vectors
    space: Space
    belief: Belief
    kin: Floats
    """Pairs that each vector counts for where it is relatives'."""

    @cached_property
    def m_belief(self) -> Floats:
        return self.arrays.flat(self.belief.m)

    @cached_property
    def u_belief(self) -> Floats:
        return self.arrays.flat(self.belief.u)

    @cached_property
    def r_belief(self) -> Floats:
        return self.arrays.flat(self.belief.r)

    @cached_property
    def shared(self) -> NDArray[np.bool_]:
        """Whether each level is of a clue that relatives share."""
        return self.arrays.each([c.shared for c in self.arrays.comparisons]) > 0

    @cached_property
    def recur(self) -> Floats:
        """For each level the share of relatives who are alike in its clue."""
        return self.arrays.each([self.belief.recur * c.recurs for c in self.arrays.comparisons])

    @cached_property
    def _levels(self) -> csr_matrix:
        """Vectors × levels of all comparisons: 1 where the vector has the level; missing is none."""
        levels = self.vectors.levels
        known = levels > 0
        held = (levels + self.arrays.first)[known]
        ends = np.append(0, known.sum(axis=1).cumsum())
        return csr_matrix((np.ones(len(held)), held, ends), shape=(len(levels), len(self.shared)))

    @cached_property
    def _vectors(self) -> csr_matrix:
        return self._levels.T.tocsr()

    def log_likelihoods(self, *classes: Floats) -> Floats:
        """Classes × vectors, each as `log_likelihood`."""
        logs = np.log(np.maximum(np.stack(classes), FLOOR))
        return np.ascontiguousarray((self._levels @ logs.T).T)

    def counts(self, weights: Floats) -> Floats:
        """For each row of `weights`, one for each vector: their sums by level."""
        sums: Floats = (self._vectors @ weights.T).T
        return sums


def _start(problem: _Problem) -> _State:
    arrays = problem.arrays
    m = arrays.flat([believed_m(c) for c in arrays.comparisons])
    u = arrays.shares(problem.counts(problem.vectors.weight[None])[0], problem.u_belief)
    r = np.where(problem.shared, 0.5 * m + 0.5 * u, u)
    return m, r, u, (0.5, 0.02, 1.0 if _has_relatives(arrays.comparisons) else 0.0)


def log_likelihood(parts: list[Floats], levels: NDArray[np.uint8]) -> Floats:
    """Sum over comparisons of the log probability of each vector's level; missing adds nothing."""
    total = np.zeros(levels.shape[0])
    for k, probabilities in enumerate(parts):
        logs = np.log(np.maximum(probabilities, FLOOR))
        logs[0] = 0.0
        total += logs.take(levels[:, k])
    return total


def priors(vectors: Vectors, rates: tuple[float, float, float]) -> tuple[Floats, Floats]:
    """Log prior of match and of relative for each vector, from the size of its partition."""
    overlap, duplicates, relatives = rates
    match = np.where(vectors.within, 2 * duplicates / np.maximum(vectors.size - 1, 1), overlap / vectors.size)
    related = relatives / np.maximum(vectors.size, _FEW)
    return np.log(np.clip(match, 1e-12, 0.5)), np.log(np.clip(related, 1e-300, 0.9))


def _step(problem: _Problem, state: _State) -> _State:
    m, r, u, rates = state
    arrays, vectors, space, belief = problem.arrays, problem.vectors, problem.space, problem.belief
    m = arrays.known(m, u)
    logs = problem.log_likelihoods(m, r, u)
    logs[:2] += priors(vectors, rates)
    odds = np.exp(logs - logs.max(axis=0))
    resp = odds / odds.sum(axis=0) * np.stack([vectors.seen, problem.kin, vectors.weight])
    of_m, of_r, of_u = problem.counts(resp)
    new_m, free = arrays.shares(of_m, problem.m_belief), arrays.shares(of_r, problem.r_belief)
    new_u, tied = (arrays.shares(counts, problem.u_belief) for counts in (of_u, of_r + of_u))
    apart = (1 - problem.recur) * tied + problem.recur * new_m
    new_r, new_u = np.where(problem.shared, free, apart), np.where(problem.shared, new_u, tied)
    relatives = min(resp[1].sum() / max(space.cross + space.inside, 1), _RELATIVES) if rates[2] else 0.0
    return new_m, new_r, new_u, (*_match_rates(resp[0], vectors.within, space, belief), relatives)


def _match_rates(
    matches: Floats, within: NDArray[np.bool_], space: Space, belief: Belief
) -> tuple[float, float]:
    """overlap and duplicates, of the share of each pair that is a match."""
    partners, records = belief.overlap
    overlap = (matches[~within].sum() + partners) / (space.cross + records)
    # Pairs between lists say nothing of those inside one: what is believed stays.
    duplicates = (matches[within].sum() + 0.02) / ((space.inside if within.any() else 0.0) + 1)
    return min(float(overlap), 0.999), float(duplicates)
