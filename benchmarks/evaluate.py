"""One evaluator for every engine: pairs against the truth, at the engine's own decision and at the best."""

import numpy as np
import polars as pl

from benchmarks.greedy import one_to_one
from matching import assign

_BINS = 10
_STEPS = 40
"""Thresholds tried for clusters."""
FLOOR = 0.001
"""Pairs of a lower probability do not count in the calibration error: an engine may drop them or not."""


def evaluate(
    pairs: pl.DataFrame, truth: pl.DataFrame, clusters: pl.DataFrame | None = None
) -> dict[str, float]:
    """Precision, recall, F1 at the engine's decision, ceiling, share of true pairs listed, calibration error.

    pairs: left_id, right_id, probability, is_match. truth: record_id, list, entity_id. Of several lists,
    pairs between lists count. Of one, all pairs, and clusters (id, cluster_id) are the decision if given.
    """
    between = truth["list"].n_unique() > 1
    scored = _labelled(pairs, truth)
    if between:
        scored = scored.filter(pl.col("left_list") != pl.col("right_list"))
    real = _true_pairs(truth, between)
    if clusters is None:
        chosen = scored.filter("is_match")
        said, hit = chosen.height, int(chosen["true"].sum())
    else:
        said, hit = _implied(clusters.rename({"id": "record_id"}), truth)
    best = ceiling(scored, truth, real, between)
    return {
        "precision": hit / said if said else 1.0,
        "recall": hit / real,
        "f1": 2 * hit / (said + real),
        "ceiling": max(best, 2 * hit / (said + real)),
        "listed": int(scored["true"].sum()) / real,
        "ece": calibration_error(scored["probability"], scored["true"]),
    }


def _labelled(pairs: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """Pairs, each once whatever its direction, with the list of each side and whether they are one entity."""
    pairs = pairs.with_columns(
        pl.min_horizontal("left_id", "right_id").alias("left_id"),
        pl.max_horizontal("left_id", "right_id").alias("right_id"),
    ).unique(["left_id", "right_id"])
    for side in ("left", "right"):
        of_side = truth.rename(
            {"record_id": f"{side}_id", "list": f"{side}_list", "entity_id": f"{side}_entity"}
        )
        pairs = pairs.join(of_side, on=f"{side}_id", how="left", validate="m:1")
    return pairs.with_columns(true=pl.col("left_entity") == pl.col("right_entity")).sort(
        ["probability", "left_id", "right_id"], descending=[True, False, False]
    )


def _pairs_in(groups: pl.DataFrame) -> int:
    return int((groups["len"].cast(pl.Int64) * (groups["len"].cast(pl.Int64) - 1)).sum()) // 2


def _true_pairs(truth: pl.DataFrame, between: bool) -> int:
    every = _pairs_in(truth.group_by("entity_id").len())
    return every - _pairs_in(truth.group_by("entity_id", "list").len()) if between else every


def _implied(clusters: pl.DataFrame, truth: pl.DataFrame) -> tuple[int, int]:
    """Pairs that clusters (record_id, cluster_id) imply, and how many of them are true."""
    joined = clusters.join(truth, on="record_id", validate="1:1")
    return _pairs_in(joined.group_by("cluster_id").len()), _pairs_in(
        joined.group_by("cluster_id", "entity_id").len()
    )


def ceiling(scored: pl.DataFrame, truth: pl.DataFrame, real: int, between: bool) -> float:
    """Best F1 that a threshold could reach: of the pairs as they are, and one-to-one or as clusters."""
    best = _best_threshold(scored, real)
    if between:
        free = one_to_one(scored.select("left_id", "right_id").iter_rows())
        return max(best, _best_threshold(scored.filter(pl.Series(free, dtype=pl.Boolean)), real))
    ids = truth.select("record_id").with_row_index("row")
    edges = scored
    for side in ("left", "right"):
        edges = edges.join(ids.rename({"record_id": f"{side}_id", "row": side}), on=f"{side}_id")
    # Spread evenly over the odds: closer together where pairs are certain.
    cuts = [float(1 / (1 + np.exp(-x))) for x in np.linspace(-4, 16, _STEPS)]
    return max([best, *(_clusters_f1(edges, cut, truth, real) for cut in cuts)])


def _clusters_f1(edges: pl.DataFrame, cut: float, truth: pl.DataFrame, real: int) -> float:
    kept = edges.filter(pl.col("probability") >= cut)
    label = assign.joined(
        truth.height, kept["left"].cast(pl.Int64).to_numpy(), kept["right"].cast(pl.Int64).to_numpy()
    )
    said, hit = _implied(truth.select("record_id", cluster_id=pl.Series(label)), truth)
    return 2 * hit / (said + real)


def _best_threshold(scored: pl.DataFrame, real: int) -> float:
    """Best F1 over all thresholds; pairs of equal probability are taken together."""
    if not scored.height:
        return 0.0
    steps = (
        scored.group_by("probability")
        .agg(pl.len(), pl.col("true").sum())
        .sort("probability", descending=True)
    )
    return float((2 * steps["true"].cum_sum() / (steps["len"].cum_sum() + real)).max())  # type: ignore[arg-type]


def calibration_error(probability: pl.Series, true: pl.Series) -> float:
    """Expected calibration error over ten equal bins of probability: mean of |said - was| over the pairs."""
    frame = pl.DataFrame({"p": probability, "true": true}).filter(pl.col("p") >= FLOOR)
    if not frame.height:
        return 0.0
    binned = frame.group_by((pl.col("p") * _BINS).floor().clip(0, _BINS - 1).alias("bin")).agg(
        n=pl.len(), off=(pl.col("p").mean() - pl.col("true").mean()).abs()
    )
    return float((binned["n"] * binned["off"]).sum()) / frame.height
