"""Small practices for tests: records in short form, run through consolidation."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb
import polars as pl

from expectations.contracts import table, tables
from matching.contacts import match_contacts
from tests.factories import rows
from transforms.consolidate import Options, consolidate
from transforms.sql import connect

PRACTICE = "AU-000001"
Row = Mapping[str, Any]


def record(product: str, source_id: str, **values: Any) -> dict[str, Any]:
    """A row of `source_client`, named after its id."""
    base = {"product": product, "source_id": source_id, "name": f"{product} {source_id}", "state": "active"}
    return {**base, **values}


def pair(left: str, right: str, band: str = "exact", **values: Any) -> dict[str, Any]:
    """A row of `match` between two records written as `hq:h1`; people alone join two of one list."""
    (lp, li), (rp, ri) = left.split(":"), right.split(":")
    ends = {"left_product": lp, "left_id": li, "right_product": rp, "right_id": ri}
    decided_by = "person" if lp == rp and band == "exact" else "model"
    return {**ends, "probability": 0.9, "band": band, "decided_by": decided_by, **values}


def frames(
    records: Iterable[Row], matches: Iterable[Row] = (), **more: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    """Every input of `consolidate`; tables that are not given are empty."""
    empty = {name: t.empty() for folder in ("source", "internal") for name, t in tables(folder).items()}
    practices = rows("practices", {"connection": "confirmed", "connected_by": "u1"})
    staff = rows("staff", {"user_id": "u1", "hq_role": "master_admin", "xpm_edit_all": True})
    given = {
        "source_client": rows("source_client", *map(dict, records)),
        "practices": practices,
        "staff": staff,
    }
    given["match"] = rows("match", *map(dict, matches))
    reports = {name: table(name).empty() for name in ("quarantine", "rejected_decision", "intake")}
    return {**empty, **reports, **given, **more}


def policy(name: str, **values: Any) -> pl.DataFrame:
    """`effective_policy` of the practice."""
    return rows("effective_policy", {"policy": name, "confirmed": True, **values})


def run(inputs: Mapping[str, pl.DataFrame], options: Options | None = None) -> dict[str, pl.DataFrame]:
    """All tables of consolidation."""
    with connect(threads=1) as con:
        return consolidate(con, {**inputs, **_persons(con, inputs)}, options or Options(), "run-1")


def _persons(con: duckdb.DuckDBPyConnection, inputs: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Who the contacts are. Most small worlds have none, and to find that out takes a fifth of their run."""
    if inputs["hq_contacts"].height or inputs["xpm_contacts"].height:
        return match_contacts(con, inputs)
    return {name: table(name).empty() for name in ("contact_person", "contact_near")}


def outcomes(found: Mapping[str, pl.DataFrame]) -> dict[str, tuple[str, str | None]]:
    """`hq:h1` → outcome and the record that its unified client stands on."""
    fate = found["client_fate"].with_columns(key=pl.concat_str("product", "source_id", separator=":"))
    stands = fate.filter(pl.col("outcome").is_in(["survivor", "archived"]))
    on = dict(stands.select("client_id", "key").iter_rows())
    return {
        key: (outcome, on.get(c))
        for key, outcome, c in fate.select("key", "outcome", "client_id").iter_rows()
    }


def run_each(worlds: Sequence[Mapping[str, pl.DataFrame]]) -> list[dict[str, pl.DataFrame]]:
    """Consolidation of many small worlds in one run, each as a practice of its own."""
    ids = [f"AU-{number:06d}" for number in range(len(worlds))]
    moved = {
        name: pl.concat(
            world[name].with_columns(practice_id=pl.lit(own)) for own, world in zip(ids, worlds, strict=True)
        )
        for name in worlds[0]
        if "practice_id" in worlds[0][name].columns
    }
    found = run({**worlds[0], **moved})
    return split(found, ids)


def split(found: Mapping[str, pl.DataFrame], ids: Iterable[str]) -> list[dict[str, pl.DataFrame]]:
    """The tables of each practice: each table is gone through once, not once for every practice."""
    parts = {name: frame.partition_by("practice_id", as_dict=True) for name, frame in found.items()}
    return [{name: parts[name].get((own,), frame.clear()) for name, frame in found.items()} for own in ids]
