"""Decisions over many pairs: one-to-one assignment between lists, clusters inside one."""

import heapq
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching

from matching.model import Floats

_DENSE = 1_000_000
"""Cells of a component's matrix up to which it is filled in full."""


def components(left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """Component number of each edge (left[i], right[i]) of one graph over non-negative node numbers."""
    if not len(left):
        return np.zeros(0, dtype=np.int64)
    nodes = int(max(left.max(), right.max())) + 1
    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(nodes, nodes))
    return connected_components(graph, directed=False)[1][left].astype(np.int64)


def one_to_one(pairs: pl.DataFrame) -> pl.Series:
    """Whether each pair is in the assignment of maximum total weight, each record in at most one pair.

    pairs: l, r (record numbers of two disjoint lists), weight (positive pairs may be chosen). Exact:
    components of more than one pair are solved by the Hungarian method, long chains of rivals by its sparse
    form; rows are put in order first, so their order never decides between equal solutions.
    """
    frame = pairs.with_row_index("row").filter(pl.col("weight") > 0)
    alone = without_rivals(frame["l"], frame["r"])
    chosen = np.zeros(pairs.height, dtype=bool)
    chosen[frame["row"].filter(alone).to_numpy()] = True
    frame = frame.filter(~alone).sort("l", "r")
    row, left, right, weight = (frame[c].to_numpy() for c in ("row", "l", "r", "weight"))
    for shape in by_shape(left.astype(np.int64), right.astype(np.int64)):
        chosen[row[shape.at]] = _solve(shape, weight[shape.at])
    return pl.Series("chosen", chosen)


def without_rivals(left: pl.Series, right: pl.Series) -> pl.Series:
    """Whether neither end of each edge (left[i], right[i]) has another; ends of the same number are two."""
    alone = pl.Series("alone", np.ones(len(left), dtype=np.bool_))
    for side in (left, right):
        node = side.to_numpy()
        if len(node):
            alone &= pl.Series(np.bincount(node)[node] == 1)
    return alone


@dataclass(frozen=True)
class Shape:
    """The edges of all components of as many nodes on either side."""

    at: NDArray[np.int64]
    """Where the edges stand, component after component."""
    number: NDArray[np.int64]
    """Number of each edge's component among those of this shape."""
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    """Place of each edge's ends among the nodes of its component, in their order."""

    @property
    def rows(self) -> int:
        """Nodes on the left."""
        return 1 + int(self.row.max())

    @property
    def columns(self) -> int:
        """Nodes on the right."""
        return 1 + int(self.column.max())

    def matrices(self, weight: Floats) -> Floats:
        """Components × rows × columns: the weight of each edge, 0 where there is none."""
        found = np.zeros((1 + int(self.number[-1]), self.rows, self.columns))
        found[self.number, self.row, self.column] = weight
        return found


def by_shape(left: NDArray[np.int64], right: NDArray[np.int64]) -> list[Shape]:
    """The edges (left[i], right[i]) of a graph between two disjoint sets of nodes, by their components."""
    component = components(left, right)
    row, column = place(component, left), place(component, right)
    shape = np.zeros((2, int(component.max(initial=-1)) + 1), dtype=np.int64)
    for side, places in enumerate((row, column)):
        np.maximum.at(shape[side], component, places + 1)
    rows, columns = shape[:, component]
    order = np.lexsort((component, columns, rows))
    new = np.diff(rows[order], prepend=0) | np.diff(columns[order], prepend=0)
    found = []
    for at in np.split(order, np.flatnonzero(new)[1:]) if len(order) else []:
        number = np.cumsum(np.diff(component[at], prepend=component[at[0]]) > 0, dtype=np.int64)
        found.append(Shape(at, number, row[at], column[at]))
    return found


def place(component: NDArray[np.int64], node: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of each node among those of its component, in order."""
    if not len(node):
        return node
    number = np.unique(component * (int(node.max()) + 1) + node, return_inverse=True)[1].reshape(-1)
    first = np.full(int(component.max()) + 1, len(node), dtype=np.int64)
    np.minimum.at(first, component, number)
    return np.asarray(number - first[component], dtype=np.int64)


def _solve(shape: Shape, weight: Floats) -> NDArray[np.bool_]:
    """Whether each pair is chosen among those of its component."""
    if shape.rows * shape.columns > _DENSE:
        ends = np.flatnonzero(np.diff(shape.number)) + 1
        parts = (np.split(of_edge, ends) for of_edge in (shape.row, shape.column, weight))
        return np.concatenate([_solve_sparse(*part) for part in zip(*parts, strict=True)])
    weights = shape.matrices(weight)
    chosen = np.zeros(weights.shape, dtype=np.bool_)
    for one, taken in zip(weights, chosen, strict=True):
        taken[linear_sum_assignment(one, maximize=True)] = True
    found: NDArray[np.bool_] = chosen[shape.number, shape.row, shape.column]
    return found


def _solve_sparse(row: NDArray[np.int64], column: NDArray[np.int64], weight: Floats) -> NDArray[np.bool_]:
    """The same of one component, without its matrix."""
    rows, columns, top = 1 + int(row.max()), 1 + int(column.max()), float(weight.max()) + 1
    # Each row may stay alone, with a column of its own that weighs nothing: so all have one.
    place = np.arange(rows)
    ends = np.append(row, place), np.append(column, columns + place)
    costs = csr_matrix((np.append(top - weight, np.full(rows, top)), ends), shape=(rows, columns + rows))
    partner = min_weight_full_bipartite_matching(costs)[1]
    found: NDArray[np.bool_] = partner[row] == column
    return found


UNCOMPARED = -0.5
"""Log odds of a pair that blocking never brought together: mildly against."""
MOST_AGAINST = -5.0
"""Least log odds that count: one spoiled record does not break up what all its fellows hold together."""


def joined(records: int, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """Set of each of `records` records, named by its smallest record, joined along the given edges."""
    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(records, records))
    label = connected_components(graph, directed=False)[1]
    smallest = np.full(label.max() + 1 if records else 0, records, dtype=np.int64)
    np.minimum.at(smallest, label, np.arange(records))
    return smallest[label]


def clusters(
    records: int, left: pl.Series, right: pl.Series, log_odds: pl.Series, uncompared: float = UNCOMPARED
) -> pl.Series:
    """Cluster of each of `records` records, named by its smallest record.

    Average linkage: the two clusters whose records agree best on average are joined, again and again, while
    that average is above 0; a pair that is not listed counts as `uncompared`. So one likely pair does not
    chain together what all the other pairs hold apart. Ties go by record number.
    Pairs: left < right, each once, in any order.
    """
    one, two = (side.cast(pl.Int64).to_numpy() for side in (left, right))
    weight = np.maximum(log_odds.to_numpy(), MOST_AGAINST)
    label = joined(records, one[weight > 0], two[weight > 0])
    inside = np.flatnonzero(label[one] == label[two])
    inside = inside[np.lexsort((two[inside], one[inside], label[one[inside]]))]
    first = np.flatnonzero(np.diff(label[one[inside]], prepend=-1))
    ends = np.append(first, inside.size)
    size = np.bincount(label)[label[one[inside[first]]]]
    against = np.minimum.reduceat(weight[inside], first) <= 0 if first.size else first
    for i in np.flatnonzero((np.diff(ends) < size * (size - 1) / 2) | against):
        edges = inside[ends[i] : ends[i + 1]]
        graph = _Clusters(uncompared)
        for a, b, w in zip(one[edges].tolist(), two[edges].tolist(), weight[edges].tolist(), strict=True):
            graph.add(a, b, w)
        found = graph.agglomerate()
        label[list(found)] = list(found.values())
    return pl.Series(label)


class _Clusters:
    """Growing clusters of one component: their records, and sum and number of the pairs between them."""

    def __init__(self, uncompared: float) -> None:
        self._uncompared = uncompared
        self._records: dict[int, list[int]] = {}
        self._between: dict[int, dict[int, tuple[float, int]]] = {}

    def add(self, a: int, b: int, weight: float) -> None:
        for one, other in ((a, b), (b, a)):
            self._records.setdefault(one, [one])
            self._between.setdefault(one, {})[other] = (weight, 1)

    def agglomerate(self) -> dict[int, int]:
        """Smallest record of the cluster of each record, once no two clusters agree on average."""
        queue = [
            entry for a, near in self._between.items() for b in near if a < b for entry in self._entry(a, b)
        ]
        heapq.heapify(queue)
        while queue:
            _, a, b, *sizes = heapq.heappop(queue)
            # An entry is out of date once either cluster has grown: a new one was queued then.
            if a in self._records and b in self._records and sizes == self._sizes(a, b):
                self._merge(a, b)
                for c in sorted(self._between[a]):
                    for entry in self._entry(*sorted((a, c))):
                        heapq.heappush(queue, entry)
        return {record: min(cluster) for cluster in self._records.values() for record in cluster}

    def _sizes(self, a: int, b: int) -> list[int]:
        return [len(self._records[a]), len(self._records[b])]

    def _entry(self, a: int, b: int) -> list[tuple[float, int, int, int, int]]:
        total, pairs = self._between[a][b]
        size_a, size_b = self._sizes(a, b)
        average = (total + (size_a * size_b - pairs) * self._uncompared) / (size_a * size_b)
        return [(-average, a, b, size_a, size_b)] if average > 0 else []

    def _merge(self, a: int, b: int) -> None:
        """Take cluster b into cluster a."""
        self._records[a] += self._records.pop(b)
        del self._between[a][b]
        gone = self._between.pop(b)
        del gone[a]
        for c, (total, pairs) in gone.items():
            had, counted = self._between[a].get(c, (0.0, 0))
            self._between[a][c] = self._between[c][a] = (had + total, counted + pairs)
            del self._between[c][b]
