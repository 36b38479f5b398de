"""Groups: those of one name that share a member are one group, and its members are the clients that live on.

Xero says that groups are shared, but not how same-named ones are joined. We join by name within the practice
("The Smith Family Group" is "Smith Family") where at least one client that lives on is in both, for two
families may bear one name; keep Practice Manager's Taxable; and drop a group none of whose members lives on,
unless it is the empty double of just one. Groups of one name without a common member, and groups of the same
three or more members under different names, stay apart and are asked about (docs/decisions/0007).
"""

import duckdb
import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from expectations.conform import conform
from expectations.contracts import table
from transforms import normalise
from transforms.consolidate.ids import stable_ids
from transforms.sql import Frames, run_sql

_CLIENT = ["practice_id", "product", "source_client_id"]
_TELLS_NOTHING = r"^the | (?:group|grp)$"


def group_tables(con: duckdb.DuckDBPyConnection, frames: Frames, run_id: str) -> dict[str, pl.DataFrame]:
    """unified_group, group_member; of groups dropped_link (without run_id), link_fate, link_questions.

    Takes hq_groups, xpm_groups, link_plan, link_client.
    """
    records = _keyed(_records(frames))
    members = _members(records, frames["link_client"])
    heads = _headed(con, _in_sets(records.drop("clients"), members))
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


def _records(frames: Frames) -> pl.DataFrame:
    """One row per group read of a practice with a plan: `group_no` in the order of practice, id and product.

    `clients`: its list of clients, as read.
    """
    hq = frames["hq_groups"].select(
        "practice_id",
        "name",
        product=pl.lit("hq"),
        source_id="hq_group_id",
        taxable=pl.lit(None, pl.String),
        clients="hq_client_ids",
    )
    xpm = frames["xpm_groups"].select(
        "practice_id",
        name="Name",
        product=pl.lit("xpm"),
        source_id="UUID",
        taxable="Taxable",
        clients="ClientUUIDs",
    )
    plan = frames["link_plan"].filter("planned").select("practice_id", "kept_product")
    return (
        pl.concat([hq, xpm])
        .join(plan, on="practice_id")  # many to one
        .sort("practice_id", "source_id", "product")
        .with_row_index("group_no")
        .with_columns(on_kept_product=pl.col("product") == pl.col("kept_product"))
        .drop("kept_product")
    )


def _members(records: pl.DataFrame, clients: pl.DataFrame) -> pl.DataFrame:
    """One row per entry of a group's list of clients, with what the client became.

    `occurrence` counts the entries of a group that name one client twice: 1 but for repeats.
    """
    became = clients.select(
        *_CLIENT[:2], "client_id", "client_no", "stands_on", "lost", source_client_id="source_id"
    )
    entries = (
        records.select("group_no", *_CLIENT[:2], source_client_id="clients")
        .explode("source_client_id")
        .drop_nulls("source_client_id")
        .with_row_index("entry_no")
        .with_columns(occurrence=pl.lit(1, pl.Int64))
    )
    named = ("group_no", "source_client_id")
    again = entries.filter(pl.struct(named).is_duplicated()).select(
        "entry_no", occurrence=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(named)
    )
    return (
        entries.update(again, on="entry_no")
        .join(became, on=_CLIENT, how="left")  # many to at most one
        .with_columns(own=(pl.col("product") == pl.col("stands_on")).fill_null(False))
        .drop(_CLIENT[:2], "stands_on")
    )


def _links(members: pl.DataFrame, heads: pl.DataFrame) -> pl.DataFrame:
    """One row per entry, published where `reason` is empty, else dropped.

    Of several memberships of one client in one group that of the product the client stands on is published.
    """
    of = heads.select("group_no", "practice_id", "product", "source_id", "group_id", "set_no", "is_head")
    rows = members.join(of, on="group_no")  # many to one
    membership = pl.struct("set_no", "client_no")
    several = rows.filter(pl.col("client_no").is_not_null()).filter(membership.is_duplicated())
    ladder = several.sort(
        *("own", "is_head", "group_no", "source_client_id", "occurrence"),
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


def _keyed(records: pl.DataFrame) -> pl.DataFrame:
    """With `name_key`, equal for groups of one name; a name with nothing to compare is like no other."""
    folded = normalise.fold(records["name"]).alias("folded")
    bare = pl.col("folded").str.replace_all(_TELLS_NOTHING, "")
    alone = pl.concat_str(pl.lit("id"), "product", "source_id", separator=" ")
    key = pl.when(pl.col("folded").is_null()).then(alone).otherwise("name " + bare)
    return records.with_columns(folded).select(pl.exclude("folded"), name_key=key)


def _in_sets(records: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """With `has_members`, and `set_no`, equal for groups that are one.

    Groups of one name are joined by each client that lives on in both; one without such a client joins the
    others of its name where these are one group.
    """
    named = records.select("group_no", name_no=pl.struct("practice_id", "name_key").rank("dense"))
    living = members.filter(pl.col("client_no").is_not_null()).select("group_no", "client_no")
    ties = living.join(named, on="group_no")  # many to one
    ties = ties.select("group_no", client=pl.struct("name_no", "client_no").rank("dense").cast(pl.Int64) - 1)
    rows = records.with_columns(
        has_members=pl.col("group_no").is_in(ties["group_no"].implode()),
        set_no=pl.Series(_components(ties, records.height)),
    )
    same_name = (
        pl.col("set_no").filter("has_members").over("practice_id", "name_key", mapping_strategy="join")
    )
    only = pl.when(same_name.list.n_unique() == 1).then(same_name.list.first())
    set_no = pl.when("has_members").then("set_no").otherwise(pl.coalesce(only, "set_no"))
    return rows.with_columns(set_no=set_no)


def _components(ties: pl.DataFrame, groups: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Component of each group; groups and the clients in them are the two sides of one graph."""
    left, right = ties["group_no"].to_numpy().astype(np.int64), ties["client"].to_numpy() + groups
    size = groups + (int(ties["client"].max()) + 1 if ties.height else 0)  # type: ignore[arg-type]
    graph = coo_array((np.ones(ties.height, dtype=np.int32), (left, right)), shape=(size, size))
    label = connected_components(graph, directed=False)[1]
    return np.asarray(label[:groups], dtype=np.int64)


def _headed(con: duckdb.DuckDBPyConnection, records: pl.DataFrame) -> pl.DataFrame:
    """With the group its set stands on: `head_product`, `head_id`, `name`, `group_id`, `is_head`, `taxable`.

    Of the product that the policy keeps, then the smaller id; Practice Manager's Taxable, in the same order.
    """
    ladder = records.sort("set_no", ~pl.col("on_kept_product"), "group_no")
    taxable = ladder.drop_nulls("taxable").unique("set_no", keep="first").select("set_no", "taxable")
    heads = ladder.unique("set_no", keep="first", maintain_order=True)
    heads = heads.with_columns(group_id=stable_ids(con, heads, "g")).select(
        *("set_no", "name", "group_id"), head_no="group_no", head_product="product", head_id="source_id"
    )
    return (
        records.drop("name", "taxable", "on_kept_product")
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
    sizes = kept.group_by("set_no").agg(
        pl.col("practice_id").first(), size=pl.len(), first=client.min(), last=client.max()
    )
    sizes = sizes.filter(pl.col("size") > 2)
    likely = sizes.filter(pl.struct("practice_id", "size", "first", "last").is_duplicated())["set_no"]
    names = heads.filter("is_head").filter(pl.struct("practice_id", "name_key").is_duplicated())
    members = kept.filter(pl.col("set_no").is_in(likely.implode()))
    concerned = pl.concat([members.select(key), names.select(key)])
    asked = {
        "group_member": members.select(*key, "client_id"),
        "group_key": names.select(*key, "name_key"),
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
