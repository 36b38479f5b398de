"""What the documents promise: each command of the README runs, each published table is in the dictionary."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from expectations.contracts import tables
from tests.conftest import ROOT
from tests.flows.command import scr_here

README = (ROOT / "README.md").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
# Serves and workers do not end by themselves; tests/flows/test_prefect.py runs them.
PREFECT = ("server start", "work-pool create", "--no-prompt deploy", "worker start", "deployment run")


def commands() -> list[str]:
    """Lines of the README's shell blocks that a user types, comments cut."""
    blocks = re.findall(r"^```(?:sh|console)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith(("scr ", "make ", "prefect ", "cp ", "sed "))]


def shown(title: str) -> list[str]:
    """Lines of output that a section of the README shows, each up to where it is cut."""
    [section] = re.findall(rf"^## {title}\n(.*?)^## [A-Z]", README, re.MULTILINE | re.DOTALL)
    blocks = re.findall(r"^```(sh)?\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    lines = [line for shell, block in blocks if not shell for line in block.splitlines()]
    return [line.partition("…")[0].rstrip() for line in lines]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample fleet where the README's commands find it."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "data" / "sample", folder / "data" / "sample")
    return folder


def test_every_command_of_the_readme_runs_and_prints_what_it_shows(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In their order, because the later ones read the store that the first makes."""
    monkeypatch.setenv("COLUMNS", "118")  # tables are cut to the width of the page, as for the README
    printed = ""
    typed = [shlex.split(line, comments=True) for line in commands()]
    assert len([words for words in typed if words[0] == "scr"]) >= 6
    for words in typed:
        if words[0] == "make":
            assert words[1] in TARGETS, words
        elif words[0] == "prefect":
            assert any(known in " ".join(words) for known in PREFECT), words
        else:
            if words[0] == "scr":
                done = scr_here(*words[1:], cwd=checkout)
            else:
                done = subprocess.run(words, cwd=checkout, capture_output=True, text=True, check=False)
            assert done.returncode in (0, 1), f"{words}: {done.stderr}"
            printed += done.stdout
    for title in (
        "Run it on the sample",
        "Where results are, and how to read them",
        "Answer the questions",
    ):
        lines = [line for line in shown(title) if not line.startswith("Run 20")]  # a run has its own id
        assert len(lines) > 10
        assert [line for line in lines if line not in printed] == []


def test_every_published_table_is_in_the_dictionary() -> None:
    dictionary = (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    missing = [name for name in tables("published") if not re.search(rf"^#+ `?{name}`?$", dictionary, re.M)]
    assert missing == []


def test_links_between_documents_lead_somewhere() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "data").rglob("*.md")]
    broken = [
        f"{document.name}: {target}"
        for document in documents
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8"))
        if not (document.parent / target).exists()
    ]
    assert broken == []


def test_folders_that_the_readme_maps_exist() -> None:
    [tree] = re.findall(r"## Map of folders\n+```\n(.*?)```", README, re.DOTALL)
    named = [line.split()[0] for line in tree.splitlines() if line and not line.startswith(" ")]
    assert len(named) > 5
    assert [name for name in named if not (ROOT / name).exists()] == []
