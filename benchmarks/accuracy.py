"""Accuracy on labelled sets, `matching` and Splink side by side, without labels.

    python -m benchmarks.accuracy --data FOLDER [--peers .venv-bench] [--engines matching,splink] [SET ...]

FOLDER holds one folder per set: `<list>.parquet` files with a `record_id`, and `truth_entities.parquet` with
record_id and entity_id. Each engine works on each set in a process of its own. Figures go to .bench/accuracy.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from benchmarks import outcome
from benchmarks.cases import CASES, Case, Roots, write
from benchmarks.evaluate import evaluate
from benchmarks.job import BENCH, machine
from benchmarks.name_pairs import NAME_PAIRS, name_pairs
from benchmarks.processes import ENGINES, run
from benchmarks.report import print_pairs, print_table, save


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one table of every set and engine."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the labelled sets")
    parser.add_argument("--peers", type=Path, default=Path(".venv-bench"), help="environment of the peers")
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"of {', '.join([*CASES, NAME_PAIRS])}")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.sets) - {*CASES, NAME_PAIRS}
    if unknown:
        parser.error(f"no set {', '.join(sorted(unknown))}; there are {', '.join([*CASES, NAME_PAIRS])}")
    roots = Roots(chosen.data, chosen.peers)
    print(machine())
    rows = [
        row
        for name, case in CASES.items()
        if not chosen.sets or name in chosen.sets
        for row in measure(name, case, roots, chosen.engines.split(","))
    ]
    if rows:
        print_table(rows)
        save(rows, BENCH / "accuracy")
    if not chosen.sets or NAME_PAIRS in chosen.sets:
        print_pairs(name_pairs(roots))


def measure(name: str, case: Case, roots: Roots, engines: list[str]) -> list[dict[str, object]]:
    """One row per engine: set, engine, figures, seconds, peak memory."""
    folder = BENCH / "accuracy" / name
    truth = write(case, roots, folder)
    rows: list[dict[str, object]] = []
    for engine in engines:
        print(f"{name}: {engine} …", file=sys.stderr, flush=True)
        failed = run(engine, folder, case.settings, roots.peers)
        row: dict[str, object] = {"set": name, "engine": engine}
        rows.append(row | ({"failed": failed} if failed else figures(folder / engine, truth)))
    return rows


def figures(folder: Path, truth: pl.DataFrame) -> dict[str, object]:
    """What the evaluator finds in an engine's folder, with its seconds and peak memory."""
    clusters = folder / "clusters.parquet"
    spent = outcome.load(folder / "outcome.json")
    found = evaluate(
        pl.read_parquet(folder / "pairs.parquet"),
        truth,
        pl.read_parquet(clusters) if clusters.exists() else None,
    )
    return {**found, **spent.figures()}


if __name__ == "__main__":
    main()
