"""What a sample fleet is to look like, and the draw of each practice's own traits."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from transforms.sample.dice import Dice

Formats = Literal["parquet", "csv", "ndjson", "mixed"]
Layout = Literal["fleet", "per_practice", "mixed"]


@dataclass(frozen=True)
class FleetSpec:
    """A fleet to make: the same spec gives the same bytes."""

    practices: int
    seed: int = 1
    median_clients: float = 250
    """Median number of real clients of a practice (log-normal); both lists hold about 1.6 rows of each."""
    spread: float = 0.8
    """Standard deviation of the logarithm of that number."""
    formats: Formats = "mixed"
    layout: Layout = "mixed"
    snapshot_date: dt.date = dt.date(2024, 1, 15)
    trouble: bool = False
    """Whether to plant failed extracts, wrong counts, broken rows and unknown columns."""


def draw_practices(spec: FleetSpec) -> pl.DataFrame:
    """One row per practice: its traits, columns as in `data/reference/sample_practices.csv`."""
    dice, n = Dice(spec.seed, "practices"), spec.practices
    country = dice.choice(["AU", "NZ", "UK"], n, [0.72, 0.16, 0.12])
    clients = np.exp(np.log(spec.median_clients) + spec.spread * dice.normal(n))
    connection = dice.choice(["confirmed", "existing", "none", "no_account"], n, [0.82, 0.06, 0.06, 0.06])
    return pl.DataFrame(
        {
            "practice": np.arange(n, dtype=np.int64),
            "country": country,
            "clients": np.clip(clients, 3, 20_000).astype(np.int64),
            "overlap": 0.2 + 0.75 * np.sqrt(dice.uniform(n)),
            "hq_side": 0.1 + 0.8 * dice.uniform(n),
            "mess": 0.4 + 1.2 * dice.uniform(n) ** 2,
            "duplicates": 0.01 + 0.02 * dice.uniform(n),
            "hub": np.where(dice.chance(0.25, n), 0.04 + 0.1 * dice.uniform(n), 0.005),
            "synced": np.where(dice.chance(0.65, n), 0.3 + 0.6 * dice.uniform(n), 0.0),
            "whole_tax": dice.chance(0.12, n),
            "name_style": dice.choice(["first_last", "last_first", "last_first_middle"], n, [0.6, 0.3, 0.1]),
            "connection": connection,
            "connected_by": dice.choice(["u1", "u3", ""], n, [0.93, 0.04, 0.03]),
            "tool_open": dice.chance(0.03, n),
            "policy": dice.choice(["all_xpm", "all_hq", "selection", ""], n, [0.55, 0.12, 0.2, 0.13]),
            "confirmed": dice.chance(0.9, n),
            "acknowledged": dice.chance(0.6, n),
            "fill_blanks": dice.chance(0.2, n),
            "decided_by": dice.choice(["u1", "u2", "u9"], n, [0.6, 0.36, 0.04]),
            "working": np.where(dice.chance(0.9, n), 0.6, 0.0),
            "decided_share": np.where(dice.chance(0.8, n), 1.0, 0.9),
        }
    ).with_columns(
        practice_id=pl.col("country") + "-" + (pl.col("practice") + 1).cast(pl.String).str.zfill(6),
        has_tax=pl.Series(dice.uniform(n))
        < pl.col("country").replace_strict({"AU": 0.75, "NZ": 0.5, "UK": 0.0}, return_dtype=pl.Float64),
    )
