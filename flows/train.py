"""Trains a model from a landing zone and says what it would change: the work of `scr train`."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from expectations.errors import UsageError
from flows.config import Settings
from flows.landing import Reading, match_options, reading
from flows.night import batches_of
from flows.tables import plain, show
from matching.changes import KINDS, SUBJECTS, band_changes, completed, weight_changes
from matching.clients import train_clients
from matching.key_report import KeyReport
from matching.model import Model, load

PRACTICES_SHOWN, SURPRISES = 20, 10
_LEAST_MOVE = 0.05
_LITTLE = 20_000
"""Rows of all lists, about 5,000 clients, under which a new model is mostly what was believed before."""


@dataclass(frozen=True)
class Training:
    """What is asked of one training."""

    out: Path
    against: Path | None = None
    """Model to compare with; None: the one that the settings name."""
    rows: int | None = None
    """Rows of all lists to train on, about; None: as many as travel together in a run."""


def train(settings: Settings, training: Training) -> None:
    """Write the new model and print what it would change in this landing zone. It is used by nobody yet.

    Raises UsageError where a folder or a model cannot be read.
    """
    if not training.out.absolute().parent.is_dir():
        raise UsageError(f"--out {training.out}: there is no such folder; make it first")
    options = match_options(settings)
    in_use = replace(options, model=training.against or options.model)
    base = load(in_use.model)
    with reading(settings) as landing:
        sizes = landing.landed.sizes
        chosen = sample(sizes, training.rows or settings.batch_rows)
        model, blocking = _trained(landing, chosen, base)
        model.save(training.out)
        batches = batches_of(sizes, settings.batch_rows)
        new = replace(options, model=training.out)
        changes = pl.concat([_changes(landing, batch, in_use, new) for batch in batches])
    if sizes.filter(pl.col("practice_id").is_in(chosen))["rows"].sum() < _LITTLE:
        print("There is little here to learn from: the shipped model has seen far more clients.")
    print(f"{model.note[0].upper()}{model.note[1:]}. Written: {training.out}")
    print(f"Compared with {in_use.model} on all {sizes.height:,} practices of the landing zone.")
    print_changes(changes)
    print_weights(weight_changes(base, model))
    print_blocking(blocking)
    print(f"\nNothing uses it yet. To use it: match_model = {str(training.out)!r} in scr.toml, or")
    print(f"      SCR_MATCH_MODEL={training.out} scr run")


def sample(sizes: pl.DataFrame, rows: int) -> list[str]:
    """Ids of practices of about so many rows together, at least one, sorted: by a hash of the id alone.

    `sizes`: practice_id, rows. The same practices whatever the order, and mostly the same every night.
    """
    drawn = sorted(sizes.rows(), key=lambda row: hashlib.md5(row[0].encode(), usedforsecurity=False).digest())
    chosen: list[str] = []
    total = 0
    for practice_id, count in drawn:
        total += count
        if chosen and total > rows:
            break
        chosen.append(practice_id)
    return sorted(chosen)


def _trained(landing: Reading, chosen: Sequence[str], base: Model) -> tuple[Model, KeyReport]:
    with landing.con.cursor() as con:
        model, blocking = train_clients(con, landing.frames(chosen))
    sizes = landing.landed.sizes
    rows = sizes.filter(pl.col("practice_id").is_in(chosen))["rows"].sum()
    note = (
        f"trained without labels on {len(chosen):,} of {sizes.height:,} practices, picked by a hash of the id"
        f" ({rows:,} rows of all lists), of snapshot {landing.landed.snapshot.snapshot_date}"
    )
    return replace(completed(model, base), note=note), blocking


def _changes(landing: Reading, practice_ids: Sequence[str], *options: Any) -> pl.DataFrame:
    with landing.con.cursor() as con:
        return band_changes(con, landing.frames(practice_ids), *options)


def print_blocking(report: KeyReport) -> None:
    """Print what each blocking key found, and how many matches none found."""
    print("\n## How the pairs were found\n")
    show(report.keys.select(pl.col("key").alias("pairs that share"), pl.exclude("key")))
    share = 1e4 * report.lost / max(report.matches + report.lost, 1)
    print(f"\nLikely matches that share none of these, at least: {report.lost:.1f} ({share:.1f} in 10,000).")


def print_changes(changes: pl.DataFrame) -> None:
    """Print the pairs of `matching.changes.band_changes`: in total, per practice, and the most surprising."""
    print("\n## Pairs whose band changes\n")
    if not changes.height:
        print("None.")
        return
    total = changes.group_by("kind").agg(pairs=pl.len(), practices=pl.col("practice_id").n_unique())
    total = pl.DataFrame({"kind": KINDS}).join(total, on="kind", how="inner", maintain_order="left")
    show(total.rename({"kind": "what changes"}))
    print("\n## Per practice\n")
    counts = [(pl.col("kind") == kind).sum().alias(kind) for kind in total["kind"]]
    practices = changes.group_by("practice_id").agg(pl.len().alias("all"), *counts)
    practices = practices.sort("all", "practice_id", descending=[True, False])
    show(practices.select("practice_id", *total["kind"]).head(PRACTICES_SHOWN))
    if practices.height > PRACTICES_SHOWN:
        print(f"… and {practices.height - PRACTICES_SHOWN:,} more")
    surprising = changes.sort(-pl.col("shift").abs(), *SUBJECTS).head(SURPRISES)
    print(f"\n## The {surprising.height} most surprising")
    for pair in surprising.rows(named=True):
        _pair(pair)


def _pair(pair: dict[str, Any]) -> None:
    subjects = f"{pair['left_product']} {pair['left_id']} and {pair['right_product']} {pair['right_id']}"
    print(f"\n### {pair['kind']}: {pair['practice_id']} {plain(subjects)}\n")
    print(
        f"{pair['band_before']} {pair['probability_before']:.4f} before,"
        f" {pair['band_after']} {pair['probability_after']:.4f} with the new model\n"
    )
    before, after = (json.loads(pair[f"evidence_{side}"]) for side in ("before", "after"))
    lines = [
        {
            "comparison": old["comparison"],
            "what was found": old["level"],
            "left": old.get("left"),
            "right": old.get("right"),
            "before": f"{old['bits']:+.1f}",
            "now": f"{new['bits']:+.1f}",
        }
        for old, new in zip(before, after, strict=True)
    ]
    show(pl.DataFrame(lines, schema=dict.fromkeys(lines[0], pl.String)))


def print_weights(weights: pl.DataFrame) -> None:
    """Print, per kind of pair and comparison, the level of `weight_changes` whose bits move most."""
    print("\n## Weights, in bits: per comparison the level that moves most\n")
    size = pl.col("change").abs()
    moved = weights.filter(size >= _LEAST_MOVE).with_row_index("place").sort(-size, "place")
    moved = moved.unique(["stratum", "comparison"], keep="first", maintain_order=True)
    if moved.height:
        show(
            moved.select(
                "stratum",
                "comparison",
                "level",
                *[
                    pl.col(c).map_elements(lambda bits: f"{bits:+.1f}", pl.String)
                    for c in weights.columns[3:]
                ],
            )
        )
    else:
        print("None moves.")
