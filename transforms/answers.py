"""Answers to questions, as decisions: which can be taken, and why the others cannot.

An answer is taken only while its question stands as it was exported: same id, same records, same answers. The
records are compared with the lists as they are landed now, so no later run is needed to see a change.
"""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from expectations.contracts import table
from transforms.private import mask_numbers
from transforms.review_sheet import ANSWER, AUTHOR, ITEM, PRACTICE, VERSION
from transforms.sql import Frames, run_sql

DECISIONS = ("matches", "selections", "organisation_links")
"""Source tables that answers become rows of."""

_PRODUCTS = ("hq", "xpm", "tax")
_KEPT = {"keep_hq": {"hq"}, "keep_xpm": {"xpm"}, "keep_both": {"hq", "xpm"}, "keep_none": set[str]()}
_SUBJECT = {
    "matches": ("left_product", "left_id", "right_product", "right_id"),
    "selections": ("product", "source_id"),
    "organisation_links": ("organisation_id",),
}
_ENDS = {
    "matches": (("left_product", "left_id"), ("right_product", "right_id")),
    "selections": (("product", "source_id"),),
    "organisation_links": (("product", "source_id"),),
}
_NOBODY = {"product": None, "source_id": None}
_LONGEST_VALUE = 60


@dataclass(frozen=True)
class Line:
    """One line of an answered sheet."""

    number: int
    """In the file, the header being 1."""
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "").strip().removeprefix("'")


@dataclass(frozen=True)
class Refusal:
    """An answer that is not taken."""

    line: int
    column: str
    value: str
    """Without whole tax numbers, and cut."""
    reason: str
    """With its remedy."""


@dataclass(frozen=True)
class Occasion:
    """Who answers, when, and on what landing zone."""

    by: str | None
    """user_id where a line does not say."""
    at: dt.datetime
    """UTC, without a zone."""
    landed: Mapping[tuple[str, str, str], str]
    """Practice, product, id → the client as `shown.client_versions` shows it, of every list landed now."""


@dataclass(frozen=True)
class Decision:
    """One row of a decision table, and the line that it comes from."""

    line: Line
    table: str
    row: Mapping[str, Any]

    @property
    def subject(self) -> tuple[str, str]:
        """Practice, and the key of the subject as `transforms/sql/decisions/` makes it."""
        return self.row[PRACTICE], chr(31).join(self.row[name] for name in _SUBJECT[self.table])


def decisions(
    lines: Sequence[Line], questions: pl.DataFrame, occasion: Occasion
) -> tuple[list[Decision], list[Refusal]]:
    """The decisions that the answered `lines` make, and the answers that are not taken.

    `questions`: of `lookup.open_questions`. Lines without an answer are passed over; two different answers on
    one subject are both refused.
    """
    known = {row[ITEM]: row for row in questions.iter_rows(named=True)}
    made: list[Decision] = []
    refused: list[Refusal] = []
    for line in lines:
        if not line[ANSWER]:
            continue
        question, author = known.get(line[ITEM]), line[AUTHOR] or occasion.by
        if question is None:
            gone = (
                "no open question has this id: it is answered, gone with its records, or its practice waits"
                " for a list (scr status). Export again."
            )
            refused.append(_refusal(line, ITEM, gone))
        elif problem := _problem(line, question, author, occasion):
            refused.append(_refusal(line, *problem))
        else:
            row = {PRACTICE: question[PRACTICE], "decided_by": author, "decided_at": occasion.at}
            made += _rows(line, question, row)
    return _of_one_mind(made, lines, refused)


def _problem(
    line: Line, question: Mapping[str, Any], author: str | None, occasion: Occasion
) -> tuple[str, str] | None:
    """Column and reason for which a line on an open question is not taken: the first that applies."""
    permitted = question["answers"]
    stale = "stale: the question has changed since the export. Export again, look at it, answer."
    changed = _changed(question, occasion.landed) if permitted else None
    checks = [
        (
            line[PRACTICE] != question[PRACTICE],
            PRACTICE,
            f"the question is one of {question[PRACTICE]}: leave ids as they were exported.",
        ),
        (
            not permitted,
            ANSWER,
            f"a {question['kind']} is not answered here. {question['consequences']}",
        ),
        (line[VERSION] != question["subject_hash"], VERSION, stale),
        (bool(changed), VERSION, f"stale: {changed}. Run scr run, export again, look at it, answer."),
        (
            _word(line[ANSWER], permitted) is None,
            ANSWER,
            f"no answer to this question: use {', '.join(permitted)}.",
        ),
        (not author, AUTHOR, "nobody is named: fill the column, or give --by USER_ID."),
    ]
    return next(((column, reason) for wrong, column, reason in checks if wrong), None)


def _changed(question: Mapping[str, Any], landed: Mapping[tuple[str, str, str], str]) -> str | None:
    """What the lists landed now hold otherwise than the question shows it, without values; None: nothing."""
    for side in ("left", "right"):
        product, source_id = question[f"{side}_product"], question[f"{side}_id"]
        if not product:
            continue
        now = landed.get((question[PRACTICE], product, source_id))
        if now is None:
            return f"the lists hold no readable {product} client {source_id} any more"
        then = json.loads(question[f"{side}_record"])
        if fields := [name for name, value in json.loads(now).items() if value != then.get(name)]:
            return f"{product} client {source_id} has changed since ({', '.join(fields)})"
    return None


def _word(typed: str, permitted: Sequence[str]) -> str | None:
    """The permitted answer that was typed; `No match` is `no_match`, ids must be typed as they are."""
    plain = "_".join(typed.lower().replace("-", " ").split())
    return typed if typed in permitted else plain if plain in permitted else None


def _rows(line: Line, question: Mapping[str, Any], row: dict[str, Any]) -> list[Decision]:
    """The decisions that a permitted answer makes; `row` has what all of them share."""
    answer = _word(line[ANSWER], question["answers"]) or ""
    ends = [(question[f"{side}_product"], question[f"{side}_id"]) for side in ("left", "right")]
    if question["kind"] == "organisation":
        product, _, source_id = answer.partition(":")
        whose = {"product": product, "source_id": source_id} if source_id else _NOBODY
        more = {"organisation_id": question["organisation_id"], **whose}
        return [Decision(line, "organisation_links", row | more)]
    if question["kind"] == "selection":
        # One kept record decides for its client; that none is kept has to be said of every one.
        others = [other.split(":", 1) for other in question["others"] if not _KEPT[answer]]
        return [
            Decision(
                line,
                "selections",
                row | {"product": product, "source_id": source_id, "keep": product in _KEPT[answer]},
            )
            for product, source_id in [*ends, *others]
            if product
        ]
    (left, left_id), (right, right_id) = sorted(ends, key=lambda end: (_PRODUCTS.index(end[0]), end[1]))
    pair = {"left_product": left, "left_id": left_id, "right_product": right, "right_id": right_id}
    return [Decision(line, "matches", row | pair | {"judgement": answer})]


def _of_one_mind(
    made: Iterable[Decision], lines: Sequence[Line], refused: list[Refusal]
) -> tuple[list[Decision], list[Refusal]]:
    """Each subject once; lines that contradict one another are refused."""
    by_subject: dict[tuple[str, tuple[str, str]], list[Decision]] = defaultdict(list)
    for decision in made:
        by_subject[decision.table, decision.subject].append(decision)
    quarrels = [found for found in by_subject.values() if any(d.row != found[0].row for d in found)]
    rivals = {d.line.number: sorted({o.line.number for o in found}) for found in quarrels for d in found}
    for line in lines:
        if line.number in rivals:
            where = ", ".join(map(str, rivals[line.number]))
            reason = f"lines {where} answer on the same records, and not alike: keep one of them."
            refused.append(_refusal(line, ANSWER, reason))
    kept = [found[0] for found in by_subject.values() if not {d.line.number for d in found} & rivals.keys()]
    return kept, refused


def _refusal(line: Line, column: str, reason: str) -> Refusal:
    value = mask_numbers(line[column], frozenset())
    cut = value if len(value) <= _LONGEST_VALUE else f"{value[:_LONGEST_VALUE]}…"
    return Refusal(line.number, column, cut, reason)


@dataclass(frozen=True)
class Weighed:
    """Decisions beside those that stand in the landing zone already."""

    fresh: list[Decision]
    known: list[Decision]
    """Of the same content as the newest on their subject: nothing to write."""
    late: list[Refusal]
    """A newer decision on their subject stands, and would win."""
    powerless: list[tuple[Decision, str]]
    """Fresh or known ones that will not count, and why: their author may not take them."""


def weigh(con: duckdb.DuckDBPyConnection, made: Sequence[Decision], frames: Frames) -> Weighed:
    """Compare decisions with those of `frames`: `staff`, and the tables of `DECISIONS`."""
    weighed = Weighed([], [], [], [])
    for name in DECISIONS:
        mine = [decision for decision in made if decision.table == name]
        if not mine:
            continue
        new = pl.DataFrame([d.row for d in mine], schema=table(name).schema)
        old = _ranked(con, name, frames[name], frames["staff"])
        verdicts = {
            (row["practice_id"], row["subject_key"]): row
            for row in _compared(_ranked(con, name, new, frames["staff"]), old).iter_rows(named=True)
        }
        for decision in mine:
            _place(decision, verdicts[decision.subject], weighed)
    return weighed


def _place(decision: Decision, verdict: Mapping[str, Any], weighed: Weighed) -> None:
    standing = verdict["own_content"] if verdict["problem"] else verdict["newest_content"]
    newest_at = verdict["newest_at"]
    if standing == verdict["content"]:
        weighed.known.append(decision)
    elif newest_at and newest_at >= verdict["decided_at"]:
        reason = (
            f"a decision of {newest_at:%Y-%m-%d %H:%M:%S} on these records is newer and wins: decide later."
        )
        weighed.late.append(_refusal(decision.line, ANSWER, reason))
        return
    else:
        weighed.fresh.append(decision)
    if verdict["problem"]:
        weighed.powerless.append((decision, verdict["problem"]))


def _ranked(
    con: duckdb.DuckDBPyConnection, name: str, rows: pl.DataFrame, staff: pl.DataFrame
) -> pl.DataFrame:
    """The rows of a decision table as the run ranks them, by author and time; records are not looked at."""
    record = pl.concat(rows.select("practice_id", product=p, source_id=i) for p, i in _ENDS[name]).unique()
    given = run_sql(con, f"decisions/{name}", {name: rows, "record": record})
    return run_sql(con, "decisions/newest", {"given": given, "staff": staff})


def _compared(new: pl.DataFrame, old: pl.DataFrame) -> pl.DataFrame:
    """Each new decision with newest_content and newest_at on its subject, and own_content of its author."""
    subject = ["practice_id", "subject_key"]
    newest = old.filter(place=1).select(*subject, newest_content="content", newest_at="decided_at")
    own = old.sort("decided_at").unique([*subject, "decided_by"], keep="last", maintain_order=True)
    own = own.select(*subject, "decided_by", own_content="content")
    found = new.join(newest, on=subject, how="left")  # one to at most one
    return found.join(own, on=[*subject, "decided_by"], how="left")  # one to at most one


def as_tables(made: Sequence[Decision]) -> dict[str, pl.DataFrame]:
    """Source table → the rows to land, in the contract's columns and order; empty tables left out."""
    found = {}
    for name in DECISIONS:
        if own := [decision.row for decision in made if decision.table == name]:
            found[name] = pl.DataFrame(own, schema=table(name).schema).sort(table(name).key)
    return found
