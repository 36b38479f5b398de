"""All three policies side by side, for every practice with both lists, chosen or not."""

from dataclasses import dataclass

import duckdb
import polars as pl

from expectations.conform import conform
from transforms.consolidate.joined import Records
from transforms.sql import Frames, run_sql

EXAMPLES = 20
"""Working clients that `policy_drop` names under a policy that drops them all and is not chosen."""

_COUNTED = ("practice", "product", "live", "state", "works", "keep")


@dataclass(frozen=True)
class Outlook:
    """What the policies would do, one row per policy and practice number each."""

    facts: pl.DataFrame
    """Counts of `policy.facts`, with practice_id."""
    lost: pl.DataFrame
    """field, lost: values that would not be published."""
    questions: list[pl.DataFrame]
    """Frames with one row per question."""
    chosen: pl.DataFrame
    """practice, policy: the chosen one of each practice that has one."""
    dropped: pl.DataFrame
    """Working clients of `policy.dropped`."""


def policy_simulation(
    con: duckdb.DuckDBPyConnection, frames: Frames, records: Records, outlook: Outlook, run_id: str
) -> pl.DataFrame:
    """Table `policy_simulation`. `frames`: `effective_policy`."""
    keys = ["practice", "policy"]
    questions = pl.concat(q.select(keys) for q in outlook.questions).group_by(keys).len("questions")
    rows = run_sql(
        con,
        "consolidate/simulation",
        {
            "record": records.record.select(_COUNTED),
            "facts": outlook.facts,
            "effective_policy": frames["effective_policy"],
            "lost": _as_json(outlook.lost),
            "questions": questions.cast({"questions": pl.Int64}),
        },
    )
    return conform(rows.with_columns(run_id=pl.lit(run_id)), "policy_simulation")


def policy_drop(records: Records, outlook: Outlook, run_id: str) -> pl.DataFrame:
    """Table `policy_drop`: what `drops_working_clients` warns of, client by client.

    Under `all_hq` every working client is dropped, so where it is not chosen the first `EXAMPLES` are enough.
    """
    keys = ["policy", "practice"]
    chosen = outlook.chosen.select(keys).with_columns(is_chosen=True)
    rows = outlook.dropped.join(chosen, on=keys, how="left")  # many to at most one
    example = pl.col("rid").rank("ordinal").over(keys) <= EXAMPLES
    rows = rows.filter((pl.col("policy") != "all_hq") | pl.col("is_chosen") | example)
    of, target = records.record[rows["rid"]], records.record[rows["target"]]
    twin = pl.when(target["product"] == "hq", pl.col("outcome") == "merged").then(target["source_id"])
    rows = rows.select(
        of["practice_id"],
        "policy",
        records.clients["name"].gather(rows["rid"]),
        *("jobs", "tax_client_ids", "outcome"),
        xpm_client_uuid="source_id",
        hq_client_id=twin,
        run_id=pl.lit(run_id),
    )
    return conform(rows, "policy_drop")


def _as_json(lost: pl.DataFrame) -> pl.DataFrame:
    """practice, policy, values_lost: a JSON object of field and count."""
    pair = pl.concat_str(pl.lit('"'), "field", pl.lit('": '), "lost")
    inner = lost.group_by("practice", "policy").agg(pair.sort_by("field").str.join(", ").alias("inner"))
    text = pl.concat_str(pl.lit("{"), "inner", pl.lit("}"))
    return inner.select("practice", "policy", values_lost=text)
