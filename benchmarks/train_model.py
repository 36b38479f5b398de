"""Trains the models that ship with the program, without labels, on fleets of the generator.

    python -m benchmarks.train_model [--practices N] [--seeds S ...] [--only clients|contacts]

Writes matching/default_model.json and, of contacts, matching/contact_model.json. The fleets are made in a
temporary folder.
"""

import argparse
import tempfile
from pathlib import Path

import duckdb
import polars as pl

from expectations.contracts import table
from matching.clients import match_clients, train_clients
from matching.contacts import MODEL as CONTACT_MODEL
from matching.contacts import train_contacts
from matching.model import Model
from matching.options import DEFAULT_MODEL, MatchOptions
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
    """Train and write the models."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--practices", type=int, default=120)
    parser.add_argument("--seeds", type=int, nargs="+", default=[101, 102, 103])
    parser.add_argument("--only", choices=["clients", "contacts"], help="train one of the two")
    args = parser.parse_args()
    made: dict[str, list[pl.DataFrame]] = {}
    for seed in args.seeds:
        with tempfile.TemporaryDirectory() as folder, connect() as con:
            make_fleet(FleetSpec(practices=args.practices, seed=seed), Path(folder))
            apart = pl.format("{}/{}", pl.lit(seed), "practice_id").alias("practice_id")
            for name, frame in fleet_frames(con, Path(folder)).items():
                made.setdefault(name, []).append(frame.with_columns(apart))
    frames = {name: pl.concat(parts) for name, parts in made.items()}
    with connect() as con:
        if args.only != "contacts":
            _save(train_clients(con, frames)[0], DEFAULT_MODEL)
        if args.only != "clients":
            # Contacts learn from the clients that the model in use joins.
            matched = {**frames, "match": match_clients(con, frames, MatchOptions(), "training")}
            _save(train_contacts(con, matched), CONTACT_MODEL)


def _save(model: Model, path: Path) -> None:
    model.save(path)
    for name, stratum in model.strata.items():
        print(f"{path.name} {name}: overlap {stratum.overlap:.3f}, duplicates {stratum.duplicates:.4f},"
              f" relatives {stratum.relatives:.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
