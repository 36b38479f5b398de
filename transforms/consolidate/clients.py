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


def unified_client(values: pl.DataFrame, fate: pl.DataFrame, given: Fills, run_id: str) -> pl.DataFrame:
    """Table `unified_client`: one row per record that stands for a client, survivor or archived.

    The record's own values stand as they are: the product selects, it does not merge. Two things are added:
    a Practice Manager client shows the identifiers and settings of its Tax record where its own are empty (in
    the product both are one store); where the practice asked to fill blanks, they take the twin's value.
    `given`: the fills under the chosen policies.
    """
    standing = fate.filter(pl.col("rid") == pl.col("target")).sort("practice_id", "client_id")
    rows = given.apply(values, standing["rid"]).select(*FIELDS, *LISTS)
    rows = standing.select("practice_id", "client_id", "state", survivor_product="product").hstack(rows)
    rows = rows.hstack(_records(fate, standing["rid"])).with_columns(
        *(pl.col(many).list.first().alias(one) for one, many in _FIRST.items()), run_id=pl.lit(run_id)
    )
    return conform(rows, "unified_client")


def _records(fate: pl.DataFrame, standing: pl.Series) -> list[pl.Series]:
    """Ids of the records behind each client: the standing one of its list, else the smallest."""
    names = {"hq_client_id": "hq", "xpm_client_uuid": "xpm", "tax_client_id": "tax"}
    rid, target, size = pl.col("rid"), pl.col("target"), fate.height
    place = (rid != target) * size + rid
    told = fate.filter(target.is_not_null()).select(
        target, **{name: pl.when(pl.col("product") == product).then(place) for name, product in names.items()}
    )
    firsts = told.group_by("target").agg(pl.col(*names).min() % size)
    rows = standing.to_frame("target").join(firsts, on="target", how="left", maintain_order="left")
    return [fate["source_id"].gather(rows[name]).alias(name) for name in names]
