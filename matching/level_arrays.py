"""What is counted and believed of the levels of all comparisons, side by side in one array."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from matching.comparison import Comparison
from matching.model import Floats

_APART = 2.0**-6
"""Most that a level which keeps records apart may have of m, against u."""
_TWO = 2.0**-16
"""The same of a clue whose disagreement keeps them apart: junior and senior share name, address and phone."""


class LevelArrays:
    """The levels of all comparisons side by side: a number for each makes one array."""

    def __init__(self, comparisons: list[Comparison]) -> None:
        self.comparisons = comparisons
        sizes = np.array([c.size for c in comparisons], np.int64)
        self.first = np.cumsum(sizes) - sizes
        """Where the levels of each comparison begin; there is the missing one."""
        self._last = self.first + sizes - 1
        self._of = np.repeat(np.arange(len(comparisons)), sizes)
        self._disagreeing = np.array([(c.disagree, c.most) for c in comparisons]).reshape(-1, 2).T
        apart = [
            (first + at, _APART)
            for first, c in zip(self.first, comparisons, strict=True)
            for at, level in enumerate(c.levels, 1)
            if level.apart
        ]
        apart += [(last, _TWO) for last, c in zip(self._last, comparisons, strict=True) if c.apart]
        self._apart = np.array([at for at, _ in apart], np.int64), np.array([most for _, most in apart])

    def each(self, values: Sequence[float]) -> Floats:
        """For each level the value of its comparison."""
        return np.asarray(values, np.float64)[self._of]

    def flat(self, parts: Sequence[ArrayLike]) -> Floats:
        """The levels of each comparison in one array."""
        return np.concatenate([np.zeros(0), *parts])

    def by_name(self, values: Floats) -> dict[str, list[float]]:
        """The values of each comparison's levels, as a model holds them."""
        parts = np.split(values.round(8), self.first[1:])
        return {c.name: part.tolist() for c, part in zip(self.comparisons, parts, strict=False)}

    def shares(self, counts: Floats, belief: Floats) -> Floats:
        """Share of each level among what has the comparison, with the belief as pseudo counts."""
        total = counts + belief
        total[self.first] = 0.0
        shares: Floats = total / np.add.reduceat(total, self.first)[self._of]
        return shares

    def known(self, m: Floats, u: Floats) -> Floats:
        """m with levels that keep records apart held far below u, and as much disagreement as is known of."""
        held, last = m.copy(), m[self._last]
        wanted = np.clip(last, *self._disagreeing)
        held *= np.where(wanted != last, (1 - wanted) / (1 - last), 1.0)[self._of]
        held[self._last] = wanted
        at, most = self._apart
        held[at] = np.minimum(held[at], u[at] * most)
        return held
