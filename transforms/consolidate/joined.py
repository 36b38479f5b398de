"""Which records are one client: sets of records joined by exact pairs, and the pairs that are still open."""

from dataclasses import dataclass
from functools import cached_property

import duckdb
import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from transforms.sql import Frames, run_sql

# Fullness counts the columns that hold a value; ids and states say nothing about it.
_NOT_FULLNESS = {"practice_id", "product", "source_id", "state", "has_job", "updated_at"}
_MATCH = (
    *("practice_id", "left_product", "left_id", "right_product", "right_id"),
    *("band", "decided_by", "probability", "reason"),
)
_PRODUCTS = {"hq": "Xero HQ", "xpm": "Practice Manager", "tax": "Tax"}
_STATES = {"active": 0, "archived": 1, "prospect": 2, "deleted": 3}


@dataclass(frozen=True)
class Records:
    """The clients of a batch as numbered records, the pairs between them, and who holds an organisation."""

    clients: pl.DataFrame
    """`source_client` sorted by its key: `rid` is the row number."""
    record: pl.DataFrame
    """One row per record: rid, practice (number), key, state, live, needs, keep, set_id, seniority, works."""
    edges: pl.DataFrame
    """One row per compared pair: left_rid, right_rid, band, decided_by, probability, reason, by_uuid."""
    holder: pl.DataFrame
    """One row per organisation and record that holds it: practice, organisation_id, rid, decided."""

    @cached_property
    def member(self) -> pl.DataFrame:
        """What the plan needs to know of each record."""
        return self.record.select("set_id", "rid", "product", "live", "needs", "keep", "seniority")


def join_records(con: duckdb.DuckDBPyConnection, frames: Frames, include_prospects: bool) -> Records:
    """Number the records, join those that are one client, rank those of one list.

    `frames`: `source_client`, `match`, `effective_selection`, `effective_organisation`. `set_id` is the
    smallest rid of the set. `live` records may survive; `needs` ones need a selection under that policy.
    """
    clients = frames["source_client"].sort("practice_id", "product", "source_id")
    record = _numbered(clients, frames["effective_selection"], include_prospects)
    edges = run_sql(con, "consolidate/edges", {"match": frames["match"].select(_MATCH), "record": record})
    edges = edges.sort("left_rid", "right_rid")
    record = record.with_columns(set_id=pl.Series(_sets(edges, record)))
    record = record.with_columns(seniority=_seniority(clients, record, edges), works=_works(record, edges))
    organisation = {"record": record, "effective_organisation": frames["effective_organisation"]}
    return Records(clients, record, edges, run_sql(con, "consolidate/holders", organisation))


def _numbered(clients: pl.DataFrame, selection: pl.DataFrame, include_prospects: bool) -> pl.DataFrame:
    key = ["practice_id", "product", "source_id"]
    state = pl.col("state")
    live = ~state.is_in(["deleted"] if include_prospects else ["deleted", "prospect"])
    return (
        clients.select(*key, "state", "has_job", "organisation_id", "organisation_access", "xpm_client_uuid")
        .with_row_index("rid")
        .join(selection.select(*key, "keep"), on=key, how="left", maintain_order="left")  # one to at most one
        .with_columns(
            pl.col("rid").cast(pl.Int64),
            practice=pl.col("practice_id").rle_id().cast(pl.Int64),
            product_name=pl.col("product").replace_strict(_PRODUCTS, return_dtype=pl.String),
            live=live,
            needs=live & (state != "archived") & (pl.col("product") != "tax"),
            keep=pl.when(live).then(pl.col("keep")),
        )
    )


def _sets(edges: pl.DataFrame, record: pl.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Smallest rid of each record's set.

    A person's no is never joined over, nor through a third record. Two records of one list are one client by
    people's answers alone, never through what the model or a Tax record's pointer joins.
    """
    exact = edges.filter(pl.col("band") == "exact")
    sets = components(exact, record.height)
    noes = edges.filter((pl.col("band") == "rejected") & (pl.col("decided_by") == "person"))
    ends = ("left_rid", "right_rid")
    apart = pl.concat([noes.select(ends), _unsaid(exact, record, sets)])
    left, right = (apart[end].to_numpy() for end in ends)
    broken = pl.Series(np.unique(sets[left[sets[left] == sets[right]]]))
    if broken.len():
        strength = pl.col("decided_by").replace_strict({"person": 0}, default=1, return_dtype=pl.Int8)
        inside = exact.filter(pl.Series(sets[exact["left_rid"].to_numpy()]).is_in(broken.implode()))
        inside = inside.sort(strength, -pl.col("probability"), "left_rid", "right_rid")
        for rid, first in _split(inside, set(zip(left.tolist(), right.tolist(), strict=True))).items():
            sets[rid] = first
    return sets


def _unsaid(
    exact: pl.DataFrame, record: pl.DataFrame, sets: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> pl.DataFrame:
    """left_rid, right_rid: records of one list that exact pairs tie together, but people's answers do not.

    Tax records are no list in this sense: several may hang on one client.
    """
    said = components(exact.filter(pl.col("decided_by") == "person"), record.height)
    tied = record.select("rid", "product", joined=pl.Series(sets), said=pl.Series(said))
    tied = tied.filter(pl.col("product") != "tax")
    tied = tied.filter(pl.col("said").n_unique().over("joined", "product") > 1)
    pairs = tied.join(tied, on=["joined", "product"], suffix="_other")  # every two of one list
    return pairs.filter(
        (pl.col("rid") < pl.col("rid_other")) & (pl.col("said") != pl.col("said_other"))
    ).select(left_rid="rid", right_rid="rid_other")


def components(exact: pl.DataFrame, count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Smallest rid that each rid is tied to by the pairs, its own where it is in none."""
    left, right = exact["left_rid"].to_numpy(), exact["right_rid"].to_numpy()
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    number, label = connected_components(graph, directed=False)
    first = np.full(number, count, dtype=np.int64)
    np.minimum.at(first, label, np.arange(count))
    smallest: np.ndarray[tuple[int], np.dtype[np.int64]] = first[label]
    return smallest


def _split(exact: pl.DataFrame, forbidden: set[tuple[int, int]]) -> dict[int, int]:
    """Join pair by pair, the strongest first; leave out what would bring a forbidden pair together."""
    forbids: dict[int, set[int]] = {}
    for a, b in forbidden:
        forbids.setdefault(a, set()).add(b)
        forbids.setdefault(b, set()).add(a)
    group: dict[int, set[int]] = {}
    for a, b in exact.select("left_rid", "right_rid").iter_rows():
        one, other = group.setdefault(a, {a}), group.setdefault(b, {b})
        if one is other or any(forbids.get(rid, set()) & other for rid in one):
            continue
        one |= other
        group |= dict.fromkeys(other, one)
    return {rid: min(members) for rid, members in group.items()}


def _seniority(clients: pl.DataFrame, record: pl.DataFrame, edges: pl.DataFrame) -> pl.Series:
    """Rank of each record, 0 the most senior: which of several records of one list stands for the client.

    Active before archived, then jobs and Tax records, then the fuller one, then the smaller id.
    """
    columns = [c for c in clients.columns if c not in _NOT_FULLNESS]
    filled = pl.sum_horizontal(pl.col(c).is_not_null().cast(pl.Int32) for c in columns)
    return (
        record.select(
            "rid",
            state=pl.col("state").replace_strict(_STATES, return_dtype=pl.Int8),
            work=pl.col("has_job").cast(pl.Int8) + _has_tax(record, edges).cast(pl.Int8),
            filled=clients.select(filled).to_series(),
        )
        .sort("state", -pl.col("work"), -pl.col("filled"), "rid")
        .with_row_index("seniority")
        .sort("rid")["seniority"]
        .cast(pl.Int64)
    )


def tax_pairs(record: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """The `edges` by which Tax records hang on others: exact, or their pointer unless a person refused it."""
    tax = record.filter(pl.col("product") == "tax")["rid"].implode()
    refused = (pl.col("band") == "rejected") & (pl.col("decided_by") == "person")
    hangs = (pl.col("band") == "exact") | (pl.col("by_uuid") & ~refused)
    return edges.filter(hangs & pl.col("right_rid").is_in(tax))


def _has_tax(record: pl.DataFrame, edges: pl.DataFrame) -> pl.Series:
    return record["rid"].is_in(tax_pairs(record, edges)["left_rid"].implode())


def _works(record: pl.DataFrame, edges: pl.DataFrame) -> pl.Series:
    """A working client: in Practice Manager, active, with a job or a Tax record (contract, Policies)."""
    with_tax = record.filter(pl.col("product") == "tax")["set_id"].implode()
    work = pl.col("has_job") | _has_tax(record, edges) | pl.col("set_id").is_in(with_tax)
    working = (pl.col("product") == "xpm") & (pl.col("state") == "active") & work
    return record.select(working).to_series()
