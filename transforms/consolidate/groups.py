"""Groups: those of one name that share a member are one group, and its members are the clients that live on.

Xero says that groups are shared, but not how same-named ones are joined. We join by name within the practice
("The Smith Family Group" is "Smith Family") where at least one client that lives on is in both, for two
families may bear one name; keep Practice Manager's Taxable; and drop a group none of whose members lives on,
unless it is the empty double of just one. Groups of one name without a common member, and groups of the same
three or more members under different names, stay apart and are asked about (docs/decisions/0007).
"""

import duckdb
import polars as pl

from expectations.conform import conform
from expectations.contracts import table
from transforms.consolidate.group_rows import in_sets
from transforms.consolidate.ids import stable_ids
from transforms.consolidate.joined import rows_at
from transforms.sql import Frames, run_sql

_BECAME = ["client_id", "client_no", "stands_on", "lost"]
_MANY = 2**31
"""More than there are rows: two numbers go as one."""


def group_tables(con: duckdb.DuckDBPyConnection, frames: Frames, run_id: str) -> dict[str, pl.DataFrame]:
    """unified_group, group_member; of groups dropped_link (without run_id), link_fate, link_questions.

    Takes link_group and link_entry (of `group_rows`), link_plan, link_became.
    """
    records, entries = frames["link_group"], frames["link_entry"]
    members = entries.hstack(rows_at(frames["link_became"].select(_BECAME), entries["rid"]))
    sets = in_sets(records, entries, members["client_no"])
    heads = _headed(con, records.hstack(sets.drop("group_no")), frames["link_plan"])
    links = _links(members, heads)
    kept = links.filter(pl.col("reason").is_null())
    living = kept["set_no"].unique()
    groups = _unified(heads.filter(pl.col("set_no").is_in(living.implode())), run_id)
    return {
        "unified_group": groups,
        "group_member": _published(kept, run_id),
        "dropped_link": _dropped(links),
        "link_fate": _fates(heads, living),
        "link_questions": _questions(con, kept, heads, groups, run_id),
    }


def _links(members: pl.DataFrame, heads: pl.DataFrame) -> pl.DataFrame:
    """One row per entry of a group's list of clients, published where `reason` is empty, else dropped.

    Of several memberships of one client in one group that of the product the client stands on is published.
    """
    of = heads.select("group_no", "practice_id", "product", "source_id", "group_id", "set_no", "is_head")
    rows = members.join(of, on="group_no")  # many to one: those of a practice with a plan
    membership = pl.col("set_no") * _MANY + pl.col("client_no")
    several = rows.filter(pl.col("client_no").is_not_null()).filter(membership.is_duplicated())
    ladder = several.sort(
        *(pl.col("product") == pl.col("stands_on"), "is_head", "group_no", "source_client_id", "occurrence"),
        descending=[True, True, False, False, False],
    )
    repeated = ladder.filter(~membership.is_first_distinct())["entry_no"]
    unknown = pl.lit("Its client is not among the clients that could be read.")
    return rows.with_columns(
        reason=pl.when(pl.col("client_id").is_null())
        .then(pl.coalesce("lost", unknown))
        .when(pl.col("entry_no").is_in(repeated.implode()))
        .then(pl.lit("It repeats a link that is published."))
    )


def _headed(con: duckdb.DuckDBPyConnection, records: pl.DataFrame, plan: pl.DataFrame) -> pl.DataFrame:
    """Of a practice with a plan, with the group its set stands on.

    That is `head_product`, `head_id`, `name`, `group_id`, `is_head`, `taxable`: of the product that the
    policy keeps, then the smaller id; Practice Manager's Taxable, in the same order.
    """
    plan = plan.filter("planned").select("practice_id", "kept_product")
    records = records.join(plan, on="practice_id", maintain_order="left")  # many to one
    ladder = records.sort("set_no", pl.col("product") != pl.col("kept_product"), "group_no")
    taxable = ladder.drop_nulls("taxable").unique("set_no", keep="first").select("set_no", "taxable")
    heads = ladder.unique("set_no", keep="first", maintain_order=True)
    heads = heads.with_columns(group_id=stable_ids(con, heads, "g")).select(
        *("set_no", "name", "group_id"), head_no="group_no", head_product="product", head_id="source_id"
    )
    return (
        records.drop("name", "taxable", "kept_product")
        .join(heads, on="set_no", maintain_order="left")  # many to one
        .join(taxable, on="set_no", how="left", maintain_order="left")  # many to at most one
        .with_columns(is_head=pl.col("group_no") == pl.col("head_no"))
    )


def _fates(heads: pl.DataFrame, living: pl.Series) -> pl.DataFrame:
    """One row per group read: what became of it. A set of groups lives where any member of it does."""
    lives, is_head = pl.col("set_no").is_in(living.implode()), pl.col("is_head")
    list_of = (
        pl.when(pl.col("head_product") == "hq").then(pl.lit("Xero HQ")).otherwise(pl.lit("Practice Manager"))
    )
    common = pl.lit(", and a member in common.")
    shares = pl.when("has_members").then(common).otherwise(pl.lit(", and no member that lives on."))
    outcome = pl.when(~lives).then(pl.lit("dropped")).when(is_head).then(pl.lit("survivor"))
    return heads.select(
        *("practice_id", "product"),
        pl.lit("group").alias("entity"),
        "source_id",
        unified_id=pl.when(lives).then("group_id"),
        outcome=outcome.otherwise(pl.lit("merged")),
        reason=pl.when(~lives)
        .then(pl.lit("None of its members lives on."))
        .when(is_head)
        .then(pl.lit("It is kept as a group."))
        .otherwise(pl.format("It has the name of {} group {}{}", list_of, "head_id", shares)),
    )


def _questions(
    con: duckdb.DuckDBPyConnection, kept: pl.DataFrame, heads: pl.DataFrame, groups: pl.DataFrame, run_id: str
) -> pl.DataFrame:
    """Groups that may be one: of one name, or of the same members. Only those that can be are looked at."""
    key, client = ["practice_id", "group_id"], pl.col("client_no")
    sizes = kept.group_by("set_no").agg(size=pl.len(), first=client.min(), last=client.max())
    sizes = sizes.filter(pl.col("size") > 2)
    likely = sizes.filter(pl.struct("size", "first", "last").is_duplicated())["set_no"]
    names = heads.filter("is_head").filter(pl.col("name_no").is_duplicated())
    members = kept.filter(pl.col("set_no").is_in(likely.implode()))
    concerned = pl.concat([members.select(key), names.select(key)])
    asked = {
        "group_member": members.select(*key, "client_id"),
        "group_key": names.select(*key, pl.col("name_no").cast(pl.String)),
        "unified_group": groups.join(concerned, on=key, how="semi"),
    }
    return run_sql(con, "links/group_questions", asked, {"run_id": run_id})


def _unified(heads: pl.DataFrame, run_id: str) -> pl.DataFrame:
    frame = heads.filter("is_head").select(
        "practice_id", "group_id", "name", "taxable", "product", "source_id", run_id=pl.lit(run_id)
    )
    return conform(frame, "unified_group")


def _published(links: pl.DataFrame, run_id: str) -> pl.DataFrame:
    frame = links.rename({"source_id": "source_group_id"}).with_columns(run_id=pl.lit(run_id))
    return conform(frame.select(table("group_member").names), "group_member")


def _dropped(links: pl.DataFrame) -> pl.DataFrame:
    return links.filter(pl.col("reason").is_not_null()).select(
        "practice_id",
        pl.lit("group").alias("kind"),
        "product",
        "source_id",
        "source_client_id",
        "occurrence",
        "reason",
    )
