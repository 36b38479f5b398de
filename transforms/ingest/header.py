"""Which column of a file is which of the contract: in any order and case."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from expectations.contracts import Table
from transforms.ingest.ledger import Ledger
from transforms.ingest.snapshot import SourceFile


@dataclass(frozen=True)
class Header:
    """A file's columns against the contract's."""

    known: dict[str, int]
    """Contract column → position in the file."""
    unknown: tuple[str, ...]
    trouble: str | None
    """Why the file cannot be used with these columns."""


def read_header(names: Sequence[str], contract: Table, has_path: bool) -> Header:
    """Match column names, whatever their case. `has_path`: the path names the practice."""
    wanted = {c.name.lower(): c.name for c in contract.columns}
    stripped = [name.strip().lstrip("\ufeff") for name in names]
    known = {wanted[n.lower()]: i for i, n in enumerate(stripped) if n.lower() in wanted}
    double = sorted(n for n, count in Counter(s.lower() for s in stripped if s).items() if count > 1)
    unknown = tuple(
        sorted(
            n or f"(column {i + 1} has no name)" for i, n in enumerate(stripped) if n.lower() not in wanted
        )
    )
    missing = missing_columns(known, contract, has_path)
    trouble = None
    if not stripped or (len(stripped) == 1 and not stripped[0]):
        trouble = "The file is empty: not even a header is there. Deliver the list again."
    elif double:
        trouble = f"Column {', '.join(double)} is there more than once: keep one of them."
    elif missing:
        trouble = f"Required column {', '.join(missing)} is missing: deliver the list with it."
    return Header(known, unknown, trouble)


def missing_columns(known: dict[str, int], contract: Table, has_path: bool) -> list[str]:
    """Required columns that are not there; the path stands in for practice_id."""
    return [
        c.name
        for c in contract.columns
        if c.required and c.name not in known and not (has_path and c.name == "practice_id")
    ]


def note_unknown(ledger: Ledger, file: SourceFile, unknown: Sequence[str]) -> None:
    """Report each column that the contract does not know, once per file."""
    for name in sorted(set(unknown)):
        ledger.note(
            file, "value", "The contract does not know this column: it was kept out.", column=name[:200]
        )
