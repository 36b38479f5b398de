"""Probabilities where each client has at most one partner in each other list.

A pair stands against its rivals, the other pairs of either record, and a rival whose own record is surely
somebody else's counts for little: the father is no rival of the son where both are in both lists. In each
component the weights of all one-to-one assignments are summed. Records of one list that are likely one
client are taken as one: they are no rivals of each other.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.assign import clusters, components
from matching.model import Floats

_LIMIT = 60.0
"""Log odds beyond this are taken for this."""
_FAINT = 0.01
"""Odds below which a pair is nobody's rival."""
_WIDE = 5
"""Clients on the smaller side of a component from which all its rivals count in full instead."""
SAME = 0.5
"""Belief from which two records of one list are taken as one client here."""

Rows = NDArray[np.int64]


def marginals(pairs: pl.DataFrame, log_odds: pl.Series, same: pl.Series, alone: pl.Series) -> pl.Series:
    """Probability of each pair.

    pairs: l, r, left_list, right_list, within, in the order of l and r. log_odds: of each pair by itself,
    -inf where it is out of the question. same: of pairs inside one list, the belief that they are one client.
    Pairs inside one list, and those that `alone` names, have no rivals of their own.
    """
    odds = np.exp(np.clip(log_odds.to_numpy(), -np.inf, _LIMIT))
    frame = pairs.select(
        "l",
        "r",
        "left_list",
        "right_list",
        "within",
        odds=pl.Series(odds),
        same=same,
        alone=alone | pairs["within"],
    ).with_row_index("row")
    probability = odds / (1.0 + odds)
    twins = frame.filter(pl.col("within") & (pl.col("same") >= SAME))
    cross = _as_clients(frame.filter(~pl.col("within")), twins)
    if cross.height:
        found = _between_clients(cross) * _by_record(cross, twins)
        alone_too = cross["alone"].to_numpy()
        rows = cross["row"].to_numpy()
        probability[rows] = np.where(alone_too, probability[rows], found)
    return pl.Series("probability", probability)


def client_of(pairs: pl.DataFrame, twins: pl.DataFrame) -> pl.Series:
    """Smallest record of the client of each record number, where the pairs `twins` are one client."""
    ends = np.concatenate([pairs["l"].to_numpy(), pairs["r"].to_numpy()])
    size = 1 + int(ends.max()) if len(ends) else 0
    return pl.Series(clusters(size, twins["l"].to_numpy(), twins["r"].to_numpy()), dtype=pl.Int64)


def _as_clients(cross: pl.DataFrame, twins: pl.DataFrame) -> pl.DataFrame:
    """Adds `a` and `b`, the clients of l and r as they look into each other's list, and `best`.

    best: the odds of the likeliest pair between the two clients.
    """
    client = client_of(cross, twins) if cross.height else pl.Series([], dtype=pl.Int64)
    lists = 3 * pl.col("left_list").cast(pl.Int64) + pl.col("right_list")
    return cross.with_columns(
        a=client.gather(cross["l"]).cast(pl.Int64) * 9 + lists,
        b=client.gather(cross["r"]).cast(pl.Int64) * 9 + lists,
    ).with_columns(best=pl.col("odds").max().over("a", "b"))


def _between_clients(cross: pl.DataFrame) -> Floats:
    """Probability that the two clients of each pair are one."""
    edges = cross.group_by("a", "b", maintain_order=True).agg(pl.col("best").first())
    edges = edges.with_columns(probability=_in_full(edges))
    near = edges.filter(pl.col("best") >= _FAINT)
    if near.height:
        near = near.with_columns(probability=_in_components(near))
        edges = edges.update(near.select("a", "b", "probability"), on=["a", "b"], how="left")
    found = cross.join(
        edges.select("a", "b", "probability"), on=["a", "b"], how="left", maintain_order="left"
    )
    return found["probability"].to_numpy().astype(np.float64)


def _in_full(edges: pl.DataFrame) -> Floats:
    """Probability where every rival counts in full, whatever its own chances."""
    odds = edges["best"].to_numpy()
    rivals = edges.select(pl.col("best").sum().over("a") + pl.col("best").sum().over("b")).to_series()
    return np.asarray(odds / (1.0 + odds + np.maximum(rivals.to_numpy() - 2 * odds, 0.0)), dtype=np.float64)


def _in_components(edges: pl.DataFrame) -> Floats:
    """Probability of each edge over all one-to-one assignments of its component; of wide ones in full."""
    places = edges.select(pl.col("a", "b").rank("dense").cast(pl.Int64) - 1)
    a, b = places["a"].to_numpy(), places["b"].to_numpy()
    frame = edges.with_columns(
        component=pl.Series(components(a, b + int(a.max()) + 1)), row=pl.int_range(pl.len())
    ).with_columns(
        i=pl.col("a").rank("dense").over("component").cast(pl.Int64) - 1,
        j=pl.col("b").rank("dense").over("component").cast(pl.Int64) - 1,
    ).with_columns(
        rows=pl.col("i").max().over("component") + 1, columns=pl.col("j").max().over("component") + 1
    )  # fmt: skip
    found: Floats = edges["probability"].to_numpy().astype(np.float64).copy()
    narrow = frame.filter(pl.min_horizontal("rows", "columns") <= _WIDE)
    for (rows, columns), group in narrow.group_by("rows", "columns", maintain_order=True):
        found[group["row"].to_numpy()] = _of_shape(group, int(str(rows)), int(str(columns)))
    return found


def _of_shape(group: pl.DataFrame, rows: int, columns: int) -> Floats:
    """Probabilities of the edges of components of one shape, worked out together."""
    number = group["component"].rank("dense").cast(pl.Int64).to_numpy() - 1
    i, j, odds = (group[c].to_numpy() for c in ("i", "j", "best"))
    if rows < columns:
        i, j, rows, columns = j, i, columns, rows
    weights = np.zeros((int(number.max()) + 1, rows, columns))
    weights[number, i, j] = odds
    share: Floats = _assignments(weights)[number, i, j]
    return share


def _assignments(weights: Floats) -> Floats:
    """Share of each cell in the summed weight of all partial one-to-one assignments.

    weights: components × rows × columns, few columns. Forward and backward over rows, by sets of columns.
    """
    count, rows, columns = weights.shape
    sets = 1 << columns
    before = np.zeros((rows + 1, sets, count))
    before[0, 0] = 1.0
    after = np.ones((rows + 1, sets, count))
    cells = [(s, j) for s in range(sets) for j in range(columns) if s >> j & 1]
    for i in range(rows):
        before[i + 1] = before[i]
        for s, j in cells:
            before[i + 1, s] += weights[:, i, j] * before[i, s ^ 1 << j]
    for i in reversed(range(rows)):
        after[i] = after[i + 1]
        for s, j in cells:
            after[i, s] += weights[:, i, j] * after[i + 1, s ^ 1 << j]
    share = np.zeros_like(weights)
    for i in range(rows):
        for s, j in cells:
            share[:, i, j] += weights[:, i, j] * before[i, (sets - 1) ^ s] * after[i + 1, s ^ 1 << j]
    return np.asarray(share / after[0, sets - 1][:, None, None], dtype=np.float64)


def _by_record(cross: pl.DataFrame, twins: pl.DataFrame) -> Floats:
    """Belief that this record is right if its client is: twins may after all be two clients."""
    right = np.ones(cross.height)
    if twins.height and cross.height:
        for mine, other in (("l", "r"), ("r", "l")):
            right *= 1.0 - _other_twin(cross, twins, mine, other)
    return np.asarray(np.maximum(right, 0.0), dtype=np.float64)


def _other_twin(cross: pl.DataFrame, twins: pl.DataFrame, mine: str, other: str) -> Floats:
    """Chance that the pair of a twin of the other record is the right one, and the twin another client."""
    both = pl.concat([twins.select(one=x, two=y, same="same") for x, y in (("l", "r"), ("r", "l"))])
    rivals = (
        cross.select("row", mine, "odds", one=other)
        .join(both, on="one")
        .join(cross.select(mine, two=other, rival="odds"), on=[mine, "two"])
        .group_by("row")
        .agg(
            ((1 - pl.col("same")) * pl.col("rival") / (pl.col("rival") + pl.col("odds"))).sum().alias("lost")
        )
    )
    found = cross.select("row").join(rivals, on="row", how="left", maintain_order="left")
    return found["lost"].fill_null(0.0).to_numpy().astype(np.float64)
