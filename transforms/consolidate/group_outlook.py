"""What every policy would make of groups: by the rules of `groups.group_tables`, in numbers alone."""

import polars as pl

from transforms.consolidate.group_rows import in_sets
from transforms.sql import Frames

# Where one list is kept all records of a client become one, whichever list that is: groups fare alike.
_ALIKE = {"all_xpm": ("all_hq", "all_xpm"), "selection": ("selection",)}


def group_outlook(frames: Frames, numbers: pl.DataFrame, plan: pl.DataFrame) -> pl.DataFrame:
    """Practice number × policy: groups_changed, and questions about groups, in rows of their own.

    `frames`: link_group and link_entry (of `group_rows`); `numbers`: practice, practice_id.
    """
    entries, found = frames["link_entry"], []
    groups = frames["link_group"].join(numbers, on="practice_id", how="left", maintain_order="left")
    for policy, alike in _ALIKE.items():
        target = plan.filter(pl.col("policy") == policy)["target"]
        client = target.gather(entries["rid"]).rename("client")
        rows = groups.hstack(in_sets(groups, entries, client).drop("group_no"))
        entered = entries.with_columns(client, set_no=rows["set_no"].gather(entries["group_no"]))
        counts = pl.concat([_changed(rows, entered), _asked(rows, entered)], how="diagonal")
        found.append(counts.join(pl.DataFrame({"policy": alike}), how="cross"))
    return pl.concat(found).drop_nulls("practice")


def _changed(rows: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """Per practice the groups that would not stay as they were read.

    Changed is a group that does not live on, is joined with another, or loses an entry: its client does not
    live on, or is that of another entry too. A repeated entry changes nothing.
    """
    once, client = entries.filter(pl.col("occurrence") == 1), pl.col("client")
    loses = once.filter(client.is_null() | ~pl.struct("group_no", "client").is_first_distinct())["group_no"]
    stays = pl.col("has_members") & pl.col("set_no").is_unique() & ~pl.col("group_no").is_in(loses.implode())
    return rows.filter(~stays).group_by("practice").agg(groups_changed=pl.len().cast(pl.Int64))


def _asked(rows: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """Per practice the groups that live on and may be another one: of its name, or of its three members."""
    living = rows.filter("has_members").unique("set_no").select("practice", "set_no", "name_no")
    client, size = pl.col("client"), pl.len().alias("size")
    member = entries.filter(client.is_not_null()).select("set_no", "client").unique()
    sizes = member.group_by("set_no").agg(size, first=client.min(), last=client.max())
    likely = sizes.filter(pl.col("size") > 2).filter(pl.struct("size", "first", "last").is_duplicated())
    likely = member.filter(pl.col("set_no").is_in(likely["set_no"].implode())).sort("client")
    lists = likely.group_by("set_no").agg(members=client.cast(pl.String).str.join(","))
    alike = living.join(lists, on="set_no").filter(~pl.col("members").is_first_distinct())  # one to one
    named = living.filter(~pl.col("name_no").is_first_distinct())
    asked = pl.concat(frame.select("practice") for frame in (alike, named))
    return asked.group_by("practice").agg(questions=pl.len().cast(pl.Int64))
