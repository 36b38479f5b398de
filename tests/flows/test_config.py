"""Settings: where they come from, and what a wrong one says."""

import datetime as dt
from pathlib import Path

import pytest

from expectations.errors import UsageError
from flows.config import load_settings


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("LANDING", "STORE", "THREADS", "MEMORY_LIMIT"):
        monkeypatch.delenv(f"SCR_{name}", raising=False)


def test_defaults_are_those_of_the_contract() -> None:
    settings = load_settings()
    assert settings.default_deadline == dt.date(2024, 2, 21)
    assert (settings.landing, settings.store, settings.include_prospects) == ("landing", "store", False)


def test_options_win_over_variables_and_variables_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scr.toml").write_text('landing = "file"\nstore = "file"\nthreads = 3\n')
    monkeypatch.setenv("SCR_STORE", "variable")
    monkeypatch.setenv("SCR_LANDING", "variable")
    settings = load_settings(landing="option", store=None)
    assert (settings.landing, settings.store, settings.threads) == ("option", "variable", 3)


@pytest.mark.parametrize(
    ("options", "variable", "file", "message"),
    [
        ({"threads": 0}, {}, "", "setting threads = 0: .*Mend it in option --threads"),
        ({}, {"SCR_MEMORY_LIMIT": "lots"}, "", "memory_limit = 'lots': .*SCR_MEMORY_LIMIT or scr.toml"),
        ({}, {"SCR_DEFAULT_DEADLINE": "soon"}, "", "default_deadline = 'soon'"),
        ({"landing": "  "}, {}, "", "landing = '  ': .*must name a folder"),
        ({}, {}, 'stroe = "x"', "setting stroe that scr does not know; it knows .*store"),
        ({}, {}, "threads = ", "scr.toml: "),
    ],
)
def test_a_wrong_setting_is_named_with_its_remedy(
    options: dict[str, object],
    variable: dict[str, str],
    file: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "scr.toml").write_text(file)
    for name, value in variable.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=message) as caught:
        load_settings(**options)
    assert caught.value.exit_code == 2
