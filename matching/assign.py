"""Decisions over many pairs: one-to-one assignment between lists, clusters inside one."""

import heapq

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components


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
    components of more than one pair are solved by the Hungarian method; rows are
    put in order first, so their order never decides between equal solutions.
    """
    frame = pairs.with_row_index("row").filter(pl.col("weight") > 0).sort("l", "r")
    chosen = np.zeros(pairs.height, dtype=bool)
    if frame.height:
        component = components(frame["l"].to_numpy().astype(np.int64), frame["r"].to_numpy().astype(np.int64))
        frame = frame.with_columns(pl.Series("component", component))
        alone = pl.len().over("component") == 1
        chosen[frame.filter(alone)["row"].to_numpy()] = True
        for _, group in frame.filter(~alone).group_by("component", maintain_order=True):
            chosen[_solve(group)] = True
    return pl.Series("chosen", chosen)


def _solve(group: pl.DataFrame) -> NDArray[np.int64]:
    rows, cols = np.unique(group["l"].to_numpy()), np.unique(group["r"].to_numpy())
    i, j = np.searchsorted(rows, group["l"].to_numpy()), np.searchsorted(cols, group["r"].to_numpy())
    weight = np.zeros((len(rows), len(cols)))
    weight[i, j] = group["weight"].to_numpy()
    best_i, best_j = linear_sum_assignment(weight, maximize=True)
    chosen = set(zip(best_i.tolist(), best_j.tolist(), strict=True))
    taken = [
        row
        for row, pair in zip(group["row"].to_list(), zip(i.tolist(), j.tolist(), strict=True), strict=True)
        if pair in chosen
    ]
    return np.asarray(taken, dtype=np.int64)


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
    records: int, left: NDArray[np.int64], right: NDArray[np.int64], log_odds: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Cluster of each of `records` records, named by its smallest record.

    Average linkage: the two clusters whose records agree best on average are joined, again and again, while
    that average is above 0; a pair that is not among the edges counts as `UNCOMPARED`. So one likely pair does
    not chain together what all the other pairs hold apart. Ties go by record number.
    Edges: left[i] < right[i], each pair once, in any order.
    """
    label = joined(records, left[log_odds > 0], right[log_odds > 0])
    inside = np.flatnonzero(label[left] == label[right])
    inside = inside[np.lexsort((right[inside], left[inside], label[left[inside]]))]
    first = np.flatnonzero(np.diff(label[left[inside]], prepend=-1))
    size = np.bincount(label)[label[left[inside[first]]]]
    ends = np.append(first, inside.size)
    against = np.minimum.reduceat(log_odds[inside], first) <= 0 if first.size else first
    for i in np.flatnonzero((np.diff(ends) < size * (size - 1) / 2) | against):
        edges = inside[ends[i] : ends[i + 1]]
        weight = np.maximum(log_odds[edges], MOST_AGAINST)
        found = _agglomerate(left[edges].tolist(), right[edges].tolist(), weight.tolist())
        label[list(found)] = list(found.values())
    return label


def _agglomerate(left: list[int], right: list[int], weight: list[float]) -> dict[int, int]:
    """Smallest record of the cluster of each record of one component."""
    members = {record: [record] for record in sorted({*left, *right})}
    between: dict[int, dict[int, tuple[float, int]]] = {record: {} for record in members}
    for a, b, w in zip(left, right, weight, strict=True):
        between[a][b] = between[b][a] = (w, 1)
    queue = [(-w, a, b, 1, 1) for a, b, w in zip(left, right, weight, strict=True) if w > 0]
    heapq.heapify(queue)
    while queue:
        _, a, b, *sizes = heapq.heappop(queue)
        if a in members and b in members and sizes == [len(members[a]), len(members[b])]:
            _merge(a, b, members, between)
            for c, (total, pairs) in between[a].items():
                x, y = sorted((a, c))
                all_pairs = len(members[x]) * len(members[y])
                average = (total + (all_pairs - pairs) * UNCOMPARED) / all_pairs
                if average > 0:
                    heapq.heappush(queue, (-average, x, y, len(members[x]), len(members[y])))
    return {record: min(cluster) for cluster in members.values() for record in cluster}


def _merge(
    a: int, b: int, members: dict[int, list[int]], between: dict[int, dict[int, tuple[float, int]]]
) -> None:
    """Take cluster b into cluster a: their records, and the sums and counts of the pairs with all others."""
    members[a] += members.pop(b)
    del between[a][b]
    gone = between.pop(b)
    del gone[a]
    for c, (total, pairs) in gone.items():
        had, counted = between[a].get(c, (0.0, 0))
        between[a][c] = between[c][a] = (had + total, counted + pairs)
        del between[c][b]
