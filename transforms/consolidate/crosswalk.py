"""What became of each record that was read."""

import numpy as np
import polars as pl

from expectations.conform import conform
from expectations.contracts import table

_KEY = ["practice_id", "product", "source_id"]


def crosswalk(fate: pl.DataFrame, quarantine: pl.DataFrame, links: pl.DataFrame, run_id: str) -> pl.DataFrame:
    """Table `crosswalk`: clients by their fate, unreadable ones as `quarantined`, and the rows of the links.

    `links`: crosswalk rows of contacts, groups and relationships.
    """
    rows = [
        fate.with_columns(entity=pl.lit("client"), unified_id="client_id"),
        _unreadable(quarantine, fate),
        links,
    ]
    columns = [name for name in table("crosswalk").names if name != "run_id"]
    found = pl.concat((frame.select(columns) for frame in rows), rechunk=True)
    # Each part is in the order of its ids: what remains is to sort by the few values of the rest of the key.
    place = np.zeros(found.height, dtype=np.int64)
    for name in table("crosswalk").key[:-1]:
        different = found[name].unique().sort()
        rank = found[name].cast(pl.Enum(different)).to_physical().to_numpy()
        place = place * different.len() + rank
    found = found[place.argsort(kind="stable")]
    return conform(found.with_columns(run_id=pl.lit(run_id)), "crosswalk")


def _unreadable(quarantine: pl.DataFrame, fate: pl.DataFrame) -> pl.DataFrame:
    """One row per client of which no row could be read."""
    rows = quarantine.filter(
        pl.col("entity") == "client",
        pl.col("level") == "row",
        pl.col("source_id").is_not_null(),
        pl.col("product").is_in(["hq", "xpm", "tax"]),
        pl.col("practice_id") != "",
    )
    lost = rows.join(fate, on=_KEY, how="anti").group_by(_KEY).agg(pl.col("reason").min())
    none = pl.lit(None, pl.String)
    return lost.with_columns(entity=pl.lit("client"), unified_id=none, outcome=pl.lit("quarantined"))
