"""What each policy would do with each record, and what stands against it.

One planning query for today's plan, the simulation of the other policies, and "what if this question were
answered with yes": they cannot come apart.
"""

from dataclasses import dataclass

import duckdb
import polars as pl

from transforms.consolidate.joined import Records, tax_pairs
from transforms.sql import Frames, run_sql


@dataclass(frozen=True)
class Options:
    """Configuration of consolidation."""

    include_prospects: bool = False
    """Whether prospects count as clients."""


def plan(con: duckdb.DuckDBPyConnection, member: pl.DataFrame) -> pl.DataFrame:
    """Policy × record: outcome, target (rid it becomes), lives (whether that survives), set_id.

    And of the whole set `undecided`, and `kept_twice`: whether a record of each list survives.
    """
    return run_sql(con, "consolidate/plan", {"member": member})


def what_if(
    con: duckdb.DuckDBPyConnection, records: Records, today: pl.DataFrame, asked: pl.DataFrame
) -> pl.DataFrame:
    """Policy × question: whether a yes would change anything, a survivor, or an organisation's client.

    And what becomes of both records then and now: left_then, left_then_rid (the record it becomes) ….

    `asked`: one row per open pair: question, left_rid, right_rid. Each question is looked at by itself.
    """
    set_of = records.record.select("rid", "set_id")
    sides = [
        asked.select("question", rid=side).join(set_of, on="rid").select("question", "set_id")
        for side in ("left_rid", "right_rid")
    ]
    supposed = (
        pl.concat(sides)
        .unique()
        .join(records.member, on="set_id")  # many to many: each set of each question
        .with_columns(set_id=pl.col("question"))
        .drop("question")
    )
    concerned = pl.concat([supposed["rid"], records.holder["rid"]]).unique()
    today = today.filter(pl.col("rid").is_in(concerned.implode()))
    frames = {"supposed": plan(con, supposed), "plan": today, "holder": records.holder, "asked": asked}
    return run_sql(con, "consolidate/what_if", frames)


def facts(con: duckdb.DuckDBPyConnection, records: Records, frames: Frames) -> pl.DataFrame:
    """Practice number × policy: counts of survivors, archived, undecided, duplicates kept, and every warning.

    `frames`: `plan`, `dropped`, `lost` (of `values_lost`), `followed` (of `outlook.followed`).
    """
    custom = records.clients["custom_fields"]
    record = records.record.with_columns(custom=custom.is_not_null() & (custom != "{}"))
    held = {"plan": frames["plan"], "holder": records.holder}
    organisations = run_sql(con, "consolidate/organisations", held)
    return run_sql(con, "consolidate/facts", {**frames, "record": record, "organisations": organisations})


def dropped(
    con: duckdb.DuckDBPyConnection, records: Records, today: pl.DataFrame, jobs: pl.DataFrame
) -> pl.DataFrame:
    """Policy × working client of which no Practice Manager record would survive, with what hangs on it.

    Gives policy, practice, rid, source_id, jobs, tax_client_ids, outcome, target. `jobs`: table `xpm_jobs`.
    """
    tables = {
        "plan": today,
        "record": records.record,
        "tax_pair": tax_pairs(records.record, records.edges).select("left_rid", "right_rid"),
        "xpm_jobs": jobs.select("practice_id", "ClientUUID"),
    }
    return run_sql(con, "consolidate/dropped", tables)


def verdict(con: duckdb.DuckDBPyConnection, frames: Frames, counts: pl.DataFrame) -> pl.DataFrame:
    """Table `practice_verdict`, from the counts of `facts` with practice ids and the effective policies."""
    return run_sql(con, "consolidate/verdict", {**frames, "facts": counts})
