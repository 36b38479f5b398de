"""Relationships keep both ends, or are dropped with the end that could not follow."""

import duckdb
import polars as pl

from expectations.conform import conform
from expectations.contracts import table
from transforms.sql import Frames, run_sql

_READ = ("xpm_relationships", "link_plan", "link_client")
_CLIENT = ["practice_id", "source_id", "client_id", "lost"]


def relationship_tables(
    con: duckdb.DuckDBPyConnection, frames: Frames, run_id: str
) -> dict[str, pl.DataFrame]:
    """relationship, and this entity's dropped_link (without run_id) and link_fate.

    Takes xpm_relationships, link_plan, link_client.
    """
    read = {name: frames[name] for name in _READ}
    read["link_client"] = read["link_client"].filter(pl.col("product") == "xpm").select(_CLIENT)
    links = run_sql(con, "links/relationships", read).sort("practice_id", "source_id")
    published = links.filter(pl.col("reason").is_null()).with_columns(run_id=pl.lit(run_id))
    return {
        "relationship": conform(published.select(table("relationship").names), "relationship"),
        "dropped_link": _dropped(links),
        "link_fate": _fates(links),
    }


def _dropped(links: pl.DataFrame) -> pl.DataFrame:
    far_end_lost = pl.col("client_id").is_not_null() & pl.col("related_client_id").is_null()
    lost = pl.when(far_end_lost).then("source_related_id").otherwise("source_client_id")
    return links.filter(pl.col("reason").is_not_null()).select(
        "practice_id",
        pl.lit("relationship").alias("kind"),
        pl.lit("xpm").alias("product"),
        "source_id",
        lost.alias("source_client_id"),
        pl.lit(1, pl.Int64).alias("occurrence"),
        "reason",
    )


def _fates(links: pl.DataFrame) -> pl.DataFrame:
    """What became of each relationship read; one that repeats another is merged into it."""
    merged = pl.col("repeated_id").is_not_null()
    lives = pl.col("reason").is_null()
    repeats = pl.format("It says what relationship {} says, between the same clients.", "repeated_id")
    return links.select(
        "practice_id",
        pl.lit("xpm").alias("product"),
        pl.lit("relationship").alias("entity"),
        "source_id",
        pl.when(lives | merged).then("relationship_id").alias("unified_id"),
        pl.when(lives).then(pl.lit("survivor")).when(merged).then(pl.lit("merged"))
        .otherwise(pl.lit("dropped")).alias("outcome"),
        pl.when(lives).then(pl.lit("Both its clients live on.")).when(merged).then(repeats)
        .otherwise("reason").alias("reason"),
    )  # fmt: skip
