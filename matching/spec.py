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

    Raises UsageError where the kind is unknown, or the column's name is none, or holds quotes or control
    characters, or would be read as a pattern.
    """

    column: str
    kind: str

    def __post_init__(self) -> None:
        check_name(self.column, "field")
        if not isinstance(self.kind, str) or self.kind not in KINDS:
            raise UsageError(
                f"field {self.column}: kind {self.kind} is unknown; use one of {', '.join(sorted(KINDS))}"
            )
        if re.search(r'["\x00-\x1f]', self.column):
            raise UsageError(
                f"field {self.column!r}: name with a double quote or a control character; rename the column"
            )


def check_name(name: object, what: str) -> None:
    """Raise UsageError where `name` is no column's name, or one that Polars reads as a pattern of names."""
    if not isinstance(name, str) or not name:
        raise UsageError(f"{what} {name!r}: give the name of a column, as text")
    if name == "*" or (name.startswith("^") and name.endswith("$")):
        raise UsageError(f"{what} {name}: Polars reads this name as a pattern of names; rename the column")


@dataclass(frozen=True)
class MatchSpec:
    """The fields to compare and, where the lists hold many partitions, the column pairs never cross.

    Partitions are told apart by their values as text: 7 and "7" are one. Records of no value, null or empty
    text, are a partition of their own. Raises UsageError where fields or partition are something else.
    """

    fields: list[Field]
    partition: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.fields, list | tuple):
            raise UsageError(f"fields: a {_type(self.fields)}; give a list: [Field(column, kind), ...]")
        for field in self.fields:
            if not isinstance(field, Field):
                raise UsageError(f"fields: {field!r} is a {_type(field)}; give a Field(column, kind)")
        if not self.fields:
            raise UsageError("no fields to compare; give one at least: [Field(column, kind), ...]")
        columns = [field.column for field in self.fields]
        double = sorted({c for c in columns if columns.count(c) > 1})
        if double:
            raise UsageError(f"fields: {', '.join(double)} more than once; give each column one kind")
        if self.partition is not None:
            check_name(self.partition, "partition")

    def of(self, *kinds: str) -> list[str]:
        """Columns of these kinds, in the order of the specification."""
        return [field.column for field in self.fields if field.kind in kinds]


def _type(value: object) -> str:
    return type(value).__name__
