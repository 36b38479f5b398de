"""Splink on one set, in a process and an environment of its own.

    .venv-bench/bin/python -m benchmarks.engine_splink FOLDER SETTINGS

FOLDER holds the lists; pairs, clusters and an account of time and memory are written to FOLDER/splink.
"""

import sys
from pathlib import Path

import duckdb
from splink import DuckDBAPI, Linker, SettingsCreator

from benchmarks.greedy import one_to_one
from benchmarks.outcome import Outcome
from benchmarks.splink_settings import SETTINGS, Settings

FLOOR = 0.001
"""Pairs of a lower probability are not returned, as by the library."""


def main(folder: Path, name: str) -> None:
    """Train, predict, decide."""
    out = folder / "splink"
    out.mkdir(exist_ok=True)
    outcome = Outcome()
    con = duckdb.connect(config={"threads": 2})
    files = sorted(folder.glob("*.parquet"))
    columns = duckdb.read_parquet(str(files[0])).columns
    settings = SETTINGS[name](columns)
    with outcome.step("train"):
        linker = linker_of(con, files, settings)
        train(linker, settings)
    with outcome.step("predict"):
        found = linker.inference.predict(threshold_match_probability=FLOOR)
        con.register("found", found.as_duckdbpyrelation())
        con.execute(
            "create table pairs as select unique_id_l as left_id, unique_id_r as right_id, "
            "match_probability as probability, match_weight as weight from found"
        )
    with outcome.step("decide"):
        decide(con, linker, found, settings, out)
    con.execute(f"copy (select * exclude weight from decided) to '{out}/pairs.parquet' (format parquet)")
    outcome.save(out / "outcome.json")


def linker_of(con: duckdb.DuckDBPyConnection, files: list[Path], settings: Settings) -> Linker:
    """A linker over the files, each with the derived columns."""
    derived = "".join(f", {expression} as {column}" for column, expression in settings.derived.items())
    api = DuckDBAPI(connection=con)
    tables = []
    for file in files:
        query = f"select record_id as unique_id, * exclude record_id{derived} from read_parquet('{file}')"
        con.execute(f'create table "in_{file.stem}" as {query}')
        tables.append(api.register(f"in_{file.stem}", dataset_display_name=file.stem))
    creator = SettingsCreator(
        link_type="link_only" if len(tables) > 1 else "dedupe_only",
        comparisons=settings.comparisons,
        blocking_rules_to_generate_predictions=settings.blocking,
        retain_matching_columns=False,
    )
    return Linker(tables if len(tables) > 1 else tables[0], creator, log_level="ERROR")


def train(linker: Linker, settings: Settings) -> None:
    """Prior from deterministic rules, u from random pairs, m by EM over several blocks."""
    training = linker.training
    training.estimate_probability_two_random_records_match(settings.certain, recall=settings.recall)
    training.estimate_u_using_random_sampling(max_pairs=settings.random_pairs, seed=1)
    for rule in settings.training:
        training.estimate_parameters_using_expectation_maximisation(rule)


def decide(
    con: duckdb.DuckDBPyConnection, linker: Linker, found: object, settings: Settings, out: Path
) -> None:
    """Table `decided`: pairs with is_match; of one list, clusters as well."""
    if len(linker._input_tables_dict) == 1:
        joined = linker.clustering.cluster_pairwise_predictions_at_threshold(
            found, threshold_match_probability=0.5
        )
        con.register("joined", joined.as_duckdbpyrelation())
        clusters = "select unique_id as id, cluster_id from joined"
        con.execute(f"copy ({clusters}) to '{out}/clusters.parquet' (format parquet)")
    con.execute("create table decided as select *, probability >= 0.5 as is_match from pairs")
    if settings.one_to_one:
        # Not Splink's own cluster_using_single_best_links: best pair first is quick at any size.
        pairs = con.execute("select left_id, right_id from pairs order by weight desc, left_id, right_id")
        rows = pairs.fetchall()
        lost = [row for row, free in zip(rows, one_to_one(rows), strict=True) if not free]
        con.execute("create table lost (left_id varchar, right_id varchar)")
        if lost:
            con.execute(
                "insert into lost select unnest($l), unnest($r)",
                {"l": [row[0] for row in lost], "r": [row[1] for row in lost]},
            )
        con.execute(
            "update decided set is_match = false from lost "
            "where decided.left_id = lost.left_id and decided.right_id = lost.right_id"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
