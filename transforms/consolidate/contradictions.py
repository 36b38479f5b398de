"""People's judgements that contradict one another, and what they imply that nobody said.

A person's no is never joined over (`joined`), so of answers that together join what another keeps apart one
is not carried out: it is reported among the decisions that do not count, and asked again.
"""

import polars as pl

from expectations.conform import conform
from expectations.contracts import table
from transforms.consolidate.joined import Records

_PAIR = ["left_rid", "right_rid"]


def overruled(records: Records) -> pl.DataFrame:
    """Exact pairs that stayed apart: left_rid, right_rid, by_person, and no_left_rid, no_right_rid.

    The last two name the pair that a person keeps apart and that this one would bring together.
    """
    edges = _between(records)
    noes = edges.filter("by_person", pl.col("band") == "rejected").sort(_PAIR)
    noes = noes.unique(["low", "high"], keep="first", maintain_order=True)
    noes = noes.select("low", "high", no_left_rid="left_rid", no_right_rid="right_rid")
    apart = edges.filter(pl.col("band") == "exact", pl.col("low") != pl.col("high"))
    found = apart.join(noes, on=["low", "high"], how="left")  # many to at most one
    return found.select(*_PAIR, "by_person", "no_left_rid", "no_right_rid").sort(_PAIR)


def kept_apart(records: Records) -> pl.DataFrame:
    """Every pair between two sets of joined records that a person keeps apart: left_rid, right_rid."""
    edges = _between(records)
    noes = edges.filter("by_person", pl.col("band") == "rejected").select("low", "high").unique()
    return edges.join(noes, on=["low", "high"], how="semi").select(_PAIR)


def implied_duplicates(records: Records) -> pl.DataFrame:
    """Records of one list that answers join with one and the same third record, but nobody with each other.

    practice, left_rid, right_rid, through_rid: the first record of the list with each other one that lives.
    """
    said = records.edges.filter(pl.col("decided_by") == "person", pl.col("band") == "exact")
    ends = pl.concat(
        [said.select(through_rid=a, rid=b) for a, b in (("left_rid", "right_rid"), ("right_rid", "left_rid"))]
    )
    of = records.record.filter("live").select("rid", "practice", "product", "set_id")
    through = records.record.select(through_rid="rid", through_product="product")
    ends = ends.join(of, on="rid").join(through, on="through_rid")  # many to one, twice
    ends = ends.filter(pl.col("product") != pl.col("through_product"))
    first = pl.col("rid").min().over("through_rid", "product", "set_id")
    pairs = ends.with_columns(left_rid=first).filter(pl.col("left_rid") != pl.col("rid"))
    pairs = pairs.select("practice", "left_rid", "through_rid", right_rid="rid")
    pairs = pairs.join(said, on=_PAIR, how="anti").sort(*_PAIR, "through_rid")
    return pairs.unique(_PAIR, keep="first", maintain_order=True)


def rejected_judgements(
    records: Records, judgements: pl.DataFrame, apart: pl.DataFrame, run_id: str
) -> pl.DataFrame:
    """`rejected_decision` rows for the judgements among `apart` (of `overruled`), which were not carried out.

    `judgements`: `effective_judgement`.
    """
    named = records.record.select(
        "rid",
        "practice_id",
        "product",
        "source_id",
        called=pl.format("{} client {}", "product", "source_id"),
    )
    rows = apart.filter("by_person")
    for end in ("left", "right", "no_left", "no_right"):
        ends = named.rename({name: f"{end}_{name}" for name in named.columns})
        rows = rows.join(ends, on=f"{end}_rid", how="left")  # many to at most one
    key = ["practice_id", "left_product", "left_id", "right_product", "right_id"]
    rows = rows.rename({"left_practice_id": "practice_id", "left_source_id": "left_id"})
    rows = rows.rename({"right_source_id": "right_id"}).join(judgements, on=key)  # one to one
    reason = (
        "Not carried out: with other answers it would join {} and {}, which were judged two clients."
        " Take one of these answers back."
    )
    rows = rows.select(
        "practice_id",
        "decided_by",
        "decided_at",
        decision=pl.lit("match"),
        subject=pl.format("{} and {}", "left_called", "right_called"),
        content="judgement",
        reason=pl.format(reason, "no_left_called", "no_right_called"),
        run_id=pl.lit(run_id),
    )
    return conform(rows.select(table("rejected_decision").names), "rejected_decision")


def _between(records: Records) -> pl.DataFrame:
    """The edges with low and high, the sets that they lie between, and by_person."""
    sets, edges = records.record["set_id"], records.edges
    ends = [sets.gather(edges[end]).rename(end) for end in _PAIR]
    return edges.with_columns(
        low=pl.min_horizontal(*ends),
        high=pl.max_horizontal(*ends),
        by_person=pl.col("decided_by") == "person",
    )
