"""Staff access follows its HQ client, so that nobody loses a client whose HQ record was merged or archived.

A user id that the staff list does not hold is carried too: the list may be older than the access.
"""

import duckdb
import polars as pl

from expectations.conform import conform
from transforms.sql import Frames, run_sql

_GIVEN = (pl.col("product") == "hq") & (pl.col("staff_ids").list.len() > 0)


def staff_tables(con: duckdb.DuckDBPyConnection, frames: Frames, run_id: str) -> dict[str, pl.DataFrame]:
    """client_staff, and its dropped_link (without run_id). Takes source_client, link_client."""
    rows = {
        "access": frames["source_client"].filter(_GIVEN).select("practice_id", "source_id", "staff_ids"),
        "link_client": frames["link_client"].filter(pl.col("product") == "hq").drop("product", "joined_id"),
    }
    links = run_sql(con, "links/staff_links", rows)
    published = (
        links.filter(pl.col("reason").is_null())
        .drop("reason", "occurrence")
        .with_columns(run_id=pl.lit(run_id))
    )
    dropped = links.filter(pl.col("reason").is_not_null()).select(
        "practice_id",
        pl.lit("staff").alias("kind"),
        pl.lit("hq").alias("product"),
        pl.col("user_id").alias("source_id"),
        "source_client_id",
        "occurrence",
        "reason",
    )
    return {"client_staff": conform(published, "client_staff"), "dropped_link": dropped}
