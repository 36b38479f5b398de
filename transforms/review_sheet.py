"""Questions as a sheet for people: one line a question, both records side by side, an empty answer.

A spreadsheet takes a cell that begins with =, +, -, @ or a control character for a formula; such cells get an
apostrophe in front (OWASP, CSV Injection).
"""

import polars as pl

from transforms.consolidate.shown import SHOWN

ANSWER, ITEM, VERSION, PRACTICE, AUTHOR = "answer", "item_id", "version", "practice_id", "decided_by"
REQUIRED = (ANSWER, PRACTICE, ITEM, VERSION)
"""Columns that an answered sheet must still have."""

_FORMULA = r"^\s*['=+\-@＝＋－＠]"
_ELSEWHERE = "(answered in the product itself)"
_NAMES = {"hq": "Xero HQ", "xpm": "Practice Manager", "tax": "Tax"}


def sheet(questions: pl.DataFrame) -> pl.DataFrame:
    """The lines of a sheet, in the order of `questions` (of `lookup.open_questions`); all text."""
    answers = pl.col("answers").list.join(" | ")
    sides = [column for field in ("record", *SHOWN) for column in (f"{field}_1", f"{field}_2")]
    shown = questions.with_columns(*_side(1, "left"), *_side(2, "right"))
    lines = shown.select(
        pl.lit("").alias(ANSWER),
        pl.when(answers != "").then(answers).otherwise(pl.lit(_ELSEWHERE)).alias("permitted_answers"),
        pl.lit("").alias(AUTHOR),
        PRACTICE,
        "practice_name",
        "rank",
        "family",
        "kind",
        pl.when("blocking").then(pl.lit("yes")).otherwise(pl.lit("no")).alias("blocks_publication"),
        pl.col("why").alias("question"),
        "consequences",
        "organisation_id",
        *sides,
        ITEM,
        pl.col("subject_hash").alias(VERSION),
    )
    return lines.select(safe_cell(pl.all()))


def safe_cell(text: pl.Expr) -> pl.Expr:
    """Text on one line that no spreadsheet takes for a formula; null where there is none."""
    line = text.cast(pl.String).replace("", None).str.replace_all(r"[\x00-\x1f\x7f]+", " ")
    return line.str.replace(_FORMULA, "'${0}")


def _side(number: int, side: str) -> list[pl.Expr]:
    record = pl.col(f"{side}_record").str.json_decode(pl.Struct(dict.fromkeys(SHOWN, pl.String)))
    product = pl.col(f"{side}_product").replace_strict(_NAMES, return_dtype=pl.String)
    named = pl.concat_str(product, f"{side}_id", separator=" ")
    return [named.alias(f"record_{number}")] + [
        record.struct.field(field).alias(f"{field}_{number}") for field in SHOWN
    ]
