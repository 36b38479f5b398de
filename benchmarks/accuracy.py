"""Accuracy of the matching library on labelled sets, at its own decision, without labels.

    python -m benchmarks.accuracy --data FOLDER [SET ...]

FOLDER holds one folder per set: `<list>.parquet` files with a `record_id`, `truth_pairs.parquet` with
record_id_1 and record_id_2. Sets of several lists are scored on pairs between lists, others on all pairs.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl

from matching import Field, MatchSpec, dedupe, link


@dataclass(frozen=True)
class Case:
    """One labelled set: its folder, lists, and the fields that are compared."""

    folder: str
    lists: list[str]
    fields: list[Field]
    change: Callable[[pl.DataFrame], pl.DataFrame] = field(default=lambda frame: frame)


def _fields(**kinds: str) -> list[Field]:
    return [Field(column, kind) for column, kind in kinds.items()]


def _birth(frame: pl.DataFrame) -> pl.DataFrame:
    parts = [pl.col(f"dob_{part}").str.zfill(width) for part, width in (("year", 4), ("mon", 2), ("day", 2))]
    return frame.with_columns(dob=pl.concat_str(parts, separator="-"))


def _compact_date(frame: pl.DataFrame) -> pl.DataFrame:
    date = pl.col("date_of_birth")
    return frame.with_columns(
        date_of_birth=pl.concat_str(
            [date.str.slice(0, 4), date.str.slice(4, 2), date.str.slice(6, 2)], separator="-"
        )
    )


_FEBRL = {
    "given_name": "given_name", "surname": "family_name", "street_number": "house_number",
    "address_1": "address", "suburb": "city", "postcode": "post_code", "state": "region",
    "date_of_birth": "date",
}  # fmt: skip

CASES = {
    "febrl_2src": Case("febrl_gen_2src", ["a", "b"], _fields(**_FEBRL), _compact_date),
    "febrl_2src+number": Case(
        "febrl_gen_2src", ["a", "b"],
        _fields(**_FEBRL, phone_number="phone", soc_sec_id="identifier"), _compact_date,
    ),
    "historical_50k": Case(
        "splink_historical_50k", ["records"],
        _fields(first_name="given_name", surname="family_name", dob="date", birth_place="city",
                postcode_fake="post_code", gender="category", occupation="category"),
    ),
    "census_cis": Case(
        "uk_census_cis", ["census", "cis"],
        _fields(pername1="given_name", pername2="family_name", sex="category", dob="date",
                enumcap="address", enumpc="post_code"), _birth,
    ),
    "fodors_zagats": Case(
        "biz_fodors_zagats", ["fodors", "zagats"],
        _fields(name="organisation_name", addr="address", city="city", phone="phone", type="category"),
    ),
    "fake_1000": Case(
        "splink_fake_1000", ["records"],
        _fields(first_name="given_name", surname="family_name", dob="date", city="city", email="email"),
    ),
    "assignee_air": Case("org_assignee_air", ["records"], _fields(name="organisation_name")),
    "affiliations": Case("org_affiliations_leipzig", ["records"], _fields(affiliation="text")),
    "senzing": Case(
        "senzing_truth", ["customers", "reference", "watchlist"],
        _fields(PRIMARY_NAME_FULL="name", DATE_OF_BIRTH="date", PHONE_NUMBER="phone", EMAIL_ADDRESS="email",
                ADDR_FULL="address", PASSPORT_NUMBER="identifier", SSN_NUMBER="identifier"),
    ),
}  # fmt: skip


def pairs_of(case: Case, root: Path) -> pl.DataFrame:
    """left_id, right_id, probability, is_match for all lists of the case."""
    spec = MatchSpec(case.fields)
    lists = [case.change(pl.read_parquet(root / case.folder / f"{name}.parquet")) for name in case.lists]
    if len(lists) == 1:
        pairs, clusters = dedupe(lists[0], spec, "record_id")
        return _by_cluster(pairs, clusters)
    return pl.concat(link(a, b, spec, "record_id") for a, b in combinations(lists, 2))


def _by_cluster(pairs: pl.DataFrame, clusters: pl.DataFrame) -> pl.DataFrame:
    """Pairs with is_match as the clusters imply it."""
    both = clusters.join(clusters, on="cluster_id").filter(pl.col("id") < pl.col("id_right"))
    implied = both.select(left_id="id", right_id="id_right", is_match=pl.lit(True))
    scored = pairs.select(
        pl.min_horizontal("left_id", "right_id").alias("left_id"),
        pl.max_horizontal("left_id", "right_id").alias("right_id"),
        "probability",
    )
    return scored.join(implied, on=["left_id", "right_id"], how="full", coalesce=True).with_columns(
        pl.col("is_match").fill_null(False), pl.col("probability").fill_null(0.0)
    )


def evaluate(pairs: pl.DataFrame, case: Case, root: Path) -> dict[str, float]:
    """Precision, recall and F1 at the engine's own decision, best F1 over thresholds, calibration error."""
    truth = pl.read_parquet(root / case.folder / "truth_pairs.parquet")
    if len(case.lists) > 1:
        truth = truth.filter(pl.col("source_1") != pl.col("source_2"))
    truth = truth.select(
        left_id=pl.min_horizontal("record_id_1", "record_id_2"),
        right_id=pl.max_horizontal("record_id_1", "record_id_2"),
        true=pl.lit(True),
    )
    pairs = pairs.select(
        pl.min_horizontal("left_id", "right_id").alias("left_id"),
        pl.max_horizontal("left_id", "right_id").alias("right_id"),
        "probability",
        "is_match",
    )
    found = pairs.join(truth, on=["left_id", "right_id"], how="left").with_columns(
        pl.col("true").fill_null(False)
    )
    chosen = found.filter("is_match")
    hit = float(chosen["true"].sum())
    by_score = found.sort("probability", descending=True)
    hits = by_score["true"].cum_sum().to_numpy()
    best = 2 * hits / (np.arange(1, len(hits) + 1) + truth.height)
    return {
        "precision": hit / max(chosen.height, 1),
        "recall": hit / truth.height,
        "f1": 2 * hit / (chosen.height + truth.height),
        "ceiling": float(best.max()) if len(best) else 0.0,
        "blocked": float(found["true"].sum()) / truth.height,
        "ece": calibration_error(found),
    }


def calibration_error(found: pl.DataFrame) -> float:
    """Expected calibration error over ten equal bins of probability, of pairs of at least 0.001."""
    binned = (
        found.filter(pl.col("probability") >= 0.001)
        .group_by((pl.col("probability") * 10).floor().clip(0, 9))
        .agg(n=pl.len(), said=pl.col("probability").mean(), was=pl.col("true").mean())
        .rename({"probability": "bin"})
    )
    if not binned.height:
        return 0.0
    off = (binned["said"] - binned["was"]).abs()
    return float((binned["n"] * off).sum()) / float(binned["n"].sum())


def main() -> None:
    """Print one line per set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("sets", nargs="*")
    args = parser.parse_args()
    print(f"{'set':20} {'prec':>7} {'recall':>7} {'f1':>7} {'ceiling':>7} {'listed':>7} {'ece':>6} {'s':>6}")
    for name, case in CASES.items():
        if args.sets and name not in args.sets:
            continue
        start = time.perf_counter()
        pairs = pairs_of(case, args.data)
        seconds = time.perf_counter() - start
        e = evaluate(pairs, case, args.data)
        figures = " ".join(f"{e[k]:7.4f}" for k in ("precision", "recall", "f1", "ceiling", "blocked"))
        print(f"{name:20} {figures} {e['ece']:6.3f} {seconds:6.1f}", flush=True)


if __name__ == "__main__":
    main()
