"""Probabilities where each client has at most one partner in each other list.

Which rivals a pair has is settled here, how much they count in `marginal`. Records of one list that are
likely one client are taken as one: they are no rivals of each other.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching import marginal
from matching.assign import joined
from matching.model import Floats

_LIMIT = 60.0
"""Log odds beyond this are taken for this."""
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
    ends = np.concatenate([frame[side].to_numpy() for frame in (pairs, twins) for side in "lr"])
    size = 1 + int(ends.max()) if len(ends) else 0
    return pl.Series(joined(size, twins["l"].to_numpy(), twins["r"].to_numpy()), dtype=pl.Int64)


def connected(pairs: pl.DataFrame, some: pl.Series) -> pl.Series:
    """Rows of the pairs that rivals and twins tie to `some`: `marginals` of all others stay the same."""
    component = client_of(pairs, pairs.filter(some | ~pairs["within"])).gather(pairs["l"])
    return component.is_in(component.filter(some).unique().implode()).arg_true()


def _as_clients(cross: pl.DataFrame, twins: pl.DataFrame) -> pl.DataFrame:
    """Adds `a` and `b`, the clients of l and r as they look into each other's list, `edge`, a number for the
    two, and `best`, the odds of the likeliest pair between them.
    """
    client = client_of(cross, twins) if cross.height else pl.Series([], dtype=pl.Int64)
    lists = 3 * pl.col("left_list").cast(pl.Int64) + pl.col("right_list")
    cross = cross.with_columns(
        a=client.gather(cross["l"]) * 9 + lists, b=client.gather(cross["r"]) * 9 + lists
    )
    cross = cross.with_columns(edge=pl.col("a") * (9 * client.len() + 9) + pl.col("b"))
    return cross.with_columns(best=pl.col("odds").max().over("edge"))


def _between_clients(cross: pl.DataFrame) -> Floats:
    """Probability that the two clients of each pair are one."""
    edges = cross.filter(pl.col("edge").is_first_distinct())
    probability = marginal.marginals(edges["a"], edges["b"], edges["best"])
    if edges.height < cross.height:
        edges = edges.select("edge", probability=probability)
        found = cross.select("edge").join(edges, on="edge", how="left", maintain_order="left")
        probability = found["probability"]
    return probability.to_numpy().astype(np.float64)


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
