"""Groups: those of one name in a practice are one group, and its members are the clients that live on.

Xero says that groups are shared, but not how same-named ones are joined: we join by folded name within the
practice, keep Practice Manager's Taxable, and drop a group none of whose members lives on. Groups of the same
members under different names stay apart; they may be asked about.
"""

import duckdb
import polars as pl

from expectations.conform import conform
from expectations.contracts import table
from transforms import normalise
from transforms.sql import Frames, run_sql

_GROUPS = ("hq_groups", "xpm_groups", "link_plan")


def group_tables(con: duckdb.DuckDBPyConnection, frames: Frames, run_id: str) -> dict[str, pl.DataFrame]:
    """unified_group, group_member; of groups dropped_link (without run_id), link_fate, link_questions.

    Takes hq_groups, xpm_groups, link_plan, link_client.
    """
    read = {name: frames[name] for name in _GROUPS}
    clients = frames["link_client"].filter(pl.col("product") != "tax").drop("joined_id", "outcome")
    members = run_sql(con, "links/group_members", {**read, "link_client": clients})
    records = _keyed(run_sql(con, "links/group_records", read))
    heads = run_sql(con, "links/group_heads", {"group_record": records})
    links = run_sql(con, "links/group_links", {"member_row": members, "group_head": heads})
    kept = links.filter(pl.col("reason").is_null())
    living = kept.select("set_no").unique()
    groups = _unified(heads.join(living, on="set_no", how="semi"), run_id)
    published = _published(kept, run_id)
    asked = {"group_member": published, "unified_group": groups}
    return {
        "unified_group": groups,
        "group_member": published,
        "dropped_link": _dropped(links),
        "link_fate": run_sql(con, "links/group_fates", {"group_head": heads, "living_set": living}),
        "link_questions": run_sql(con, "links/group_questions", asked, {"run_id": run_id}),
    }


def _keyed(records: pl.DataFrame) -> pl.DataFrame:
    """With `set_key`, equal for groups to be joined; a name with nothing to compare joins no other."""
    folded = normalise.fold(records["name"]).alias("folded")
    alone = pl.concat_str(pl.lit("id"), "product", "source_id", separator=" ")
    return records.with_columns(folded).with_columns(
        set_key=pl.when(pl.col("folded").is_null()).then(alone).otherwise("name " + pl.col("folded"))
    )


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
        "practice_id", pl.lit("group").alias("kind"), "product", "source_id", "source_client_id", "reason"
    )
