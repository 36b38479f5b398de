"""What every policy would make of organisations: by the rules of `organisations`, in numbers alone."""

import polars as pl

from transforms.consolidate.joined import Records
from transforms.consolidate.policy import POLICIES

_KEYS = ["policy", "practice"]
_END = ["practice_id", "product", "source_id"]


def organisation_outlook(records: Records, plan: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """Practice number × policy: organisations `orphaned`, and questions about those of several clients.

    `decisions`: `effective_organisation`.
    """
    near = records.edges.filter(pl.col("band") == "near").select("left_rid", "right_rid")
    turned = near.select(left_rid="right_rid", right_rid="left_rid")
    ends = pl.concat([near, turned])
    ties = ends.select(rid="right_rid", set_id=records.record["set_id"].gather(ends["left_rid"]))
    rids = pl.concat([records.holder["rid"], ties["rid"]])
    there = plan.filter(pl.col("rid").is_in(rids.unique().implode()))
    there = there.select("policy", "rid", "set_id", "target", "lives")
    # Sets of which a near pair ties some record to a client that lives on.
    lively = there.filter("lives").select("policy", "rid").join(ties, on="rid")  # many to many
    lively = lively.select("policy", "set_id", tied=True).unique()
    held = records.holder.join(there, on="rid")  # many to one per policy
    held = held.join(lively, on=["policy", "set_id"], how="left")  # many to at most one
    living = pl.when("lives").then("target")
    archived = pl.col("target").is_not_null() & ~pl.col("lives")
    states = held.group_by(*_KEYS, "organisation_id", "decided").agg(
        first=living.min(), last=living.max(), tied=(archived & pl.col("tied").fill_null(False)).any()
    )
    orphaned = pl.col("first").is_null() & (pl.col("decided") | ~pl.col("tied"))
    conflict = ~pl.col("decided") & (pl.col("first") != pl.col("last")).fill_null(False)
    counts = states.group_by(_KEYS).agg(
        orphaned=orphaned.sum().cast(pl.Int64), questions=conflict.sum().cast(pl.Int64)
    )
    return pl.concat([counts, _unknown(records, decisions)], how="diagonal")


def _unknown(records: Records, decisions: pl.DataFrame) -> pl.DataFrame:
    """Organisations that people linked to a client which is not in its list: orphaned under every policy."""
    numbers = records.record.select("practice", "practice_id").unique()
    lost = decisions.filter(pl.col("source_id").is_not_null()).join(records.record, on=_END, how="anti")
    counts = lost.join(numbers, on="practice_id").group_by("practice").agg(orphaned=pl.len().cast(pl.Int64))
    return counts.join(pl.DataFrame({"policy": POLICIES}), how="cross")
