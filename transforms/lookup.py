"""Questions to the published store: what `scr status`, `explain`, `simulate`, `review` and `report` print.

SQL in `transforms/sql/lookup/`; nothing is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Protocol

import duckdb
import polars as pl

from expectations.errors import StoreError, UsageError
from transforms.sql import sql_text

QUESTIONS = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)


class Readable(Protocol):
    """An open store."""

    def read(self, sql: str, params: Mapping[str, Any] | None = None) -> pl.DataFrame:
        """Result of one SELECT."""


@dataclass(frozen=True)
class Explanation:
    """Everything the store knows of one source record."""

    record: pl.DataFrame
    """entity, outcome, unified_id, reason: one row per thing of that id in that product."""
    unified: pl.DataFrame
    """The unified client it became, where it did."""
    joined: pl.DataFrame
    """product, source_id, outcome, reason: every record that became the same client."""
    pairs: pl.DataFrame
    """band, probability, decided_by, reason, this_is_left, product and source_id of the other, evidence."""
    values: pl.DataFrame
    """field, product, source_id, value, chosen, rule: where the joined records disagree."""
    questions: pl.DataFrame
    """kind, blocking, why, consequences."""
    quarantined: pl.DataFrame
    """level, file, line, column, reason."""


def statuses(store: Readable, practice_ids: Sequence[str] | None = None) -> pl.DataFrame:
    """Status of each practice asked for, of all where None, by practice_id.

    Raises UsageError naming the ids that the store does not know and the nearest that it does.
    """
    found = last_status(store, practice_ids)
    missing = sorted(set(practice_ids or ()) - set(found["practice_id"]))
    if missing:
        known = last_status(store)["practice_id"].to_list()
        raise UsageError(unknown_ids("practice", missing, known))
    return found


def last_status(store: Readable, practice_ids: Sequence[str] | None = None) -> pl.DataFrame:
    """As `statuses`, but a practice that no run has seen yet is no error: it has no row."""
    wanted = list(practice_ids) if practice_ids else None
    return store.read(sql_text("lookup/status"), {"practice_ids": wanted})


def last_intake(store: Readable, practice_ids: Sequence[str] | None = None) -> pl.DataFrame:
    """`intake` as the last runs left it, of the practices asked for, of all where None."""
    wanted = list(practice_ids) if practice_ids else None
    return store.read(sql_text("lookup/intake"), {"practice_ids": wanted})


def explain(store: Readable, practice_id: str, product: str, source_id: str) -> Explanation:
    """What became of a record of `product` (hq, xpm, tax) and why.

    Raises UsageError where the store knows no such practice or record, naming the nearest ids.
    """
    statuses(store, [practice_id])
    subject = {"practice_id": practice_id, "product": product, "source_id": source_id}
    record = store.read(sql_text("lookup/record"), subject)
    quarantined = store.read(sql_text("lookup/quarantined"), subject)
    if not record.height and not quarantined.height:
        known = store.read(sql_text("lookup/ids"), {"practice_id": practice_id, "product": product})
        raise UsageError(unknown_ids(f"{product} record", [source_id], known["source_id"].to_list()))
    clients = record.filter(pl.col("entity") == "client")["unified_id"].to_list()
    client = {"practice_id": practice_id, "client_id": clients[0] if clients else None}
    return Explanation(
        record,
        store.read(sql_text("lookup/unified"), client),
        store.read(sql_text("lookup/joined"), client),
        store.read(sql_text("lookup/pairs"), subject),
        store.read(sql_text("lookup/values"), client),
        store.read(sql_text("lookup/questions"), subject),
        quarantined,
    )


def simulation(store: Readable, practice_id: str) -> pl.DataFrame:
    """`policy_simulation` of one practice, one row per policy. Raises UsageError for an unknown id."""
    statuses(store, [practice_id])
    return store.read(sql_text("lookup/simulation"), {"practice_id": practice_id})


def dropped(store: Readable, practice_id: str, rows: int) -> pl.DataFrame:
    """`policy_drop` of one practice: the working clients that a policy would drop, at most `rows` of each."""
    return store.read(sql_text("lookup/drops"), {"practice_id": practice_id, "rows": rows})


def open_questions(store: Readable, practice_ids: Sequence[str] | None = None) -> pl.DataFrame:
    """`review_item` with practice_name, of all practices where none is named.

    Those that block first, and of them those that unlock the most clients per minute. Raises UsageError for
    an unknown practice.
    """
    wanted = sorted(set(practice_ids)) if practice_ids else None
    if wanted:
        statuses(store, wanted)
    return store.read(sql_text("lookup/review"), {"practice_ids": wanted})


def fleet(store: Readable, rows: int = 20) -> dict[str, pl.DataFrame]:
    """Frames `outcomes`, `actors`, `deadlines` (at most `rows`) and `last_run` of the whole fleet."""
    names = ("outcomes", "actors", "last_run")
    frames = {name: store.read(sql_text(f"lookup/{name}")) for name in names}
    return frames | {"deadlines": store.read(sql_text("lookup/deadlines"), {"rows": rows})}


def ask(store: Readable, query: str) -> pl.DataFrame:
    """Result of a user's own SELECT (or describe, show, summarize).

    Raises UsageError where it is no single question, or DuckDB does not understand it.
    """
    try:
        found = duckdb.extract_statements(query)
    except duckdb.Error as error:
        raise UsageError(f"this is not SQL that DuckDB understands: {error}") from error
    if len(found) != 1 or found[0].type not in QUESTIONS:
        raise UsageError("ask one question: a single SELECT. The store is changed by scr run alone.")
    try:
        return store.read(query)
    except StoreError as error:
        raise UsageError(f"{error}\nTables and columns: docs/data-dictionary.md") from error


def unknown_ids(what: str, missing: Sequence[str], known: Sequence[str]) -> str:
    """Message for ids that do not exist, at most five of them, each with the nearest that do."""
    lines = []
    for wrong in missing[:5]:
        near = get_close_matches(wrong, known, n=3)
        lines.append(f"no {what} {wrong!r}" + (f": did you mean {', '.join(near)}?" if near else ""))
    if len(missing) > 5:
        lines.append(f"and {len(missing) - 5} more")
    return "; ".join(lines) + f" ({len(known):,} are known; ids are case-sensitive)"
