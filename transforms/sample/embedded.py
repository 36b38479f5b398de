"""The embedded sample: a few small practices, each of which shows one thing, under `data/sample/`.

The scenario table `data/reference/sample_practices.csv` gives each practice its traits, the rows under
`data/reference/sample_cases/` are written by hand, the generator fills the lists up.
"""

import datetime as dt
from pathlib import Path

import polars as pl

from expectations.contracts import Column, table
from expectations.resources import data_path
from transforms.sample.fleet import draw_fleet
from transforms.sample.landing import new_snapshot, write_truth
from transforms.sample.names import reference
from transforms.sample.trouble import place_trouble
from transforms.sample.writer import Placing, write_landing
from transforms.sql import Frames

SNAPSHOT = dt.date(2024, 1, 15)
_SEED = 7
_FLOATS = ("overlap", "hq_side", "mess", "duplicates", "hub", "synced", "decided_share", "working")
_FLAGS = ("whole_tax", "has_tax", "tool_open", "confirmed", "acknowledged", "fill_blanks")
# Formats that can be read with the eye, and one of each other kind.
_FORMATS = {
    "staff": "ndjson",
    "hq_contacts": "csv.gz",
    "xpm_clients": "ndjson",
    "xpm_groups": "ndjson",
    "hq_groups": "ndjson",
    "xpm_jobs": "ndjson",
    "policies": "ndjson",
}


def scenarios() -> pl.DataFrame:
    """The scenario table: traits of each practice as `draw_practices` gives them, what it shows, its end."""
    frame = reference("practices").with_row_index("practice")
    return frame.with_columns(
        pl.col("practice", "clients").cast(pl.Int64),
        pl.col(_FLOATS).cast(pl.Float64),
        *[(pl.col(c) == "true").alias(c) for c in _FLAGS],
        pl.col("policy", "connected_by", "decided_by").fill_null(""),
    )


def write_embedded(out: Path) -> None:
    """Writes `out/landing/snapshot_date=2024-01-15/`, `out/truth/`; raises UsageError where it is there."""
    practices = scenarios()
    folder = new_snapshot(out / "landing", SNAPSHOT.isoformat())
    frames = draw_fleet(practices, SNAPSHOT, _SEED, cases())
    planted = practices.select("practice_id", pl.col("trouble").str.split(";").alias("kind"))
    frames = place_trouble(frames, folder, planted.explode("kind").drop_nulls())
    own = practices.filter(pl.col("format") != "fleet").select("practice_id", "format")
    write_landing(frames, folder, Placing(dict(own.iter_rows()), _FORMATS))
    write_truth(frames, out / "truth")


def cases() -> Frames:
    """The rows written by hand, by source table; `truth_clients` from their column entity_id."""
    found: dict[str, pl.DataFrame] = {}
    truth = []
    for path in sorted(data_path("reference", "sample_cases").glob("*.csv")):
        raw, contract = pl.read_csv(path, infer_schema=False), table(path.stem)
        found[path.stem] = raw.select([_typed(c, raw) for c in contract.columns])
        if "entity_id" in raw.columns:
            truth.append(
                raw.select(
                    "practice_id",
                    product=pl.lit(contract.product),
                    source_id=pl.col(contract.key[1]),
                    entity_id="entity_id",
                )
            )
    return found | {"truth_clients": pl.concat(truth)}


def _typed(column: Column, raw: pl.DataFrame) -> pl.Expr:
    """A column of text in the contract's type; one that the file leaves out is empty."""
    if column.name not in raw.columns:
        return pl.lit([] if column.type == "texts" else None, dtype=column.polars).alias(column.name)
    value = pl.col(column.name)
    if column.type == "texts":
        empty = pl.lit([], dtype=pl.List(pl.String))
        return pl.when(value.is_null()).then(empty).otherwise(value.str.split(";")).alias(column.name)
    if column.type == "boolean":
        return value.str.to_lowercase().is_in(["yes", "true"]).alias(column.name)
    if column.type == "date":
        return value.str.to_date("%Y-%m-%d")
    if column.type == "timestamp":
        return value.str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us")
    return value.cast(column.polars)
