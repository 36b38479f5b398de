"""Prints frames: a table cut to the terminal, CSV or JSON."""

import shutil
import sys
from enum import StrEnum
from typing import Any

import polars as pl
from rich.cells import cell_len, set_cell_size

from expectations.errors import UsageError

WIDTH_WITHOUT_TERMINAL = 160
WHOLE = 22
"""Characters up to which a column is never cut: ids and codes stay whole, sentences are cut."""
LEAST = 12
"""Characters that a cut column keeps, however narrow the terminal."""
GAP = "  "


class Format(StrEnum):
    """How a frame is printed."""

    table = "table"
    csv = "csv"
    json = "json"


def format_of(word: str) -> Format:
    """The format of that name. Raises UsageError for any other word."""
    try:
        return Format(word)
    except ValueError as error:
        raise UsageError(f"--format {word}: use {', '.join(Format)}") from error


def show(frame: pl.DataFrame, how: Format = Format.table) -> None:
    """Print a frame on stdout; as a table, long values are cut to the width of the terminal."""
    if how is Format.csv:
        sys.stdout.write(_flat(frame).write_csv())
    elif how is Format.json:
        sys.stdout.write(frame.write_json() + "\n")
    else:
        print(as_text(frame, terminal_width()))


def terminal_width() -> int:
    """Columns of the terminal, or of a wide page where there is none; the variable COLUMNS wins."""
    return shutil.get_terminal_size((WIDTH_WITHOUT_TERMINAL, 24)).columns


def show_one(row: pl.DataFrame) -> None:
    """Print the one row of a frame upright: a field a line, nothing cut, empty ones left out."""
    for name, value in row.row(0, named=True).items():
        if text := plain(value):
            print(f"{name:<20}{GAP}{text}")


def as_text(frame: pl.DataFrame, width: int) -> str:
    """A frame as lines of text of at most `width` cells where that can be: numbers to the right."""
    cells = [[plain(value) for value in row] for row in frame.rows()]
    widths = _widths([[name, *(row[i] for row in cells)] for i, name in enumerate(frame.columns)], width)
    right = [kind.is_numeric() for kind in frame.dtypes]
    lines = [frame.columns, ["─" * w for w in widths], *cells]
    return "\n".join(_line(line, widths, right) for line in lines)


def plain(value: Any) -> str:
    """A value as one line that cannot drive the terminal: control characters become `?`."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(map(plain, value))
    if isinstance(value, float):
        return f"{value:.4f}"
    return "".join(c if c.isprintable() else "?" for c in str(value).replace("\n", " "))


def _widths(columns: list[list[str]], width: int) -> list[int]:
    natural = [max(map(cell_len, column)) for column in columns]
    long = [i for i, n in enumerate(natural) if n > WHOLE]
    room = width - len(GAP) * (len(columns) - 1) - sum(n for n in natural if n <= WHOLE)
    # The shortest of the long columns take what they need; the rest share what is left.
    for place, i in enumerate(sorted(long, key=lambda i: natural[i])):
        share = max(room // (len(long) - place), LEAST)
        natural[i] = min(natural[i], share)
        room -= natural[i]
    return natural


def _line(values: list[str], widths: list[int], right: list[bool]) -> str:
    return GAP.join(map(_cell, values, widths, right)).rstrip()


def _cell(value: str, width: int, right: bool) -> str:
    if cell_len(value) > width:
        return set_cell_size(value, width - 1) + "…"
    return " " * (width - cell_len(value)) + value if right else set_cell_size(value, width)


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    return frame.with_columns(pl.col(lists).cast(pl.List(pl.String)).list.join(";")) if lists else frame
