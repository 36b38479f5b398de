"""Trains the model that ships with the program, without labels, on fleets of the generator.

    python -m benchmarks.train_model [--practices N] [--seeds S ...]

Writes matching/default_model.json. The fleets are made in a temporary folder.
"""

import argparse
import tempfile
from pathlib import Path

import duckdb
import polars as pl

from expectations.contracts import table
from matching.clients import train_clients
from matching.options import DEFAULT_MODEL
from transforms.clients import source_clients
from transforms.ingest import find_snapshot, land, read_batch
from transforms.normalise import comparable
from transforms.sample import FleetSpec, make_fleet
from transforms.sql import Frames, connect


def fleet_frames(con: duckdb.DuckDBPyConnection, landing: Path) -> Frames:
    """The frames that matching takes, of every practice of a landing zone."""
    landed = land(con, find_snapshot(str(landing)))
    ids = landed.sizes["practice_id"].to_list()
    frames = dict(read_batch(con, landed, ids, table("intake").empty(), "training"))
    frames["source_client"] = source_clients(con, frames)
    frames["comparable"] = comparable(frames["source_client"], frames["practices"])
    frames["effective_judgement"] = table("effective_judgement").empty()
    return frames


def main() -> None:
    """Train and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--practices", type=int, default=120)
    parser.add_argument("--seeds", type=int, nargs="+", default=[101, 102, 103])
    args = parser.parse_args()
    made: dict[str, list[pl.DataFrame]] = {}
    for seed in args.seeds:
        with tempfile.TemporaryDirectory() as folder, connect() as con:
            make_fleet(FleetSpec(practices=args.practices, seed=seed), Path(folder))
            apart = pl.format("{}/{}", pl.lit(seed), "practice_id").alias("practice_id")
            for name, frame in fleet_frames(con, Path(folder)).items():
                made.setdefault(name, []).append(frame.with_columns(apart))
    with connect() as con:
        model, _ = train_clients(con, {name: pl.concat(frames) for name, frames in made.items()})
    model.save(DEFAULT_MODEL)
    for name, stratum in model.strata.items():
        print(f"{name}: overlap {stratum.overlap:.3f}, duplicates {stratum.duplicates:.4f},"
              f" relatives {stratum.relatives:.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
