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
from transforms.sql import Frames, run_sql

_GROUPS = ("hq_groups", "xpm_groups", "link_plan")
_ID = ["practice_id", "product", "source_id"]
_TELLS_NOTHING = r"^the | (?:group|grp)$"


def group_tables(con: duckdb.DuckDBPyConnection, frames: Frames, run_id: str) -> dict[str, pl.DataFrame]:
    """unified_group, group_member; of groups dropped_link (without run_id), link_fate, link_questions.

    Takes hq_groups, xpm_groups, link_plan, link_client.
    """
    read = {name: frames[name] for name in _GROUPS}
    clients = frames["link_client"].filter(pl.col("product") != "tax").drop("joined_id", "outcome")
    members = run_sql(con, "links/group_members", {**read, "link_client": clients})
    records = _in_sets(_keyed(run_sql(con, "links/group_records", read)), members)
    heads = run_sql(con, "links/group_heads", {"group_record": records})
    links = run_sql(con, "links/group_links", {"member_row": members, "group_head": heads})
    kept = links.filter(pl.col("reason").is_null())
    living = kept.select("set_no").unique()
    groups = _unified(heads.join(living, on="set_no", how="semi"), run_id)
    published = _published(kept, run_id)
    keys = heads.filter("is_head").select("practice_id", "group_id", "name_key")
    asked = {"group_member": published, "unified_group": groups, "group_key": keys}
    return {
        "unified_group": groups,
        "group_member": published,
        "dropped_link": _dropped(links),
        "link_fate": run_sql(con, "links/group_fates", {"group_head": heads, "living_set": living}),
        "link_questions": run_sql(con, "links/group_questions", asked, {"run_id": run_id}),
    }


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
    rows = records.with_row_index("row")
    living = members.filter(pl.col("client_no").is_not_null()).select(*_ID, "client_no")
    ties = rows.select("row", *_ID, "name_key").join(living, on=_ID, validate="1:m")
    client = pl.struct("practice_id", "name_key", "client_no").rank("dense").cast(pl.Int64) - 1
    ties = ties.select("row", client=client)
    rows = rows.with_columns(
        has_members=pl.col("row").is_in(ties["row"].implode()),
        set_no=pl.Series(_components(ties, rows.height)),
    )
    same_name = (
        pl.col("set_no").filter("has_members").over("practice_id", "name_key", mapping_strategy="join")
    )
    only = pl.when(same_name.list.n_unique() == 1).then(same_name.list.first())
    set_no = pl.when("has_members").then("set_no").otherwise(pl.coalesce(only, "set_no"))
    return rows.with_columns(set_no=set_no).drop("row")


def _components(ties: pl.DataFrame, groups: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Component of each group; groups and the clients in them are the two sides of one graph."""
    left, right = ties["row"].to_numpy().astype(np.int64), ties["client"].to_numpy() + groups
    size = groups + (int(ties["client"].max()) + 1 if ties.height else 0)  # type: ignore[arg-type]
    graph = coo_array((np.ones(ties.height, dtype=np.int32), (left, right)), shape=(size, size))
    label = connected_components(graph, directed=False)[1]
    return np.asarray(label[:groups], dtype=np.int64)


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
