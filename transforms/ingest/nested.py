"""Settles what the API's client lists say beside the lists of their own: numeric ids and nested rows."""

from collections.abc import Sequence

import polars as pl

from expectations.contracts import table

# Columns that may hold a client's numeric id where the client list knows its UUID.
_REFERENCES = {
    "xpm_clients": ("BillingClientUUID",),
    "xpm_contacts": ("ClientUUID",),
    "xpm_jobs": ("ClientUUID",),
    "xpm_relationships": ("ClientUUID", "RelatedClientUUID"),
}
_NESTED = ("xpm_contacts", "xpm_groups", "xpm_relationships")


def settle_nested(
    name: str, rows: pl.DataFrame, aliases: Sequence[tuple[str, str, str, str]], client_files: list[int]
) -> pl.DataFrame:
    """`rows` of a source table with numeric ids turned into UUIDs, less nested rows that a list of their own
    holds too.

    `aliases`: practice, kind, numeric id, UUID. A number that no client list knows stays as it is: a dangling
    reference, for later steps to report.
    """
    known = pl.DataFrame(aliases, schema=["practice_id", "kind", "id", "uuid"], orient="row")
    # One number, one UUID: where lists disagree the smaller one, whatever their order.
    known = known.cast(pl.String).group_by("practice_id", "kind", "id").agg(pl.col("uuid").min())
    clients, groups = (known.filter(pl.col("kind") == kind).drop("kind") for kind in ("client", "group"))
    for column in _REFERENCES.get(name, ()):
        rows = _resolved(rows, column, clients)
    if name == "xpm_groups":
        rows = _with_members(_resolved(rows, "UUID", groups), clients)
    return _without_repeated(rows, list(table(name).key), client_files) if name in _NESTED else rows


def _resolved(rows: pl.DataFrame, column: str, aliases: pl.DataFrame) -> pl.DataFrame:
    named = aliases.rename({"id": column})
    if rows.schema[column] == pl.Null:
        return rows
    found = rows.select("practice_id", column).join(
        named, on=["practice_id", column], how="left", maintain_order="left", validate="m:1"
    )
    return rows.with_columns(pl.coalesce(found["uuid"], column).alias(column))


def _with_members(groups: pl.DataFrame, clients: pl.DataFrame) -> pl.DataFrame:
    """Groups whose members are named by UUID."""
    if groups.schema["ClientUUIDs"] == pl.Null:
        return groups
    place = groups.select("practice_id", id="ClientUUIDs").with_row_index("place")
    members = place.filter(pl.col("id").list.len() > 0).explode("id", empty_as_null=False)
    members = members.join(clients, on=["practice_id", "id"], how="left", maintain_order="left")
    changed = (
        members.group_by("place", maintain_order=True)
        .agg(pl.coalesce("uuid", "id").alias("members"), pl.col("uuid").is_not_null().any().alias("any"))
        .filter("any")
    )
    found = place.join(changed, on="place", how="left", maintain_order="left")["members"]
    return groups.with_columns(pl.coalesce(found, "ClientUUIDs").alias("ClientUUIDs"))


def _without_repeated(rows: pl.DataFrame, key: list[str], client_files: list[int]) -> pl.DataFrame:
    nested = pl.col("_file").is_in(client_files)
    own = rows.filter(~nested).select(key)
    numbered = rows.select("_file", *key).with_row_index("place").filter(nested)
    repeated = numbered.join(own, on=key, how="semi")["place"]
    return rows.with_row_index("place").filter(~pl.col("place").is_in(repeated.implode())).drop("place")
