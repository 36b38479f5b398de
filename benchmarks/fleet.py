"""The whole job on a made fleet, cold: seconds and rows per stage, memory, the floor, one practice again.

    python -m benchmarks.fleet [--rows 1000000] [--practices 2000] [--sizes 100000,300000,1000000]

Rows are HQ and XPM clients together. Everything lies under .bench/; the fleet is kept for the next time.
"""

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from benchmarks.floor import floor
from benchmarks.job import BENCH, Measured, fleet, last_counts, machine, scr_run

_PRACTICE_ROWS = 500


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the benchmark of each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=1_000_000, help="HQ and XPM client rows")
    parser.add_argument(
        "--practices", type=int, default=2_000, help="practices of 1,000,000 rows; else in proportion"
    )
    parser.add_argument("--sizes", help="several numbers of rows, comma separated, instead of --rows")
    chosen = parser.parse_args(arguments)
    sizes = [int(size) for size in chosen.sizes.split(",")] if chosen.sizes else [chosen.rows]
    BENCH.mkdir(exist_ok=True)
    print(machine())
    for rows in sizes:
        bench(rows, max(1, chosen.practices * rows // max(sizes)))


def bench(rows: int, practices: int) -> None:
    """One size: cold run, floor, one practice of about 500 rows again."""
    landing, store = fleet(rows, practices), BENCH / f"store-{rows}-{practices}"
    truth = pl.read_parquet(landing / "truth" / "truth_clients.parquet").filter(pl.col("product") != "tax")
    shutil.rmtree(store, ignore_errors=True)
    cold = scr_run(landing, store)
    print(f"\n{truth.height:,} HQ and XPM clients, {truth['practice_id'].n_unique():,} practices")
    if not _report("cold run", cold):
        return
    _print_stages(store)
    read, write, rows_in, rows_out = floor(landing, store, BENCH / "floor")
    base = read + write
    print(f"floor, plain DuckDB: read {rows_in:,} rows {read:.1f} s, write {rows_out:,} rows {write:.1f} s")
    print(f"cold run / floor: {cold.seconds / base:.1f}")
    one = (
        truth.group_by("practice_id").len().sort((pl.col("len") - _PRACTICE_ROWS).abs(), "practice_id").row(0)
    )
    _report(f"one practice again ({one[0]}, {one[1]} clients)", scr_run(landing, store, "--practice", one[0]))
    shutil.rmtree(BENCH / "floor")


def _report(what: str, run: Measured) -> bool:
    print(f"{what}: {run.seconds:.1f} s, peak {run.peak_gb:.2f} GB, exit code {run.exit_code}")
    if run.exit_code > 1:
        print(run.errors)
    return run.exit_code <= 1


def _print_stages(store: Path) -> None:
    stages = pl.DataFrame(last_counts(store)["stages"])
    total = stages.group_by("stage", maintain_order=True).agg(pl.col("rows", "seconds").sum())
    for stage, rows, seconds in total.select("stage", "rows", "seconds").iter_rows():
        print(f"  {stage:<12} {seconds:8.2f} s {rows:>12,} rows")


if __name__ == "__main__":
    main()
