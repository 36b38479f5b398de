"""The house holds its shape: floors, homes of the big libraries, sizes of files and functions."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGES = ("flows", "matching", "transforms", "expectations")
PLANTED = {
    "transforms/sql.py": "\nimport matching\nimport prefect\n",
    "expectations/errors.py": "\ndef late() -> None:\n    import great_expectations\n",
    "flows/cli.py": "\nfrom flows import nightly\n",
}
"""One line against each contract; imports inside functions count as well."""
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_SQL = 300, 60, 80


def python_files() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def sql_files() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.sql"))


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"],
        cwd=root,
        env={"PYTHONPATH": str(root), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_imports_go_down_the_floors_and_libraries_stay_at_home() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


def test_planted_violations_are_caught(tmp_path: Path) -> None:
    for path in [*python_files(), ROOT / "pyproject.toml"]:
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    for file, lines in PLANTED.items():
        with (tmp_path / file).open("a", encoding="utf-8") as planted:
            planted.write(lines)
    done = lint_imports(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "0 kept, 4 broken" in done.stdout


def test_the_store_driver_is_named_in_one_file() -> None:
    """DuckLake is no Python package, so it is looked for in the strings of the code, docstrings apart."""
    named = {
        path.relative_to(ROOT).as_posix()
        for path in python_files()
        if any("ducklake" in text for text in strings(ast.parse(path.read_text(encoding="utf-8"))))
    }
    # flows/versions.py names the distribution whose version a run is recorded with.
    assert named == {"transforms/store.py", "flows/versions.py"}


@pytest.mark.parametrize("path", python_files(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_and_functions_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < LONGEST_FUNCTION, node.name


@pytest.mark.parametrize("path", sql_files(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_sql_files_say_their_grain_and_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("--")
    assert text.count("\n") <= LONGEST_SQL


def strings(tree: ast.AST) -> Iterator[str]:
    """String constants of a module but its docstrings."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value
