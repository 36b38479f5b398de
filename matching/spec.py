"""What to compare: the fields of two lists and the kind of each."""

import re
from dataclasses import dataclass

from expectations.errors import UsageError

_KINDS = """
given_name middle_name family_name full_name organisation_name name date year address house_number city
post_code region country phone email website identifier masked_identifier category text
"""
KINDS = frozenset(_KINDS.split())


@dataclass(frozen=True)
class Field:
    """One column that both lists hold, and its kind (one of `KINDS`).

    Raises UsageError where the kind is unknown, or the column's name holds quotes or control characters.
    """

    column: str
    kind: str

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UsageError(
                f"field {self.column}: kind {self.kind} is unknown; use one of {', '.join(sorted(KINDS))}"
            )
        if re.search(r'["\x00-\x1f]', self.column):
            raise UsageError(
                f"field {self.column!r}: name with a double quote or a control character; rename the column"
            )


@dataclass(frozen=True)
class MatchSpec:
    """The fields to compare and, where the lists hold many partitions, the column pairs never cross."""

    fields: list[Field]
    partition: str | None = None

    def __post_init__(self) -> None:
        columns = [field.column for field in self.fields]
        double = sorted({c for c in columns if columns.count(c) > 1})
        if not columns or double:
            raise UsageError(
                f"a match needs fields, each column once; got twice: {', '.join(double) or 'none'}"
            )

    def of(self, *kinds: str) -> list[str]:
        """Columns of these kinds, in the order of the specification."""
        return [field.column for field in self.fields if field.kind in kinds]
