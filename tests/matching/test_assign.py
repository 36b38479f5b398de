"""Assignment and clusters against oracles."""

from itertools import combinations

import networkx as nx
import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

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


def test_a_pair_that_speaks_against_a_match_is_never_chosen() -> None:
    pairs = frame({(0, 6): 1, (1, 7): 1}).with_columns(weight=pl.Series([-2.0, 3.0]))
    assert assign.one_to_one(pairs).to_list() == [False, True]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12))
def test_clusters_are_the_components_that_networkx_finds(edges: list[tuple[int, int]]) -> None:
    left, right = (np.array([edge[i] for edge in edges], dtype=np.int64) for i in (0, 1))
    label = assign.clusters(10, left, right)
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(10))
    graph.add_edges_from(edges)
    component = {node: min(nodes) for nodes in nx.connected_components(graph) for node in nodes}
    assert label.tolist() == [component[node] for node in range(10)]
    for a, b in combinations(range(10), 2):
        assert (label[a] == label[b]) == (component[a] == component[b])
