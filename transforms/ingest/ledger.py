"""What could not be used, noted while files are read; becomes `quarantine` in the end."""

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from transforms.ingest.snapshot import SourceFile

LINES = pl.Schema(
    {
        "_file": pl.Int64(),
        "practice_id": pl.String(),
        "product": pl.String(),
        "entity": pl.String(),
        "file": pl.String(),
        "line": pl.Int64(),
        "column": pl.String(),
        "value": pl.String(),
        "level": pl.String(),
        "source_id": pl.String(),
        "reason": pl.String(),
    }
)
"""`quarantine` without its run, and with the number of the file."""

_LONGEST_VALUE = 1000
"""Characters kept while reading; `quarantine` cuts to 200 after masking."""


@dataclass(frozen=True)
class Rejection:
    """A file that could not be read as a whole."""

    file: SourceFile
    reason: str
    practices: tuple[str, ...] | None
    """The practices in it; None where that cannot be told, which means all of them."""


@dataclass
class Ledger:
    """Lines and rejections so far."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)

    def note(self, file: SourceFile, level: str, reason: str, **known: Any) -> None:
        """One line; `known` may hold line, column, value, source_id, practice_id."""
        product, entity = file.place
        value = known.get("value")
        line = {
            "_file": file.number,
            "practice_id": file.practice_id or "",
            "product": product,
            "entity": entity,
            "file": file.name,
            "line": None,
            "column": None,
            "source_id": None,
            **known,
            "value": value[:_LONGEST_VALUE] if value else None,
            "level": level,
            "reason": reason,
        }
        self.lines.append(line)

    def reject(
        self, file: SourceFile, reason: str, practices: tuple[str, ...] | None = None, line: int | None = None
    ) -> None:
        """The whole file is not used. The practice of its path is the one in it, else `practices`."""
        if file.practice_id:
            practices = (file.practice_id,)
        self.rejections.append(Rejection(file, reason, practices))
        self.note(file, "file", reason, line=line)

    def frame(self) -> pl.DataFrame:
        """The lines in the shape of `LINES`."""
        return pl.DataFrame(self.lines, schema=LINES)
