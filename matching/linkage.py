"""Clusters by average linkage on log odds: what joins two groups is the mean evidence of all their pairs.

Two groups of many records each that one mistaken pair connects stay apart, where connected components would
join them.
"""

import heapq

import numpy as np
from numpy.typing import NDArray

from matching.assign import clusters as connected
from matching.model import Floats

Ints = NDArray[np.int64]


def average_linkage(records: int, pairs: tuple[Ints, Ints], log_odds: Floats, unseen: float) -> Ints:
    """Cluster of each record, named by its smallest record.

    pairs: the left and right record of each pair, each pair once. Groups with the highest mean log odds are
    joined first, as long as it is above 0; pairs that are not listed count with `unseen`. Ties go by the
    numbers of the records.
    """
    left, right = pairs
    seed = log_odds > 0
    label = connected(records, left[seed], right[seed])
    inside = label[left] == label[right]
    groups = _Groups(records, unseen)
    for a, b, odds in zip(
        left[inside].tolist(), right[inside].tolist(), log_odds[inside].tolist(), strict=True
    ):
        groups.add(a, b, odds)
    groups.join()
    found: Ints = np.asarray([groups.of(record) for record in range(records)], dtype=np.int64)
    return found


class _Groups:
    """Groups of records, named by the smallest, with the sum and number of known log odds between them."""

    def __init__(self, records: int, unseen: float) -> None:
        self._parent = list(range(records))
        self._size = [1] * records
        self._between: dict[int, dict[int, tuple[float, int]]] = {}
        self._unseen = unseen

    def add(self, a: int, b: int, odds: float) -> None:
        self._between.setdefault(a, {})[b] = (odds, 1)
        self._between.setdefault(b, {})[a] = (odds, 1)

    def of(self, record: int) -> int:
        while self._parent[record] != record:
            record = self._parent[record]
        return record

    def _mean(self, a: int, b: int) -> float:
        total, known = self._between[a][b]
        pairs = self._size[a] * self._size[b]
        return (total + (pairs - known) * self._unseen) / pairs

    def join(self) -> None:
        """Join the best pair of groups again and again."""
        queue = [(-self._mean(a, b), a, b) for a, near in self._between.items() for b in near if a < b]
        queue = [entry for entry in queue if entry[0] < 0]
        heapq.heapify(queue)
        while queue:
            worth, a, b = heapq.heappop(queue)
            # An entry is out of date once either group has grown: its mean was put in anew then.
            if b in self._between.get(a, {}) and self._mean(a, b) == -worth:
                for c in self._merge(a, b):
                    mean = self._mean(a, c)
                    if mean > 0:
                        heapq.heappush(queue, (-mean, min(a, c), max(a, c)))

    def _merge(self, a: int, b: int) -> list[int]:
        """Put the larger number into the smaller; neighbours of the new group in order."""
        into, gone = self._between[a], self._between.pop(b)
        del into[b]
        for c, (total, known) in gone.items():
            if c != a:
                held, count = into.get(c, (0.0, 0))
                into[c] = self._between[c][a] = (held + total, count + known)
                del self._between[c][b]
        self._parent[b] = a
        self._size[a] += self._size[b]
        return sorted(into)
