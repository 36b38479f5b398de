"""Trouble as landing zones really have it: failed and short extracts, broken rows, unreadable files.

Each kind is a line of `data/reference/sample_trouble.csv` with a file of that name beside it, in which
`{practice}` stands for the practice's id; the bytes around it are written as they are.
"""

from pathlib import Path

import polars as pl

from expectations.contracts import table
from expectations.resources import data_path
from transforms.sample.dice import Dice
from transforms.sample.names import reference
from transforms.sql import Frames


def plant_trouble(frames: Frames, folder: Path, seed: int) -> Frames:
    """Trouble for a twelfth of the practices: files below `folder`, and `frames` with what they change."""
    practices = frames["practices"].filter(pl.col("connection") == "confirmed")["practice_id"]
    dice, kinds = Dice(seed, "trouble"), reference("trouble")["kind"].to_list()
    n = len(practices)
    drawn = pl.DataFrame({"practice_id": practices, "kind": dice.choice(kinds, n)})
    return place_trouble(frames, folder, drawn.filter(pl.Series(dice.chance(1 / 12, n))))


def place_trouble(frames: Frames, folder: Path, planted: pl.DataFrame) -> Frames:
    """As `plant_trouble`, for given pairs of practice_id and kind."""
    kinds = {row["kind"]: row for row in reference("trouble").iter_rows(named=True)}
    for practice, kind in planted.select("practice_id", "kind").iter_rows():
        row = kinds[kind]
        if row["file"]:
            body = data_path("reference", "sample_trouble", row["file"]).read_bytes()
            target = folder / str(table(row["table"]).path) / f"practice_id={practice}" / row["file"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(body.replace(b"{practice}", practice.encode()))
    return _in_frames(frames, planted.join(reference("trouble"), on="kind", maintain_order="left"))


def _in_frames(frames: Frames, planted: pl.DataFrame) -> Frames:
    """Extracts that ended in an error deliver no rows; counts of lists with planted rows are left open."""
    result = dict(frames)
    lost = planted.filter(pl.col("effect").is_in(["error", "replaced"]))
    for name in lost["table"].unique().sort():
        result[name] = frames[name].join(
            lost.filter(pl.col("table") == name).select("practice_id"),
            on="practice_id",
            how="anti",
            maintain_order="left",
        )
    told = planted.select(
        "practice_id",
        product=pl.col("table").str.split("_").list.get(0),
        entity=pl.lit("clients"),
        effect="effect",
    )
    joined = frames["extracts"].join(
        told, on=["practice_id", "product", "entity"], how="left", maintain_order="left"
    )
    effect = pl.col("effect")
    result["extracts"] = joined.filter(effect.fill_null("") != "replaced").select(
        "practice_id", "product", "entity",
        pl.when(effect == "error").then(pl.lit("ERROR")).otherwise("status").alias("status"),
        pl.when(effect == "error").then(pl.lit("503 ServiceNotAvailable")).otherwise("error").alias("error"),
        pl.when(effect == "short").then(pl.col("row_count") + 25)
        .when(effect.is_null()).then("row_count").alias("row_count"),
        "extracted_at",
    )  # fmt: skip
    return result
