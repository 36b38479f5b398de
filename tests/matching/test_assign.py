"""Assignment and clusters against oracles."""

import tracemalloc
from itertools import combinations

import networkx as nx
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from matching import assign

EDGES = st.dictionaries(
    st.tuples(st.integers(0, 5), st.integers(6, 11)), st.integers(1, 50), min_size=1, max_size=14
)


def frame(edges: dict[tuple[int, int], int]) -> pl.DataFrame:
    return pl.DataFrame(
        [(left, right, float(weight)) for (left, right), weight in edges.items()],
        schema={"l": pl.Int64, "r": pl.Int64, "weight": pl.Float64},
        orient="row",
    )


@given(EDGES)
def test_assignment_has_the_weight_that_networkx_finds(edges: dict[tuple[int, int], int]) -> None:
    pairs = frame(edges)
    chosen = pairs.filter(assign.one_to_one(pairs))
    graph: nx.Graph[int] = nx.Graph()
    graph.add_weighted_edges_from([(left, right, weight) for (left, right), weight in edges.items()])
    best = sum(graph.edges[edge]["weight"] for edge in nx.max_weight_matching(graph))
    assert chosen["weight"].sum() == best
    assert chosen["l"].is_unique().all() and chosen["r"].is_unique().all()


@given(EDGES, st.randoms(use_true_random=False))
def test_assignment_does_not_depend_on_row_order(edges: dict[tuple[int, int], int], random: object) -> None:
    pairs = frame(edges)
    shuffled = pairs.sample(fraction=1, shuffle=True, seed=random.randint(0, 999))  # type: ignore[attr-defined]
    first = pairs.filter(assign.one_to_one(pairs)).sort("l", "r")
    second = shuffled.filter(assign.one_to_one(shuffled)).sort("l", "r")
    assert first.equals(second)


def test_long_chains_of_rivals_take_little_memory() -> None:
    """Two chains of 1,500 records a side, where the heavier of each record's two pairs is the right one."""
    size, place = 3_000, np.arange(3_000)
    next_one = np.flatnonzero(place % 1_500 < 1_499)
    ends = np.append(place, place[next_one]), np.append(place, place[next_one] + 1)
    heavy = np.append(np.full(size, 2.0), np.ones(len(next_one)))
    pairs = pl.DataFrame({"l": ends[0], "r": ends[1] + size, "weight": heavy})
    tracemalloc.start()
    chosen = assign.one_to_one(pairs)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert chosen.to_list() == [True] * size + [False] * len(next_one)
    assert peak < 10e6


@given(EDGES)
def test_sparse_and_full_assignments_weigh_the_same(edges: dict[tuple[int, int], int]) -> None:
    pairs = frame(edges)
    full = pairs.filter(assign.one_to_one(pairs))["weight"].sum()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assign, "_DENSE", 0)
        chosen = pairs.filter(assign.one_to_one(pairs))
    assert chosen["weight"].sum() == full
    assert chosen["l"].is_unique().all() and chosen["r"].is_unique().all()


def test_a_pair_that_speaks_against_a_match_is_never_chosen() -> None:
    pairs = frame({(0, 6): 1, (1, 7): 1}).with_columns(weight=pl.Series([-2.0, 3.0]))
    assert assign.one_to_one(pairs).to_list() == [False, True]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12))
def test_joined_sets_are_the_components_that_networkx_finds(edges: list[tuple[int, int]]) -> None:
    left, right = (np.array([edge[i] for edge in edges], dtype=np.int64) for i in (0, 1))
    label = assign.joined(10, left, right)
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(10))
    graph.add_edges_from(edges)
    component = {node: min(nodes) for nodes in nx.connected_components(graph) for node in nodes}
    assert label.tolist() == [component[node] for node in range(10)]
    for a, b in combinations(range(10), 2):
        assert (label[a] == label[b]) == (component[a] == component[b])


def test_clusters_are_those_of_average_linkage_in_scipy() -> None:
    rng = np.random.default_rng(3)
    for records in (2, 7, 40):
        left, right = np.triu_indices(records, 1)
        odds = np.maximum(rng.normal(-1, 2, len(left)), assign.MOST_AGAINST)
        ours = assign.clusters(records, pl.Series(left), pl.Series(right), pl.Series(odds))
        apart = np.zeros((records, records))
        apart[left, right] = apart[right, left] = 20 - odds
        theirs = fcluster(linkage(squareform(apart), "average"), 20, "distance")
        assert len(set(zip(ours, theirs, strict=True))) == len(set(ours)) == len(set(theirs))


def test_one_mistaken_pair_does_not_join_two_clusters() -> None:
    left, right = pl.Series([0, 0, 1, 3, 3, 4, 2]), pl.Series([1, 2, 2, 4, 5, 5, 3])
    label = assign.clusters(6, left, right, pl.Series([3.0] * 7), uncompared=-5.0)
    assert label.to_list() == [0, 0, 0, 3, 3, 3]
    assert assign.clusters(6, left, right, pl.Series([3.0] * 7), uncompared=1.0).n_unique() == 1


def test_clusters_do_not_depend_on_the_order_of_pairs() -> None:
    rng = np.random.default_rng(5)
    left, right = np.triu_indices(30, 1)
    odds = rng.normal(-1, 3, len(left))
    order = rng.permutation(len(left))
    one, other = (
        assign.clusters(30, pl.Series(left[at]), pl.Series(right[at]), pl.Series(odds[at]))
        for at in (np.arange(len(left)), order)
    )
    assert one.equals(other)
