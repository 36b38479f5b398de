"""The unified clients: whose values they show, and which records they stand for."""

import polars as pl

from expectations.conform import conform
from expectations.contracts import table
from transforms.consolidate.field_values import FIELDS, LISTS, Fills

# Published beside their lists: the first of each.
_FIRST = {"email": "emails", "phone": "phones", "website": "websites"}


def client_fate(fate: pl.DataFrame) -> pl.DataFrame:
    """Table `client_fate`."""
    return conform(fate.select(table("client_fate").names), "client_fate")


def unified_client(
    values: pl.DataFrame, fate: pl.DataFrame, given: Fills, chosen: pl.DataFrame, run_id: str
) -> pl.DataFrame:
    """Table `unified_client`: one row per record that stands for a client, survivor or archived.

    The record's own values stand as they are: the product selects, it does not merge. Two things are added:
    a Practice Manager client shows the identifiers and settings of its Tax record where its own are empty (in
    the product both are one store); where the practice asked to fill blanks, they take the twin's value.
    `chosen`: practice, policy.
    """
    standing = fate.filter(pl.col("outcome").is_in(["survivor", "archived"]))
    rows = given.apply(values, chosen, standing["rid"]).select(*FIELDS, *LISTS)
    rows = standing.select("practice_id", "client_id", "state", survivor_product="product").hstack(rows)
    rows = rows.join(_records(fate), on=["practice_id", "client_id"], how="left")  # one to one
    rows = rows.with_columns(
        *(pl.col(many).list.first().alias(one) for one, many in _FIRST.items()), run_id=pl.lit(run_id)
    )
    return conform(rows, "unified_client")


def _records(fate: pl.DataFrame) -> pl.DataFrame:
    """Ids of the records behind each client: the standing one of its list, else the smallest."""
    names = {"hq_client_id": "hq", "xpm_client_uuid": "xpm", "tax_client_id": "tax"}
    behind = fate.filter(pl.col("client_id").is_not_null()).with_columns(
        standing=pl.col("rid") == pl.col("target")
    )
    behind = behind.sort("practice_id", "client_id", ~pl.col("standing"), "source_id")
    return behind.group_by("practice_id", "client_id").agg(
        pl.col("source_id").filter(pl.col("product") == product).first().alias(name)
        for name, product in names.items()
    )
