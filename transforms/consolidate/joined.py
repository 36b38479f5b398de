"""Which records are one client: sets of records joined by exact pairs, and the pairs that are still open."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from transforms.sql import Frames

# Fullness counts the columns that hold a value; ids and states say nothing about it.
_NOT_FULLNESS = {"practice_id", "product", "source_id", "state", "has_job", "updated_at"}
_MATCH = (
    *("practice_id", "left_product", "left_id", "right_product", "right_id"),
    *("band", "decided_by", "probability", "reason"),
)
_ENDS = ["left_rid", "right_rid"]
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
        return self.record.select(
            "practice", "set_id", "rid", "product", "live", "needs", "keep", "seniority"
        )


def join_records(frames: Frames, include_prospects: bool) -> Records:
    """Number the records, join those that are one client, rank those of one list.

    `frames`: `source_client`, `match`, `effective_selection`, `effective_organisation`. `set_id` is the
    smallest rid of the set. `live` records may survive; `needs` ones need a selection under that policy.
    """
    clients = frames["source_client"].sort("practice_id", "product", "source_id")
    record = _numbered(clients, frames["effective_selection"], include_prospects)
    edges = _edges(frames["match"].select(_MATCH), record)
    record = record.with_columns(set_id=pl.Series(_sets(edges, record)))
    record = record.with_columns(seniority=_seniority(clients, record, edges), works=_works(record, edges))
    return Records(clients, record, edges, _holders(record, frames["effective_organisation"]))


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


def _edges(match: pl.DataFrame, record: pl.DataFrame) -> pl.DataFrame:
    """One row per compared pair: match rows, and Tax records with a named XPM client, if not compared."""
    key = ("practice_id", "product", "source_id")
    ends = pl.concat(
        match.select("practice_id", product=f"{end}_product", source_id=f"{end}_id")
        for end in ("left", "right")
    )
    rids = ends.join(record.select(*key, "rid"), on=key, how="left", maintain_order="left")["rid"]  # to one
    left_rid, right_rid = rids.head(match.height), rids.tail(match.height)
    compared = match.with_columns(left_rid=left_rid, right_rid=right_rid).drop_nulls(_ENDS)
    xpm = record.filter(pl.col("product") == "xpm")
    # Tax shares Practice Manager's own record: the pointer joins unless the comparison said otherwise.
    named = (
        record.filter(pl.col("product") == "tax")
        .select("practice_id", source_id="xpm_client_uuid", right_rid="rid", by_uuid=True)
        .join(xpm.select("practice_id", "source_id", left_rid="rid"), on=["practice_id", "source_id"])
    )  # many to one
    by_person = (pl.col("decided_by") == "person") & (pl.col("band") == "exact")
    whose = compared.filter(by_person, pl.col("left_product") == "xpm")["right_rid"].implode()
    # Who says whose a Tax record is overrules its pointer.
    more = named.join(compared, on=_ENDS, how="anti").filter(~pl.col("right_rid").is_in(whose))
    more = more.with_columns(band=pl.lit("exact"), decided_by=pl.lit("tax_uuid"), probability=pl.lit(1.0))
    compared = compared.join(named.select(*_ENDS, "by_uuid"), on=_ENDS, how="left")  # one to at most one
    columns = (*_ENDS, "band", "decided_by", "probability", "reason", "by_uuid")
    edges = pl.concat([compared, more], how="diagonal").select(columns)
    return edges.with_columns(pl.col("by_uuid").fill_null(False)).sort(_ENDS)


def _holders(record: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """One row per organisation and record that holds it: by decision where there is one, else by its list."""
    key, organisation = ["practice_id", "product", "source_id"], ["practice_id", "organisation_id"]
    held = record.filter(pl.col("organisation_id").is_not_null()).join(decisions, on=organisation, how="anti")
    named = record.select(*key, "practice", "rid")
    decided = decisions.join(named, on=key)  # many to one; a decision for no client holds nothing
    columns = ("practice", "organisation_id", "rid")
    by_decision = pl.lit(True).alias("decided")
    return pl.concat([held.select(*columns, ~by_decision), decided.select(*columns, by_decision)])


def _sets(edges: pl.DataFrame, record: pl.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Smallest rid of each record's set.

    A person's no is never joined over, nor through a third record. Two records of one list are one client by
    people's answers alone, never through what the model or a Tax record's pointer joins.
    """
    exact = edges.filter(pl.col("band") == "exact")
    sets = components(exact, record.height)
    noes = edges.filter((pl.col("band") == "rejected") & (pl.col("decided_by") == "person"))
    apart = pl.concat([noes.select(_ENDS), _unsaid(exact, record, sets)])
    left, right = (apart[end].to_numpy() for end in _ENDS)
    broken = pl.Series(np.unique(sets[left[sets[left] == sets[right]]]))
    if broken.len():
        strength = pl.col("decided_by").replace_strict({"person": 0}, default=1, return_dtype=pl.Int8)
        inside = exact.filter(pl.Series(sets[exact["left_rid"].to_numpy()]).is_in(broken.implode()))
        inside = inside.sort(strength, -pl.col("probability"), *_ENDS)
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
    lacks = pl.sum_horizontal(pl.col(c).is_null().cast(pl.UInt8) for c in columns)
    state = record["state"].replace_strict(_STATES, return_dtype=pl.Int64)
    idle = 2 - record["has_job"].cast(pl.Int64) - _has_tax(record, edges).cast(pl.Int64)
    junior = (3 * state + idle) * (len(columns) + 1) + clients.select(lacks.cast(pl.Int64)).to_series()
    return (junior * record.height + record["rid"]).rank("ordinal").cast(pl.Int64) - 1


def rows_at(frame: pl.DataFrame, places: pl.Series) -> pl.DataFrame:
    """The rows of `frame` at `places`, an empty one where that is null."""
    return frame.select(pl.all().gather(places))


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
