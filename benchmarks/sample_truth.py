"""Matches and contacts of a store against the truth of a made fleet: precision, recall, questions.

    python -m benchmarks.sample_truth [--seeds 1,2,3] [--practices 100]   makes, runs, scores
    python -m benchmarks.sample_truth --store STORE --truth FOLDER        scores what is there

A pair is an HQ record and an XPM record. Recall is per client: a client in both lists is found where one of
its HQ records stands in the band with one of its XPM records. Practices without an XPM list do not count.
Calibration is of `match.probability`, people's judgements aside; a promise is kept where wrong joins of the
exact band are no more than the probabilities said.

Contacts are scored by pairs: two that live on, of one practice, in one unified contact or of one person.
"""

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from benchmarks.evaluate import calibration_error
from benchmarks.job import BENCH, fleet, machine, scr_run
from transforms.store import open_store

_ROWS_PER_PRACTICE = 580
_TOP = 0.9999
_ASKED = ("match", "duplicate", "tax_link")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one line per fleet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", default="1,2,3", help="seeds of the fleets, comma separated")
    parser.add_argument("--practices", type=int, default=100, help="practices of each fleet")
    parser.add_argument("--store", type=Path, help="score this store instead")
    parser.add_argument("--truth", type=Path, help="folder of its truth")
    chosen = parser.parse_args(arguments)
    if chosen.store:
        _print_both(str(chosen.store), chosen.store, chosen.truth)
        return
    BENCH.mkdir(exist_ok=True)
    print(machine())
    for seed in [int(seed) for seed in chosen.seeds.split(",")]:
        landing = fleet(chosen.practices * _ROWS_PER_PRACTICE, chosen.practices, seed)
        store = BENCH / f"store-truth-{seed}"
        shutil.rmtree(store, ignore_errors=True)
        run = scr_run(landing, store)
        if run.exit_code > 1:
            raise SystemExit(run.errors)
        _print_both(f"seed {seed}", store, landing / "truth")


def _print_both(name: str, store: Path, truth: Path) -> None:
    found, asked = read_contacts(store)
    contacts = score_contacts(pl.read_parquet(truth / "truth_contacts.parquet"), found, asked)
    print_score(name, score(*read(store, truth)) | contacts)


def read_contacts(store: Path) -> tuple[pl.DataFrame, int]:
    """Contacts that live on with their unified contact, and the number of questions about contacts."""
    with open_store(store, read_only=True) as opened:
        found = opened.read(
            "select practice_id, product, source_id, unified_id from crosswalk"
            " where entity = 'contact' and unified_id is not null"
        )
        asked = opened.read("select count(*) from review_item where kind = 'contact'").item()
    return found, int(asked)


def score_contacts(truth: pl.DataFrame, found: pl.DataFrame, asked: int) -> dict[str, float]:
    """Precision and recall of pairs of contacts joined, and questions per 1,000 contacts that live on.

    truth: practice_id, product, source_id, person_id; found: the same with unified_id.
    """
    known = found.join(truth, on=["practice_id", "product", "source_id"])

    def pairs(*columns: str) -> float:
        sizes = known.group_by("practice_id", *columns).len()["len"].cast(pl.Float64)
        return float((sizes * (sizes - 1) / 2).sum())

    right = pairs("unified_id", "person_id")
    return {
        "contacts": known.height,
        "contact precision": right / max(pairs("unified_id"), 1.0),
        "contact recall": right / max(pairs("person_id"), 1.0),
        "contact questions per 1,000": 1e3 * asked / max(known.height, 1),
    }


def read(store: Path, truth: Path) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Truth, matches and questions."""
    with open_store(store, read_only=True) as opened:
        found = opened.read(
            "select practice_id, left_product, left_id, right_product, right_id, band, probability from match"
        )
        asked = opened.read("select practice_id, kind from review_item")
    return pl.read_parquet(truth / "truth_clients.parquet"), found, asked


def score(truth: pl.DataFrame, found: pl.DataFrame, asked: pl.DataFrame) -> dict[str, float]:
    """Precision and recall of the exact band, recall with near, wrong joins per 10,000 clients, questions."""
    linked = truth.filter((pl.col("product") == "xpm").any().over("practice_id"))
    both = linked.filter(pl.col("product") != "tax").group_by("practice_id", "entity_id")
    sought = both.agg(pl.col("product").n_unique()).filter(pl.col("product") == 2).drop("product")
    pairs = found.filter((pl.col("left_product") == "hq") & (pl.col("right_product") == "xpm"))
    for side in ("left", "right"):
        entity = linked.rename(
            {"product": f"{side}_product", "source_id": f"{side}_id", "entity_id": f"{side}_entity"}
        )
        pairs = pairs.join(entity, on=["practice_id", f"{side}_product", f"{side}_id"])
    pairs = pairs.with_columns(right=pl.col("left_entity") == pl.col("right_entity"))
    exact = pairs.filter(pl.col("band") == "exact")
    clients = linked.select(pl.struct("practice_id", "entity_id").n_unique()).item()
    wrong = exact.height - int(exact["right"].sum())
    return {
        "clients": clients,
        "in both lists": sought.height,
        "exact precision": 1 - wrong / max(exact.height, 1),
        "exact recall": _recall(exact, sought),
        "recall with near": _recall(pairs.filter(pl.col("band") != "rejected"), sought),
        "wrong per 10,000": 1e4 * wrong / clients,
        **_reliability(pairs, exact, clients),
        **{
            f"{kind} questions per 1,000": 1e3 * asked.filter(pl.col("kind") == kind).height / clients
            for kind in _ASKED
        },
    }


def _reliability(pairs: pl.DataFrame, exact: pl.DataFrame, clients: int) -> dict[str, float]:
    """Calibration error of all pairs, and wrong joins that the probabilities of the exact band expect."""
    top = exact.filter(pl.col("probability") >= _TOP)
    return {
        "ECE of probability": calibration_error(pairs["probability"], pairs["right"]),
        "expected wrong per 10,000": 1e4 * float((1 - exact["probability"]).sum()) / clients,
        f"wrong among exact of {_TOP} on": float(top.height - int(top["right"].sum())),
        f"expected among exact of {_TOP} on": float((1 - top["probability"]).sum()),
    }


def _recall(pairs: pl.DataFrame, sought: pl.DataFrame) -> float:
    found = pairs.filter("right").select("practice_id", entity_id="left_entity").unique()
    return found.join(sought, on=["practice_id", "entity_id"], how="semi").height / max(sought.height, 1)


def print_score(name: str, result: dict[str, float]) -> None:
    """One line per measure."""
    print(f"\n{name}")
    for what, value in result.items():
        print(f"  {what:<36} {value:,.0f}" if value >= 1000 else f"  {what:<36} {value:.4f}")


if __name__ == "__main__":
    main()
