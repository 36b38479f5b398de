"""Small worlds for tests: clients with what they became, in short form, and whatever hangs on them."""

import csv
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from expectations.contracts import table
from matching.contacts import match_contacts
from tests.factories import rows
from transforms.consolidate.links import link_tables, read_links
from transforms.sql import connect

PRACTICE = "AU-000001"
INPUTS = (
    *("practices", "source_client", "client_fate", "match", "effective_policy", "effective_organisation"),
    *("quarantine", "hq_contacts", "xpm_contacts", "hq_groups", "xpm_groups", "xpm_relationships"),
)
Row = dict[str, Any]


def cases(name: str) -> list[dict[str, str]]:
    """Rows of a table of cases beside the tests."""
    text = (Path(__file__).parent / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def fates(short: str, practice: str = PRACTICE) -> list[Row]:
    """Rows of `client_fate` from "hq:h1=merged:c1 xpm:x1=survivor:c1 hq:h2=excluded"."""
    found = []
    for word in short.split():
        record, fate = word.split("=")
        product, source_id = record.split(":")
        outcome, _, client_id = fate.partition(":")
        found.append(
            {
                "practice_id": practice,
                "product": product,
                "source_id": source_id,
                "joined_id": client_id or record,
                "outcome": outcome,
                "client_id": client_id or None,
                "state": None if not client_id else "archived" if outcome == "archived" else "active",
            }
        )
    return found


def world(clients: str, policy: str = "all_xpm", **tables: list[Row]) -> dict[str, pl.DataFrame]:
    """Frames of one practice: `clients` as in `fates`, other tables as rows of their contract."""
    fate = fates(clients)
    pairs = {"match": _joined(fate), **tables}
    source = [{"product": row["product"], "source_id": row["source_id"]} for row in fate]
    given: dict[str, list[Row]] = {
        "practices": [{"region": "AU", "email": "office@firm.example", "phone": "02 5550 1000"}],
        "effective_policy": [{"policy": policy}],
        "client_fate": fate,
        "source_client": source,
        **pairs,
    }
    return {name: rows(name, *given[name]) if given.get(name) else table(name).empty() for name in INPUTS}


def _joined(fate: list[Row]) -> list[Row]:
    """Rows of `match` for records of several products that became one client."""
    return [
        {
            **{"left_product": a["product"], "left_id": a["source_id"], "band": "exact"},
            **{"right_product": b["product"], "right_id": b["source_id"]},
        }
        for a, b in combinations(fate, 2)
        if a["client_id"] and a["client_id"] == b["client_id"]
    ]


def run(frames: Mapping[str, pl.DataFrame], threads: int = 1) -> dict[str, pl.DataFrame]:
    """All tables of the links."""
    with connect(threads=threads) as con:
        return follow(con, {**frames, **match_contacts(con, frames)})


def follow(con: duckdb.DuckDBPyConnection, frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """All tables of the links of matched contacts."""
    return link_tables(con, {**frames, **read_links(frames)}, "run-1")


def run_each(worlds: Mapping[str, Mapping[str, pl.DataFrame]]) -> dict[str, dict[str, pl.DataFrame]]:
    """All tables of each world, run together in one batch as a practice of its name."""
    named = [
        {n: f.with_columns(practice_id=pl.lit(name)) for n, f in w.items()} for name, w in worlds.items()
    ]
    found = run({name: pl.concat([frames[name] for frames in named]) for name in INPUTS})
    return {name: {n: f.filter(practice_id=name) for n, f in found.items()} for name in worlds}


def outcomes(found: Mapping[str, pl.DataFrame], entity: str) -> dict[str, str]:
    """`hq:k1` → outcome."""
    lines = found["link_crosswalk"].filter(pl.col("entity") == entity)
    return {f"{product}:{source_id}": outcome for product, source_id, outcome in _cut(lines, "outcome")}


def unified(found: Mapping[str, pl.DataFrame], entity: str) -> dict[str, str | None]:
    """`hq:k1` → unified id."""
    lines = found["link_crosswalk"].filter(pl.col("entity") == entity)
    return {
        f"{product}:{source_id}": unified_id for product, source_id, unified_id in _cut(lines, "unified_id")
    }


def dropped(found: Mapping[str, pl.DataFrame], kind: str) -> dict[tuple[str, str], str]:
    """(source id, client id) → reason."""
    lines = found["dropped_link"].filter(pl.col("kind") == kind)
    return {(s, c): reason for s, c, reason in lines.select("source_id", "source_client_id", "reason").rows()}


def _cut(lines: pl.DataFrame, column: str) -> list[tuple[Any, ...]]:
    return lines.select("product", "source_id", column).rows()
