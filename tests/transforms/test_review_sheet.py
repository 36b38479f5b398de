"""The sheet of questions: no cell is a formula, no number whole, nothing lost."""

import json
from typing import Any

import polars as pl
import pytest

from tests.factories import rows
from transforms.consolidate.shown import SHOWN
from transforms.review_sheet import REQUIRED, safe_cell, sheet


def questions(**values: Any) -> pl.DataFrame:
    found = rows("review_item", {"left_product": "hq", "left_id": "h1", **values})
    return found.with_columns(practice_name=pl.lit("=Practice"))


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+61 400 111 222", "'+61 400 111 222"),
        ("-1", "'-1"),
        ("@sum(a1)", "'@sum(a1)"),
        (" \t=1", "'  =1"),
        ("\r\n=1", "' =1"),
        ("＝1", "'＝1"),
        ("'quoted", "''quoted"),
        ("12 High St\nFlat 3", "12 High St Flat 3"),
        ("Smith & Sons = one", "Smith & Sons = one"),
        ("", None),
        (None, None),
    ],
)
def test_no_cell_is_a_formula(text: str | None, cell: str | None) -> None:
    assert pl.DataFrame({"a": [text]}, schema={"a": pl.String}).select(safe_cell(pl.col("a"))).item() == cell


def test_every_column_of_the_sheet_is_safe() -> None:
    evil = "=cmd|' /C calc'!A0"
    told = json.dumps(dict.fromkeys(SHOWN, evil))
    columns = ("practice_id", "item_id", "why", "consequences", "family", "subject_hash", "organisation_id")
    found = questions(
        **dict.fromkeys(columns, evil),
        left_record=told,
        right_record=told,
        answers=[evil, evil],
        right_id=evil,
    )
    cells = [cell for cell in sheet(found).row(0) if isinstance(cell, str)]
    assert len(cells) > 35
    assert [cell for cell in cells if cell.strip()[0] in "=+-@"] == []


def test_both_records_stand_side_by_side() -> None:
    told = json.dumps(dict.fromkeys(SHOWN) | {"name": "Ann Lee", "tax_number": "******088"})
    found = sheet(questions(left_record=told, answers=["match", "no_match"]))
    assert set(REQUIRED) <= set(found.columns)
    row = found.row(0, named=True)
    assert (row["answer"], row["permitted_answers"]) == (None, "match | no_match")
    assert (row["record_1"], row["name_1"], row["tax_number_1"]) == ("Xero HQ h1", "Ann Lee", "******088")
    assert (row["record_2"], row["name_2"]) == (None, None)
