"""The rules that a batch must hold: derived from the contracts, or written as SQL in `expectations/rules/`.

A rule is one SELECT over the batch's tables that returns the key of each row that breaks it.
"""

import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Literal, cast, get_args

from expectations.contracts import Table, tables
from expectations.errors import ContractError

Severity = Literal["critical", "warning"]

FOLDER = Path(__file__).parent / "rules"
_HEADER = re.compile(r"-- (?P<reason>[^\n]+)\n-- severity: (?P<severity>\w+)\n-- table: (?P<table>\w+)\n")
_SOURCE = re.compile(r"(?<!distinct )\b(?:from|join)\s+(\w+)", re.IGNORECASE)
_CTE = re.compile(
    r"(?:\bwith(?:\s+recursive)?|,)\s+(\w+)\s+as\s*(?:(?:not\s+)?materialized\s*)?\(", re.IGNORECASE
)


@dataclass(frozen=True)
class Rule:
    """One rule of the gate."""

    id: str
    table: str
    """The published table that it speaks of: its suite."""
    severity: Severity
    reason: str
    """The rule in a plain sentence."""
    sql: str
    """SELECT of the failing rows: practice_id, then the columns of the failing key, none of them private."""

    @cached_property
    def needs(self) -> frozenset[str]:
        """Names of the tables that the SELECT reads."""
        code = re.sub(r"--[^\n]*", "", self.sql)
        return frozenset(_SOURCE.findall(code)) - frozenset(_CTE.findall(code))

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of the SELECT: what is none of them is no column that it reads."""
        return frozenset(re.findall(r"\w+", self.sql))


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, in the order of table and id.

    Raises ContractError where a file's header is not reason, severity and table.
    """
    published = [t for t in tables("published").values() if t.kind == "published"]
    derived = [derive(table) for table in published]
    written = [read_rule(path) for path in sorted(FOLDER.glob("*.sql"))]
    return tuple(sorted(derived + written, key=lambda rule: (rule.table, rule.id)))


def read_rule(path: Path) -> Rule:
    """The rule in one SQL file: header lines `-- <reason>`, `-- severity: …`, `-- table: …`, then the SELECT.

    Raises ContractError naming the file where the header is another, or the table is in no contract.
    """
    text = path.read_text(encoding="utf-8")
    header = _HEADER.match(text)
    if (
        not header
        or header["severity"] not in get_args(Severity)
        or header["table"] not in tables("published")
    ):
        raise ContractError(
            f"rule file {path}: the first three lines must be '-- <the rule in a sentence>',"
            f" '-- severity: {'|'.join(get_args(Severity))}' and '-- table: <published table>'"
        )
    severity = cast(Severity, header["severity"])
    return Rule(path.stem, header["table"], severity, header["reason"], text[header.end() :])


def derive(table: Table) -> Rule:
    """The rule that a contract states by itself: key, required columns, allowed values, readable JSON.

    One query, for each reads the whole table. Its failing keys say in `found` what is wrong.
    """
    key = [_quoted(c) for c in table.key]
    required = [c.name for c in table.columns if c.required]
    allowed = {c.name: c.allowed for c in table.columns if c.allowed}
    documents = [c.name for c in table.columns if c.type == "json"]
    wrong = {
        "empty": (f"{', '.join(required)} never empty", [f"{_quoted(c)} is null" for c in required]),
        "not allowed": (
            f"{', '.join(allowed)} among the allowed values",
            [f"{_quoted(c)} not in ({_literals(values)})" for c, values in allowed.items()],
        ),
        "not readable": (
            f"{', '.join(documents)} readable JSON",
            [f"not json_valid({_quoted(c)})" for c in documents],
        ),
    }
    told = {found: f"bool_or({' or '.join(tests)})" for found, (_, tests) in wrong.items() if tests}
    told["double"] = "count(*) > 1"
    found = ", ".join(f"if({test}, '{name}', null)" for name, test in told.items())
    sql = (
        f"select {', '.join(f'any_value({c}) as {c}' for c in key)}, concat_ws(', ', {found}) as found"
        # One number: grouping by all columns of the key takes longer.
        f" from {table.name} group by hash({', '.join(key)}) having {' or '.join(told.values())}"
    )
    holds = "; ".join(text for text, tests in wrong.values() if tests)
    reason = f"As its contract says: one row per {', '.join(table.key)}; {holds}."
    return Rule(f"{table.name}_contract", table.name, "critical", reason, sql)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literals(values: tuple[str, ...]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)
