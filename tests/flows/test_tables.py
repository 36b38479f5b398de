"""Printing: cut to the terminal, nothing that drives it, nothing read as markup."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from flows.tables import Format, as_text, plain, show, show_one

LONG = "A reason that is much longer than any terminal would like to show in one column. " * 2
FRAME = pl.DataFrame({
    "practice_id": ["AU-000001", "AU-000002"],
    "reason": [LONG, "[red]会計[/red]"],
    "days_left": [37, -3],
    "notes": [["a", "b"], []],
})  # fmt: skip


@pytest.mark.parametrize("width", [60, 80, 160])
def test_a_table_keeps_to_the_width_ids_stay_whole_and_sentences_are_cut(width: int) -> None:
    lines = as_text(FRAME, width).splitlines()
    assert max(map(cell_len, lines)) <= width
    assert len(lines) == 4
    assert lines[2].startswith("AU-000001")
    assert "…" in lines[2]
    assert "[red]会計[/red]" in lines[3]


def test_numbers_stand_to_the_right() -> None:
    assert as_text(pl.DataFrame({"count": [5]}), 80).splitlines()[2] == "    5"


@given(st.text())
def test_no_value_drives_the_terminal(text: str) -> None:
    assert plain(text).isprintable()


def test_csv_and_json_hold_every_character(capsys: pytest.CaptureFixture[str]) -> None:
    show(FRAME, Format.csv)
    csv = capsys.readouterr().out
    assert LONG in csv
    assert "a;b" in csv
    show(FRAME, Format.json)
    assert pl.read_json(capsys.readouterr().out.encode())["notes"].to_list() == [["a", "b"], []]


def test_one_row_stands_upright_and_whole(capsys: pytest.CaptureFixture[str]) -> None:
    show_one(FRAME.head(1))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["practice_id", "reason", "days_left", "notes"]
    assert LONG.strip() in lines[1]
