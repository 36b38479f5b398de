"""People's decisions: which count, which is the newest, and why the others do not count.

A decision counts only where its author may take it: connecting is the Master Admin's, all else needs an
HQ admin role and Edit-All in Practice Manager (contract, `decisions`). Without a staff list nothing can be
checked and all count; `practice_verdict.authority_unchecked` says so. An older decision that a newer one
replaced is not rejected: it is just older.
"""

import duckdb
import polars as pl

from expectations.conform import conform
from expectations.contracts import table
from transforms.sql import Frames, run_sql

# Source table, its decisions as `rejected_decision` names them, and the table of those that count.
_KINDS = (
    ("policies", "policy", "effective_policy"),
    ("selections", "selection", "effective_selection"),
    ("matches", "match", "effective_judgement"),
    ("organisation_links", "organisation_link", "effective_organisation"),
)
_SHARED = (
    *("practice_id", "decision", "subject", "subject_key", "content"),
    *("decided_by", "decided_at", "record_problem"),
)


def effective(con: duckdb.DuckDBPyConnection, frames: Frames, run_id: str) -> dict[str, pl.DataFrame]:
    """The newest decision that counts per subject, and every one that does not count.

    `frames`: `practices`, `staff`, `policies`, `selections`, `matches`, `organisation_links`,
    `source_client`. Gives `effective_policy`, `effective_selection`, `effective_judgement`,
    `effective_organisation`, `rejected_decision`. Of two contradicting decisions of one instant the first by
    content is taken and the other reported.
    """
    people = {name: frames[name] for name in ("practices", "staff")}
    record = _named(frames)
    given = {
        kind: run_sql(con, f"decisions/{source}", {source: frames[source], "record": record})
        for source, kind, _ in _KINDS
    }
    every = pl.concat(rows.select(_SHARED).with_row_index("row") for rows in given.values())
    ranked = run_sql(con, "decisions/newest", {"given": every, "staff": frames["staff"]})
    counts = ranked.filter(pl.col("place") == 1)
    found = {
        name: given[kind][counts.filter(pl.col("decision") == kind)["row"]].select(table(name).names)
        for _, kind, name in _KINDS
    }
    rejected = run_sql(con, "decisions/connections", people)
    rejected = pl.concat([rejected, ranked.filter(pl.col("problem").is_not_null()).select(rejected.columns)])
    found["effective_policy"] = _with_no_account(found["effective_policy"], frames["practices"])
    found = {name: conform(frame, name) for name, frame in found.items()}
    return found | {"rejected_decision": _rejected(rejected, run_id)}


def _named(frames: Frames) -> pl.DataFrame:
    """practice_id, product, source_id of every client that a decision may be about: few of the batch."""
    columns = {
        "selections": ["source_id"],
        "matches": ["left_id", "right_id"],
        "organisation_links": ["source_id"],
    }
    ids = pl.concat(frames[source][column] for source, names in columns.items() for column in names)
    record = frames["source_client"].select("practice_id", "product", "source_id")
    return record.filter(pl.col("source_id").is_in(ids.unique().implode()))


def _with_no_account(policies: pl.DataFrame, practices: pl.DataFrame) -> pl.DataFrame:
    """Without a Practice Manager account the HQ list is published as it stands, whatever was decided."""
    alone = (
        practices.filter(pl.col("connection") == "no_account")
        .join(policies.select("practice_id", "acknowledged"), on="practice_id", how="left")  # one to one
        .select(
            "practice_id",
            policy=pl.lit("all_hq"),
            fill_blanks=pl.lit(False),
            acknowledged=pl.col("acknowledged").fill_null(pl.lit([], dtype=pl.List(pl.String))),
            confirmed=pl.lit(True),
        )
    )
    return pl.concat([policies.join(alone, on="practice_id", how="anti"), alone])


def _rejected(decisions: pl.DataFrame, run_id: str) -> pl.DataFrame:
    """One row per subject, author, instant and reason; several contents of one are named together."""
    key = ["practice_id", "decision", "subject", "decided_by", "decided_at", "problem"]
    rows = (
        decisions.group_by(key)
        .agg(pl.col("content").unique().sort().str.join("; "))
        .rename({"problem": "reason"})
        .with_columns(run_id=pl.lit(run_id))
    )
    return conform(rows, "rejected_decision")
