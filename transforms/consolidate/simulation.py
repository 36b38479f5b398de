"""All three policies side by side, for every practice with both lists, chosen or not."""

from dataclasses import dataclass

import duckdb
import polars as pl

from expectations.conform import conform
from transforms.consolidate.joined import Records
from transforms.sql import Frames, run_sql

EXAMPLES = 20
"""Working clients that `policy_drop` names under a policy that drops them all and is not chosen."""


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
            "record": records.record,
            "facts": outlook.facts,
            "effective_policy": frames["effective_policy"],
            "lost": _as_json(outlook.lost),
            "questions": questions.cast({"questions": pl.Int64}),
        },
    )
    return conform(rows.with_columns(run_id=pl.lit(run_id)), "policy_simulation")


def policy_drop(
    con: duckdb.DuckDBPyConnection, records: Records, outlook: Outlook, run_id: str
) -> pl.DataFrame:
    """Table `policy_drop`: what `drops_working_clients` warns of, client by client."""
    tables = {
        "record": records.record.with_columns(name=records.clients["name"]),
        "chosen": outlook.chosen,
        "dropped": outlook.dropped,
    }
    rows = run_sql(con, "consolidate/drops", tables, {"run_id": run_id, "examples": EXAMPLES})
    return conform(rows, "policy_drop")


def _as_json(lost: pl.DataFrame) -> pl.DataFrame:
    """practice, policy, values_lost: a JSON object of field and count."""
    pair = pl.concat_str(pl.lit('"'), "field", pl.lit('": '), "lost")
    inner = lost.group_by("practice", "policy").agg(pair.sort_by("field").str.join(", ").alias("inner"))
    text = pl.concat_str(pl.lit("{"), "inner", pl.lit("}"))
    return inner.select("practice", "policy", values_lost=text)
