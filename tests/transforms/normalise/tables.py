"""Case tables: one CSV beside the tests per normaliser, for anyone to extend."""

from pathlib import Path

import polars as pl


def cases(name: str) -> pl.DataFrame:
    """Every column of `<name>.csv` as text, nothing trimmed, an empty cell as null."""
    path = Path(__file__).with_name(f"{name}.csv")
    return pl.read_csv(path, infer_schema=False)


def check(inputs: pl.DataFrame, found: pl.DataFrame, expected: pl.DataFrame) -> None:
    """Fail with every case that differs: its input, what was found and what was expected."""
    wrong = [
        f"{given}: found {got}, expected {wanted}"
        for given, got, wanted in zip(inputs.rows(), found.rows(), expected.rows(), strict=True)
        if got != wanted
    ]
    assert not wrong, "\n".join(wrong)
