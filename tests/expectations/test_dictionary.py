"""The committed data dictionary says what the contracts say."""

import subprocess
import sys
from pathlib import Path

import pytest

from expectations.contracts import Table, tables
from expectations.dictionary import PAGE, page
from expectations.ruleset import rules

TABLES = [*tables("source").values(), *tables("internal").values(), *tables("published").values()]


def test_committed_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "make dictionary, and commit docs/data-dictionary.md"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_column_and_meaning_is_on_the_page(table: Table) -> None:
    section = page().split(f"\n### {table.name}\n")[1].split("\n### ")[0]
    assert table.grain in section
    lines = section.split("|---|\n")[1].splitlines()
    for column in table.columns:
        line = next(line for line in lines if line.startswith(f"| {column.name} |"))
        assert column.meaning in line.replace("\\|", "|")
        assert ("required" in line.split("|")[3]) is column.required
        assert any(mark in line.split("|")[3] for mark in ("personal", "secret")) is column.personal


def test_every_rule_is_on_the_page() -> None:
    text = page()
    for rule in rules():
        assert f"| {rule.id} | {rule.severity} | {rule.reason} |" in text


def test_module_writes_the_page(tmp_path: Path) -> None:
    target = tmp_path / "page.md"
    subprocess.run(
        [sys.executable, "-m", "expectations.dictionary", str(target)], check=True, cwd=PAGE.parents[1]
    )
    assert target.read_text(encoding="utf-8") == page()
