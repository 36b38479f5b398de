"""Consolidation: one unified client per client, and everything that hangs on it follows.

Joined sets of records → plan of every policy → the chosen one → clients, crosswalk, links, questions.
"""

from dataclasses import dataclass

import duckdb
import polars as pl

from expectations.conform import conform
from transforms.consolidate.clients import client_fate, unified_client
from transforms.consolidate.contradictions import overruled, rejected_judgements
from transforms.consolidate.crosswalk import crosswalk
from transforms.consolidate.fate import fates
from transforms.consolidate.field_values import (
    Fills,
    differences,
    field_value,
    fills,
    published_values,
    twin_pairs,
    values_lost,
)
from transforms.consolidate.joined import Records, join_records
from transforms.consolidate.links import link_tables, read_links
from transforms.consolidate.outlook import followed
from transforms.consolidate.policy import Options, dropped, facts, plan, verdict
from transforms.consolidate.questions import Chosen, review_item
from transforms.consolidate.review import chosen_questions, open_pairs, shared_numbers, undecided
from transforms.consolidate.simulation import Outlook, policy_drop, policy_simulation
from transforms.consolidate.stale import stale_links
from transforms.sql import Frames

__all__ = ["Options", "consolidate"]


def consolidate(
    con: duckdb.DuckDBPyConnection, frames: Frames, options: Options, run_id: str
) -> dict[str, pl.DataFrame]:
    """Every published table of the practices with a policy that counts, `crosswalk` for all, and questions.

    `frames`: source tables, `source_client`, `match`, `contact_person`, `contact_near`, `effective_*`,
    `rejected_decision`, `quarantine`, `intake`. Gives `client_fate`, `practice_verdict`, published tables,
    `crosswalk`, `review_item`, `dropped_link`, `stale_link`, `policy_simulation`, `policy_drop`, and
    `rejected_decision` with the judgements that others overruled.
    Raises ContractError where a table would not have the shape that its contract declares.
    """
    records = join_records(frames, options.include_prospects)
    world = _world(frames, records)
    fate = fates(con, records, world.plan, world.chosen)
    found = {"client_fate": client_fate(fate)}
    frames = {**frames, **found, **read_links({**frames, **found})}
    links = link_tables(con, frames, run_id)
    lose = dropped(records, world.plan, frames["xpm_jobs"])
    moved = followed(frames, records, world.plan)
    counts = _facts(records, world, {"dropped": lose, "followed": moved})
    asked = _questions(con, records, world)
    waiting = frames["intake"].filter(~pl.col("accepted")).select("practice_id").unique()
    chosen = Chosen(asked.chosen, world.plan, world.chosen, waiting)
    outlook = Outlook(counts, world.lost, asked.every, world.chosen, lose)
    stale = stale_links(frames["client_sync"], records, run_id)
    return {
        **found,
        **{name: frame for name, frame in links.items() if not name.startswith("link_")},
        **_client_tables(world, fate, run_id),
        "stale_link": stale,
        "crosswalk": crosswalk(fate, frames["quarantine"], links["link_crosswalk"], run_id),
        "practice_verdict": _verdict(con, {**frames, "stale_link": stale}, counts),
        "rejected_decision": _rejected(frames, records, run_id),
        "review_item": review_item(con, records, chosen, links, run_id),
        "policy_simulation": policy_simulation(con, frames, records, outlook, run_id),
        "policy_drop": policy_drop(records, outlook, run_id),
    }


@dataclass(frozen=True)
class _World:
    """What every policy would do, and which are chosen."""

    plan: pl.DataFrame
    chosen: pl.DataFrame
    """practice, policy."""
    values: pl.DataFrame
    pairs: pl.DataFrame
    differing: pl.DataFrame
    fills: Fills
    lost: pl.DataFrame


@dataclass(frozen=True)
class _Asked:
    """Questions to people."""

    chosen: pl.DataFrame
    """Those under the chosen policies."""
    every: list[pl.DataFrame]
    """practice, policy: those under any policy."""


def _world(frames: Frames, records: Records) -> _World:
    practices = records.record.select("practice", "practice_id").unique()
    chosen = practices.join(frames["effective_policy"], on="practice_id")  # one to one
    blanks = chosen.filter("fill_blanks")
    today = plan(records.member)
    values = published_values(records)
    pairs = twin_pairs(records, today, blanks)
    differing = differences(values, pairs)
    given = fills(values, pairs, differing)
    return _World(
        plan=today,
        chosen=chosen.select("practice", "policy"),
        values=values,
        pairs=pairs,
        differing=differing,
        fills=given,
        lost=values_lost(differing, pairs, given),
    )


def _facts(records: Records, world: _World, found: Frames) -> pl.DataFrame:
    """Policy × practice: `policy.facts` with practice_id. `found`: `dropped`, `followed`."""
    practices = records.record.select("practice", "practice_id").unique()
    counts = facts(records, {"plan": world.plan, "lost": world.lost, **found})
    return counts.join(practices, on="practice")  # many to one


def _client_tables(world: _World, fate: pl.DataFrame, run_id: str) -> dict[str, pl.DataFrame]:
    pairs = world.pairs.join(world.chosen, on=["practice", "policy"], how="semi")
    given = world.fills.only(world.chosen)
    fields = field_value(world.values, pairs, world.differing, given, fate)
    fields = fields.with_columns(run_id=pl.lit(run_id))
    return {
        "unified_client": unified_client(world.values, fate, given, run_id),
        "field_value": conform(fields, "field_value"),
    }


def _questions(con: duckdb.DuckDBPyConnection, records: Records, world: _World) -> _Asked:
    pairs = open_pairs(records, world.plan)
    shared = shared_numbers(con, records, world.plan)
    # Undecided clients are counted among the facts.
    selections = undecided(con, records, world.plan, world.chosen)
    return _Asked(
        chosen_questions(pairs, shared, selections, world.chosen),
        [pairs.filter(~pl.col("waits")), shared],
    )


def _rejected(frames: Frames, records: Records, run_id: str) -> pl.DataFrame:
    more = rejected_judgements(records, frames["effective_judgement"], overruled(records), run_id)
    return conform(pl.concat([frames["rejected_decision"], more]), "rejected_decision")


def _verdict(con: duckdb.DuckDBPyConnection, frames: Frames, counts: pl.DataFrame) -> pl.DataFrame:
    tables = {name: frames[name] for name in ("practices", "staff", "effective_policy", "stale_link")}
    return conform(verdict(con, tables, counts), "practice_verdict")
