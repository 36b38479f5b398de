"""The figures as a table to read and as JSON and CSV to keep."""

import json
from pathlib import Path

import polars as pl

_SHARES = ("precision", "recall", "f1", "ceiling", "listed")


def print_table(rows: list[dict[str, object]]) -> None:
    """One line per set and engine; `x` is the seconds of an engine over those of the first engine."""
    heads = f"{'prec':>7} {'recall':>7} {'F1':>7} {'ceiling':>7} {'listed':>7}"
    print(f"{'set':18} {'engine':9} {heads} {'ECE':>6} {'s':>7} {'x':>6} {'CPU s':>6} {'MB':>6}")
    first: dict[object, float] = {}
    for row in rows:
        head = f"{row['set']:18} {row['engine']:9}"
        if "failed" in row:
            print(f"{head} failed: {row['failed']}")
            continue
        seconds = number(row["seconds"])
        ratio = seconds / first.setdefault(row["set"], seconds)
        shares = " ".join(f"{number(row[name]):7.4f}" for name in _SHARES)
        ece, cpu, peak = (number(row[name]) for name in ("ece", "cpu_seconds", "peak_mb"))
        print(f"{head} {shares} {ece:6.3f} {seconds:7.2f} {ratio:6.2f} {cpu:6.1f} {peak:6.0f}")


def print_pairs(result: dict[str, float]) -> None:
    """Accuracy of the verdicts on single pairs of names."""
    print("\nname pairs, one verdict each at probability 0.5 (matching)")
    for what, value in result.items():
        print(f"  {what:24} {value:.4f}")


def number(value: object) -> float:
    """A figure of a row as a number."""
    if not isinstance(value, int | float):
        raise TypeError(f"no number: {value!r}")
    return float(value)


def save(rows: list[dict[str, object]], stem: Path) -> None:
    """Write STEM.json, and STEM.csv without the seconds per step."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    stem.with_suffix(".json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    flat = [{key: value for key, value in row.items() if key != "steps"} for row in rows]
    pl.DataFrame(flat, infer_schema_length=None).write_csv(stem.with_suffix(".csv"))
