"""Speed: a pooled fleet beside Splink on the same machine in the same run, and one giant practice.

    python -m benchmarks.speed [--practices 400] [--rows 900] [--giants 20000,100000] [--peers .venv-bench]

Training, prediction and assignment of `matching` stand against Splink's training and prediction; with a saved
model, prediction and assignment against Splink's prediction alone. Each is a process of its own; reading
Parquet is counted for neither. `matching` normalises names, addresses and dates too, which Splink leaves to
its user: both are also compared without that. Figures go to .bench/speed.json.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from benchmarks import outcome
from benchmarks.client_lists import giant, pooled, truth_of
from benchmarks.evaluate import evaluate
from benchmarks.job import BENCH, machine
from benchmarks.processes import run, run_matching
from benchmarks.report import number, save

_GIANT_LIMITS = {20_000: "15 s", 100_000: "90 s and 4 GB"}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print both comparisons and the giants."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--practices", type=int, default=400)
    parser.add_argument("--rows", type=int, default=900, help="records of a practice, both lists together")
    parser.add_argument("--giants", default="20000,100000", help="records of each list of one practice")
    parser.add_argument("--peers", type=Path, default=Path(".venv-bench"), help="environment of the peers")
    chosen = parser.parse_args(arguments)
    BENCH.mkdir(exist_ok=True)
    print(machine())
    rows = fleet(chosen.practices, chosen.rows, chosen.peers) if chosen.practices else []
    for records in [int(size) for size in chosen.giants.split(",") if size]:
        folder = giant(records)
        limit = _GIANT_LIMITS.get(records)
        print(f"\none practice, {records:,} x {records:,}" + (f" (to reach: under {limit})" if limit else ""))
        rows.append(measured("matching", folder, run_matching(folder)))
    save(rows, BENCH / "speed")


def fleet(practices: int, rows: int, peers: Path) -> list[dict[str, object]]:
    """The pooled fleet: trained anew and with a saved model, and Splink."""
    folder = pooled(practices, rows)
    model = folder.with_name(f"{folder.name}-model.json")
    records = sum(
        pl.scan_parquet(path).select(pl.len()).collect().item() for path in folder.glob("*.parquet")
    )
    print(f"\n{practices} practices, {records:,} records of two lists")
    anew = measured("matching", folder, run_matching(folder))
    failed = run_matching(folder, "--save", str(model))
    saved = measured("saved model", folder, failed or run_matching(folder, "--model", str(model)))
    peer = measured("splink", folder, run("splink", folder, "clients", peers))
    failed = run_matching(folder, "--fields")
    if not failed and not any("failed" in row for row in (anew, saved, peer)):
        fields = outcome.load(folder / "matching" / "outcome.json").total
        print(f"  normalising the fields, in both times of matching: {fields:.1f} s")
        steps = outcome.load(folder / "splink" / "outcome.json").seconds
        whole, predicted = number(anew["seconds"]), number(saved["seconds"])
        _compared("train, predict, assign", whole, fields, steps["train"] + steps["predict"])
        _compared("saved model, predict, assign", predicted, fields, steps["predict"])
    return [anew, saved, peer]


def _compared(what: str, ours: float, fields: float, theirs: float) -> None:
    print(f"{what}: {ours:.1f} s against {theirs:.1f} s, {theirs / ours:.2f} times as fast", end="; ")
    print(f"without normalising {ours - fields:.1f} s, {theirs / (ours - fields):.2f} times as fast")


def measured(what: str, folder: Path, failed: str) -> dict[str, object]:
    """One row, printed: seconds, peak memory, and accuracy against the truth of the made lists."""
    row: dict[str, object] = {"set": folder.name, "engine": what}
    if failed:
        print(f"  {what:12} failed: {failed}")
        return row | {"failed": failed}
    of_engine = folder / ("splink" if what == "splink" else "matching")
    spent = outcome.load(of_engine / "outcome.json")
    found = evaluate(pl.read_parquet(of_engine / "pairs.parquet"), pl.read_parquet(truth_of(folder)))
    steps = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in spent.seconds.items())
    print(f"  {what:12} {spent.total:7.1f} s ({steps}; CPU {spent.cpu_seconds:.1f} s), "
          f"peak {spent.peak_mb / 1024:.2f} GB, "
          f"precision {found['precision']:.4f}, "
          f"recall {found['recall']:.4f}, ECE {found['ece']:.3f}")  # fmt: skip
    return row | {**found, **spent.figures()}


if __name__ == "__main__":
    main()
