"""Makes docs/data-dictionary.md from the contracts: `python -m expectations.dictionary [FILE]`."""

import sys
from collections.abc import Iterator
from pathlib import Path

from expectations.contracts import Column, Table, tables
from expectations.ruleset import Rule, rules

PAGE = Path(__file__).parent.parent / "docs" / "data-dictionary.md"

_HEAD = """# Data dictionary

Made from `data/contracts/` and `expectations/rules/` by `make dictionary`; do not edit it by hand.

**Published** tables change only when a practice is published. **Working** tables are refreshed by every run.
**Source** tables are the landing zone's lists, **internal** ones live between two steps of a run.
*Required* columns are never empty, *personal* ones hold personal data; a *secret* never leaves it unmasked.
"""
_COLUMNS = "| column | type | | meaning |\n|---|---|---|---|"
_RULES = "| rule | severity | what must hold |\n|---|---|---|"


def page() -> str:
    """The whole page as Markdown: every table with grain, key and columns, then every rule of the gate."""
    store = tables("published").values()
    chapters = [
        ("Published tables", [t for t in store if t.kind == "published"]),
        ("Working tables", [t for t in store if t.kind == "working"]),
        ("Source tables", list(tables("source").values())),
        ("Internal tables", list(tables("internal").values())),
    ]
    parts = [_HEAD, _contents(chapters)]
    for title, members in chapters:
        parts += [f"## {title}\n", *(_table(table) for table in members)]
    return "\n".join([*parts, "## Rules of the gate\n", _RULES, *map(_rule, rules())]) + "\n"


def _contents(chapters: list[tuple[str, list[Table]]]) -> str:
    lines = [f"- {title}: {', '.join(f'[{t.name}](#{t.name})' for t in found)}" for title, found in chapters]
    return "\n".join([*lines, "- [Rules of the gate](#rules-of-the-gate)", ""])


def _table(table: Table) -> str:
    source = f" Landed in `{table.path}`." if table.path else ""
    key = ", ".join(f"`{name}`" for name in table.key)
    lines = [f"### {table.name}", "", f"{table.grain}{source} Key: {key}.", "", _COLUMNS]
    return "\n".join([*lines, *map(_column, table.columns), ""])


def _column(column: Column) -> str:
    return f"| {column.name} | {column.type} | {', '.join(_marks(column))} | {_cell(_meaning(column))} |"


def _marks(column: Column) -> Iterator[str]:
    if column.required:
        yield "required"
    if column.secret:
        yield "secret"
    elif column.personal:
        yield "personal"


def _meaning(column: Column) -> str:
    allowed = f" One of {', '.join(f'`{value}`' for value in column.allowed)}." if column.allowed else ""
    feeds = f" Feeds `{column.feeds}`." if column.feeds else ""
    ignored = f" Ignored: {column.ignored}" if column.ignored else ""
    return f"{column.meaning}{allowed}{feeds}{ignored}"


def _rule(rule: Rule) -> str:
    return f"| {rule.id} | {rule.severity} | {_cell(rule.reason)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE
    target.write_text(page(), encoding="utf-8")
