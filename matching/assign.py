"""Decisions over many pairs: one-to-one assignment between lists, clusters inside one."""

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


def clusters(records: int, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cluster of each of `records` records, named by its smallest record, joined along the given edges."""
    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(records, records))
    label = connected_components(graph, directed=False)[1]
    smallest = np.full(label.max() + 1 if records else 0, records, dtype=np.int64)
    np.minimum.at(smallest, label, np.arange(records))
    return smallest[label]
