"""A verdict per pair of names: each row of the set is two lists of one record, apart from all other rows."""

import polars as pl

from benchmarks.cases import Roots
from matching import Field, MatchSpec, link

NAME_PAIRS = "name_pairs"
_FOLDER = "name_pairs_opensanctions"


def name_pairs(roots: Roots) -> dict[str, float]:
    """Accuracy, precision and recall of the library's probability at 0.5, over all rows and by script."""
    cases = pl.read_parquet(roots.data / _FOLDER / "pairs.parquet").with_row_index("row")
    sides = [cases.select(pl.col("row").cast(pl.String), name=f"name{side}") for side in (1, 2)]
    left, right = (side.with_columns(id=pl.col("row")) for side in sides)
    spec = MatchSpec([Field("name", "name")], partition="row")
    pairs = link(left, right, spec, "id", one_to_one=False)
    said = pairs.select(pl.col("left_id").cast(pl.UInt32).alias("row"), "probability")
    judged = cases.join(said, on="row", how="left", validate="1:1").with_columns(
        said=pl.col("probability").fill_null(0.0) >= 0.5,
        true=pl.col("is_match") == "true",
        latin=~pl.concat_str("name1", "name2").str.contains(r"[^\p{Latin}\P{L}]"),
    )
    return _verdicts("all", judged) | _verdicts("Latin script", judged.filter("latin"))


def _verdicts(which: str, judged: pl.DataFrame) -> dict[str, float]:
    right = float((judged["said"] == judged["true"]).sum())
    hit = float((judged["said"] & judged["true"]).sum())
    return {
        f"{which}: rows": float(judged.height),
        f"{which}: accuracy": right / judged.height,
        f"{which}: precision": hit / max(float(judged["said"].sum()), 1.0),
        f"{which}: recall": hit / max(float(judged["true"].sum()), 1.0),
    }
