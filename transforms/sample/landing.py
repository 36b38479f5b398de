"""Makes a whole landing zone of a drawn fleet, with the truth beside the snapshot."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from expectations.errors import UsageError
from transforms.sample.fleet import draw_fleet
from transforms.sample.spec import FleetSpec, draw_practices
from transforms.sample.trouble import plant_trouble
from transforms.sample.writer import TOP, Placing, write_landing
from transforms.sql import Frames

# Of a mixed fleet, lists as products export them; the long ones as a nightly job would choose.
_MIXED = {
    "practices": "csv",
    "staff": "ndjson",
    "extracts": "csv",
    "hq_clients": "parquet",
    "hq_contacts": "csv.gz",
    "hq_groups": "ndjson",
    "xpm_clients": "parquet",
    "xpm_contacts": "parquet",
    "xpm_groups": "parquet",
    "xpm_relationships": "csv",
    "xpm_jobs": "ndjson.zst",
    "tax_clients": "csv",
    "client_sync": "csv",
    "policies": "ndjson",
    "selections": "csv",
    "matches": "csv",
    "organisation_links": "csv",
}
_OWN_MIXED = ("csv", "ndjson", "parquet", "xml", "csv.gz")
_TRUTH = ("truth_clients", "truth_contacts")
# Real clients drawn at a time: bounds the memory, whatever the size of the fleet.
_CLIENTS_AT_ONCE = 100_000


def make_fleet(spec: FleetSpec, out: Path) -> None:
    """Writes `out/snapshot_date=…/` in the layout of the landing zone and `out/truth/` beside it.

    Truth: `truth_clients.parquet` (practice_id, product, source_id, entity_id) and `truth_contacts.parquet`
    (practice_id, product, source_id, person_id). Raises UsageError where the snapshot is there already.
    """
    folder = new_snapshot(out, spec.snapshot_date.isoformat())
    practices = draw_practices(spec)
    placing = _placing(spec, practices)
    kept: dict[str, list[pl.DataFrame]] = {name: [] for name in (*TOP, *_TRUTH)}
    for part, some in enumerate(_parts(practices)):
        frames = draw_fleet(some, spec.snapshot_date, spec.seed * 1_000_003 + part)
        if spec.trouble:
            frames = plant_trouble(frames, folder, spec.seed * 1_000_003 + part)
        write_landing({n: f for n, f in frames.items() if n not in kept}, folder, placing, part)
        for name, found in kept.items():
            found.append(frames[name])
    whole = {name: pl.concat(found) for name, found in kept.items()}
    write_landing({name: whole[name] for name in TOP}, folder, placing)
    write_truth(whole, out / "truth")


def _parts(practices: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Runs of practices of about as many clients as are drawn at once."""
    part = (practices["clients"].cum_sum() - 1) // _CLIENTS_AT_ONCE
    yield from practices.with_columns(part=part).partition_by("part", maintain_order=True, include_key=False)


def new_snapshot(out: Path, date: str) -> Path:
    """Path of the snapshot's folder below `out`. Raises UsageError where it holds anything."""
    folder = out / f"snapshot_date={date}"
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is there already: remove it or name another folder with --out")
    return folder


def write_truth(frames: Frames, folder: Path) -> None:
    """Writes both truth tables as Parquet."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _TRUTH:
        frames[name].write_parquet(folder / f"{name}.parquet", compression="zstd")


def _placing(spec: FleetSpec, practices: pl.DataFrame) -> Placing:
    kinds = _OWN_MIXED if spec.formats == "mixed" else (spec.formats,)
    ids = practices["practice_id"].to_list()
    # A mixed fleet has files of their own for every twentieth practice, at most 60 of them.
    own: list[str] = {"fleet": [], "per_practice": ids, "mixed": ids[::20][:60]}[spec.layout]
    fleet = _MIXED if spec.formats == "mixed" else dict.fromkeys(_MIXED, spec.formats)
    return Placing({p: kinds[k % len(kinds)] for k, p in enumerate(own)}, fleet)
