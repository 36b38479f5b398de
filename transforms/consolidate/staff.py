"""Staff access follows its HQ client, so that nobody loses a client whose HQ record was merged or archived.

A user id that the staff list does not hold is carried too: the list may be older than the access.
"""

import polars as pl

from expectations.conform import conform
from expectations.contracts import table
from transforms.sql import Frames

_KEY = ["practice_id", "source_id"]


def staff_tables(frames: Frames, run_id: str) -> dict[str, pl.DataFrame]:
    """client_staff, and its dropped_link (without run_id). Takes source_client, link_client."""
    links = _links(frames)
    published = links.filter(pl.col("reason").is_null()).with_columns(run_id=pl.lit(run_id))
    dropped = links.filter(pl.col("reason").is_not_null()).select(
        "practice_id",
        pl.lit("staff").alias("kind"),
        pl.lit("hq").alias("product"),
        pl.col("user_id").alias("source_id"),
        "source_client_id",
        "occurrence",
        "reason",
    )
    return {
        "client_staff": conform(published.select(table("client_staff").names), "client_staff"),
        "dropped_link": dropped,
    }


def _links(frames: Frames) -> pl.DataFrame:
    """One row per entry of an HQ client's list of staff, in a practice with a plan.

    Published where `reason` is empty, else dropped: of several links that of the record that the client
    stands on is published. `occurrence` counts the entries of a list that name one user: 1 but for repeats.
    """
    given = (pl.col("product") == "hq") & (pl.col("staff_ids").list.len() > 0)
    access = frames["source_client"].filter(given).select(*_KEY, user_id="staff_ids")
    stands = pl.col("outcome").is_in(["survivor", "archived"])
    clients = frames["link_client"].filter(pl.col("product") == "hq")
    clients = clients.select(*_KEY, "client_id", "client_no", "lost", stands_itself=stands)
    rows = (
        access.join(clients, on=_KEY)  # one to one
        .sort("client_no", ~pl.col("stands_itself"), *_KEY)
        .with_row_index("list_no")
        .explode("user_id")
        .drop_nulls("user_id")
    )
    users = rows["user_id"].unique().sort()
    rows = rows.with_columns(user_no=pl.col("user_id").cast(pl.Enum(users)).to_physical().cast(pl.Int64))
    link = pl.col("client_no") * users.len() + pl.col("user_no")
    rows = rows.sort("client_no", "user_no", "list_no").with_row_index("place")
    begins = pl.any_horizontal(pl.col(c).ne_missing(pl.col(c).shift()) for c in ("user_no", "list_no"))
    first = pl.when(begins).then("place").forward_fill()
    return rows.select(
        *("practice_id", "client_id", "user_id"),
        source_client_id="source_id",
        occurrence=(pl.col("place") - first + 1).cast(pl.Int64),
        reason=pl.when(pl.col("client_id").is_null())
        .then("lost")
        .when(~link.is_first_distinct())
        .then(pl.lit("It repeats a link that is published.")),
    )
