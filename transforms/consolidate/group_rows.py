"""The groups as read, numbered, with their entries: text keys are looked up here once, as of contacts."""

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from transforms import normalise
from transforms.sql import Frames

_TELLS_NOTHING = r"^the | (?:group|grp)$"


def group_rows(frames: Frames) -> dict[str, pl.DataFrame]:
    """`link_group`: one row per group read; `link_entry`: one row per entry of its list of clients.

    `group_no` is the row number, in the order of practice, id and product; `name_no` is equal for groups of
    one name in one practice. `rid`: row number of the client in `client_fate`; null where that could not be
    read. `occurrence` counts the entries of a group that name one client twice: 1 but for repeats.
    Takes hq_groups, xpm_groups, client_fate.
    """
    listed = _named(_listed(frames))
    client = frames["client_fate"].select("practice_id", "product", source_client_id="source_id")
    client = client.with_columns(rid=pl.int_range(pl.len()))
    named = ("group_no", "source_client_id")
    entries = (
        listed.select("group_no", "practice_id", "product", source_client_id="clients")
        .explode("source_client_id", empty_as_null=False)
        .drop_nulls("source_client_id")
        .join(client, on=client.columns[:3], how="left", maintain_order="left")  # many to at most one
        .select(*named, "rid")
        .with_row_index("entry_no")
    )
    again = entries.filter(pl.struct(named).is_duplicated()).select(
        "entry_no", occurrence=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(named)
    )
    entries = entries.with_columns(occurrence=pl.lit(1, pl.Int64)).update(again, on="entry_no")
    return {"link_group": listed.drop("clients"), "link_entry": entries}


def _listed(frames: Frames) -> pl.DataFrame:
    """One row per group read, the columns of both products under one name."""
    hq = frames["hq_groups"].select(
        *("practice_id", "name"),
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
    return pl.concat([hq, xpm]).sort("practice_id", "source_id", "product").with_row_index("group_no")


def _named(groups: pl.DataFrame) -> pl.DataFrame:
    """With `name_no`; a name with nothing to compare is like no other."""
    folded = normalise.fold(groups["name"]).alias("folded")
    bare = pl.col("folded").str.replace_all(_TELLS_NOTHING, "")
    alone = pl.when(pl.col("folded").is_null()).then("group_no")
    number = pl.struct("practice_id", bare, alone).rank("dense")
    return groups.with_columns(folded).select(pl.exclude("folded"), name_no=number)


def in_sets(groups: pl.DataFrame, entries: pl.DataFrame, client: pl.Series) -> pl.DataFrame:
    """group_no, has_members, and `set_no`, equal for groups that are one; row number = `group_no`.

    Groups of one name are joined by each client that lives on in both; one without such a client joins the
    others of its name where these are one group. `client`: number of the client that each entry leads to.
    """
    ties = entries.select("group_no", client=client).drop_nulls()
    names = groups["name_no"].gather(ties["group_no"])
    number = pl.struct(names, "client").rank("dense").cast(pl.Int64) - 1
    tied = ties.select("group_no", client=number)
    rows = groups.select(
        "group_no",
        "name_no",
        has_members=pl.col("group_no").is_in(ties["group_no"].implode()),
        set_no=pl.Series(_components(tied, groups.height)),
    )
    member = pl.col("set_no").filter("has_members")
    only = rows.group_by("name_no").agg(first=member.min(), last=member.max())
    rows = rows.join(only, on="name_no", maintain_order="left")  # many to one
    alone = pl.when(pl.col("first") == pl.col("last")).then("first")
    set_no = pl.when("has_members").then("set_no").otherwise(pl.coalesce(alone, "set_no"))
    return rows.select("group_no", "has_members", set_no=set_no)


def _components(ties: pl.DataFrame, groups: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Component of each group; groups and the clients in them are the two sides of one graph."""
    left, right = ties["group_no"].to_numpy().astype(np.int64), ties["client"].to_numpy() + groups
    size = groups + (int(ties["client"].max()) + 1 if ties.height else 0)  # type: ignore[arg-type]
    graph = coo_array((np.ones(ties.height, dtype=np.int32), (left, right)), shape=(size, size))
    label = connected_components(graph, directed=False)[1]
    return np.asarray(label[:groups], dtype=np.int64)
