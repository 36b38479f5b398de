"""What training takes to hold before any data, so that short lists are not read as proof."""

from dataclasses import dataclass, replace

import numpy as np

from matching.comparison import Comparison
from matching.model import Floats, Stratum

_MATCH_BELIEF = 20.0
"""Pseudo matches behind the prior belief on m, so that a list of eight is not read as proof."""
_PAIR_BELIEF = 50.0
"""Pairs behind the belief that a kind of pair agrees by chance as often as all pairs do."""
_RATE_BELIEF = 5.0
"""Records behind the belief that as many have a partner as among all kinds."""
_KIN_BELIEF, _KIN_APART = 5.0, 0.1
"""Pseudo relatives behind the belief that they agree on shared clues, and the share that does not."""
_RECUR = 0.03
"""Share of relatives who have one given name, or one birth date: father and son, twins."""


def believed_m(comparison: Comparison) -> Floats:
    """Belief on m before any data: mostly the best level, a few in a hundred disagree."""
    levels = comparison.size - 1
    m = np.zeros(comparison.size)
    m[1:] = 0.12 / levels
    m[1] += 0.83
    m[-1] += 0.05
    share: Floats = m / m.sum()
    return share


@dataclass(frozen=True)
class Belief:
    """What is taken to hold before any data: pseudo counts of levels, by comparison, and of partners."""

    m: list[Floats]
    u: list[Floats]
    overlap: tuple[float, float]
    """Records with a partner, of how many."""
    r: list[Floats]
    """Pseudo counts of levels of shared clues between relatives."""
    recur: float = 0.0
    """Share of relatives who are alike in what tells others apart."""


def cautious(belief: Belief, comparisons: list[Comparison]) -> Belief:
    """The belief with what holds of all lists of people, where lists are too small to show it.

    Relatives share what families share; some bear one name, or are twins; and hardly a match has
    two birth dates, or two given names. Without it, the model of a small list takes a family for one client.
    """
    m = [pseudo + believed_m(c) * c.firm for pseudo, c in zip(belief.m, comparisons, strict=True)]
    kin = [believed_m(c) * _KIN_BELIEF * (1 - _KIN_APART) for c in comparisons]
    for pseudo in kin:
        pseudo[-1] += _KIN_BELIEF * _KIN_APART
    r = [pseudo + more for pseudo, more in zip(belief.r, kin, strict=True)]
    return replace(belief, m=m, r=r, recur=_RECUR)


def plain_belief(comparisons: list[Comparison]) -> Belief:
    """Where nothing else is known: mostly the best level, half a pair of each level by chance."""
    m = [believed_m(c) * _MATCH_BELIEF for c in comparisons]
    return Belief(m, _few(comparisons), (1.0, 2.0), _few(comparisons))


def _few(comparisons: list[Comparison]) -> list[Floats]:
    return [np.full(c.size, 0.5) for c in comparisons]


def belief_of(comparisons: list[Comparison], usual: Stratum) -> Belief:
    """What holds of all pairs is believed of each kind of pair, so that ten companies are not read alone."""
    m = [np.asarray(usual.m[c.name]) * _MATCH_BELIEF for c in comparisons]
    u = [np.asarray(usual.u[c.name]) * _PAIR_BELIEF for c in comparisons]
    return Belief(m, u, (usual.overlap * _RATE_BELIEF, _RATE_BELIEF), _few(comparisons))
