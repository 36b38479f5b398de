"""Two client lists of made practices, for measuring speed: persons and organisations, and their truth."""

import json
import shutil
import tempfile
from pathlib import Path

import polars as pl

from benchmarks.job import BENCH
from benchmarks.train_model import fleet_frames
from transforms.sample import FleetSpec, make_fleet
from transforms.sql import connect

KINDS = {
    "name": "name", "first_name": "given_name", "last_name": "family_name", "date_of_birth": "date",
    "email": "email", "phone": "phone", "address_line": "address", "city": "city", "region": "region",
    "post_code": "post_code", "abn": "identifier",
}  # fmt: skip
_LISTS = ("hq", "xpm")
_ROWS_PER_CLIENT = 1.65  # of both lists together, where there are two
_WITH_BOTH = 0.8  # of the made practices, at least
_LARGE = 12_500  # clients of a made practice that becomes a part of a giant one


def pooled(practices: int, rows: int) -> Path:
    """Folder with the lists of so many practices, each of about `rows` records, both lists together."""
    folder = BENCH / f"lists-{practices}x{rows}"
    if not (folder / "spec.json").exists():
        clients, truth = _made(int(practices / _WITH_BOTH) + 4, rows / _ROWS_PER_CLIENT)
        both = clients.group_by("practice_id").agg(pl.col("product").n_unique())
        kept = both.filter(pl.col("product") == len(_LISTS)).sort("practice_id").head(practices)
        _write(folder, clients.join(kept, on="practice_id", how="semi"), truth, "practice_id")
    return folder


def giant(records: int) -> Path:
    """Folder with two lists of so many records each that are one practice: large ones poured together."""
    folder = BENCH / f"lists-giant-{records}"
    if not (folder / "spec.json").exists():
        clients, truth = _made(int(records / _LARGE / _WITH_BOTH * 2) + 4, _LARGE)
        number = pl.int_range(pl.len()).over("product")
        clients = clients.sort("practice_id", "product", "source_id").filter(number < records)
        _write(folder, clients, truth, None)
    return folder


def _made(practices: int, clients: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Clients of a made fleet as flat rows, and the truth."""
    spec = FleetSpec(practices, seed=1, median_clients=clients, spread=0.0, formats="parquet")
    record = pl.concat_str("product", "practice_id", "source_id", separator="/").alias("record_id")
    with tempfile.TemporaryDirectory() as landing, connect() as con:
        make_fleet(spec, Path(landing))
        made = fleet_frames(con, Path(landing))["source_client"]
        truth = pl.read_parquet(Path(landing) / "truth" / "truth_clients.parquet")
    flat = made.with_columns(
        record,
        abn="business_number",
        email=pl.col("emails").list.first(),
        phone=pl.col("phones").list.first(),
        date_of_birth=pl.col("date_of_birth").dt.to_string("%Y-%m-%d"),
    )
    return flat.filter(pl.col("product").is_in(_LISTS)), truth.select(record, "product", "entity_id")


def _write(folder: Path, clients: pl.DataFrame, truth: pl.DataFrame, partition: str | None) -> None:
    """Lists and spec.json for the engines, and beside the folder the truth, where no engine sees it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in _LISTS:
        frame = clients.filter(pl.col("product") == name)
        frame.select("record_id", "practice_id", *KINDS).write_parquet(folder / f"{name}.parquet")
    known = truth.rename({"product": "list"}).join(clients, on="record_id", how="semi")
    known.write_parquet(truth_of(folder))
    told = json.dumps({"kinds": KINDS, "partition": partition}, indent=1)
    (folder / "spec.json").write_text(told, encoding="utf-8")


def truth_of(folder: Path) -> Path:
    """Where the truth of a folder of lists lies: record_id, list, entity_id."""
    return folder.with_name(f"{folder.name}-truth.parquet")
