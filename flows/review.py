"""Questions out as a table or a CSV file, answers in: `scr review`."""

import csv
import datetime as dt
import io
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from expectations.contracts import table
from expectations.errors import UsageError
from flows.config import Settings
from flows.landing import reading
from flows.tables import plain, show
from transforms.answers import (
    DECISIONS,
    Decision,
    Line,
    Occasion,
    Refusal,
    Weighed,
    as_tables,
    decisions,
    weigh,
)
from transforms.clients import source_clients
from transforms.consolidate.shown import client_versions
from transforms.ingest import find_snapshot
from transforms.review_sheet import ANSWER, ITEM, PRACTICE, REQUIRED, sheet

READ = ("hq_clients", "xpm_clients", "tax_clients", "xpm_jobs", "staff", *DECISIONS)
"""Source tables that hold what a question shows, and what an answer is weighed against."""
ROWS = 50
"""Questions shown on the terminal."""
SHOWN = ("practice_id", "rank", "family", "kind", "blocking", "minutes", "answers", "why")


def show_questions(questions: pl.DataFrame) -> None:
    """Print the open questions as a table, the first `ROWS` of them, and how to answer."""
    if not questions.height:
        print("No open questions.")
        return
    show(questions.select(SHOWN[:-1], question="why").head(ROWS))
    blocking = questions.filter("blocking")
    rest = f", the first {ROWS} shown" if questions.height > ROWS else ""
    print(f"\n{questions.height:,} questions{rest}; {blocking.height:,} block publication", end="")
    print(f" (about {blocking['minutes'].sum():.0f} minutes).")
    print("Those without answers are answered in the product itself. To answer the others, fill in a file:")
    print("      scr review --export FILE.csv")
    print("      scr review --import FILE.csv --by USER_ID")


def export(questions: pl.DataFrame, path: Path) -> None:
    """Write the open questions into a new CSV file to be answered. Raises UsageError where it is there."""
    text = sheet(questions).write_csv(include_bom=True)  # without it, spreadsheets guess another encoding
    try:
        # Names and birth dates: for its owner alone. An older file may hold answers, so it stays.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text.encode())
    except FileExistsError as error:
        raise UsageError(f"{path} is there already: import its answers, or name another file.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror}): name another file.") from error
    here = questions.filter(pl.col("answers").list.len() > 0).height
    print(f"Written: {path}, {here:,} questions to answer in the column answer", end="")
    print(f", {questions.height - here:,} to answer in the product itself.")


def read_lines(path: Path) -> list[Line]:
    """The lines of an answered sheet. Raises UsageError where the file as a whole cannot be used."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 at byte {error.start}. Save it as CSV UTF-8.") from error
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror}): name the file that was exported."
        ) from error
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)  # spreadsheets write ; where the comma is the decimal point
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines, before = [], 0
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        missing = [name for name in REQUIRED if names.count(name) != 1]
        if missing:
            raise UsageError(
                f"{path}: must have each of these columns once: {', '.join(missing)}. Export again."
            )
        before = reader.line_num
        for cells in reader:
            lines.append(Line(before + 1, dict(zip(names, cells, strict=False))))
            before = reader.line_num
    except csv.Error as error:
        raise UsageError(f"{path}, line {before + 1}: {error}. Export again, or mend the line.") from error
    return lines


def take(settings: Settings, questions: pl.DataFrame, path: Path, who: tuple[str | None, dt.datetime]) -> int:
    """Land the answers of a file as decisions; print what was taken and what was not, and why.

    `who`: user_id, and when (UTC, without a zone). Returns the exit code: 0, or 1 where an answer was refused
    or will not count. The good answers of a file are taken whatever the others are; the same file again
    changes nothing, since an answer that stands already is known. Raises UsageError where the file or the
    landing zone as a whole cannot be used; nothing is written then.
    """
    snapshot = find_snapshot(settings.landing)
    lines = read_lines(path)
    answered = {line[ITEM] for line in lines if line[ANSWER]}
    asked = questions.filter(pl.col(ITEM).is_in(answered))
    practices = sorted(asked[PRACTICE].unique())
    with reading(settings, snapshot.snapshot_date, practices, READ) as landing:
        frames = landing.tables(practices)
        landed = client_versions(source_clients(landing.con, frames), asked)
        made, refused = decisions(lines, questions, Occasion(*who, landed))
        weighed = weigh(landing.con, made, frames)
    name = f"review-{who[1]:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}.csv"
    for table_name, rows in as_tables(weighed.fresh).items():
        place = f"{table(table_name).path}/{name}"
        snapshot.storage.put(place, rows.write_csv(datetime_format="%Y-%m-%dT%H:%M:%S").encode())
        print(f"Written: {settings.landing}/snapshot_date={snapshot.snapshot_date}/{place}")
    _tell(path, weighed, sorted([*refused, *weighed.late], key=lambda refusal: refusal.line))
    return int(bool(refused or weighed.late or weighed.powerless))


def _tell(path: Path, weighed: Weighed, refused: Sequence[Refusal]) -> None:
    for decision, reason in weighed.powerless:
        print(plain(f"{path}, line {decision.line.number}: will not count: {reason}"), file=sys.stderr)
    for no in refused:
        told = f"{path}, line {no.line}, column {no.column}, value {no.value!r}: refused: {no.reason}"
        print(plain(told), file=sys.stderr)
    taken, known = _lines(weighed.fresh), _lines(weighed.known)
    print(f"{taken} answers taken, {known} known already, {len(refused)} refused.")
    if taken:
        print("They take effect with the next scr run.")


def _lines(made: Sequence[Decision]) -> int:
    return len({decision.line.number for decision in made})
