"""Contacts, groups, relationships, staff and organisations follow their client to the unified client.

Everything goes by `client_fate`; of the policy only the product that it keeps matters here: it comes first.
Conservation holds by construction: each part makes one row per link read; a row with a reason is dropped, one
without is published.
"""

from collections.abc import Iterable

import duckdb
import polars as pl

from expectations.conform import conform
from expectations.contracts import table
from transforms.consolidate.contact_rows import contact_rows
from transforms.consolidate.contacts import contact_tables
from transforms.consolidate.group_rows import group_rows
from transforms.consolidate.groups import group_tables
from transforms.consolidate.organisations import organisation_tables
from transforms.consolidate.relationships import relationship_tables
from transforms.consolidate.staff import staff_tables
from transforms.sql import Frames

_PARTS = (contact_tables, group_tables, relationship_tables, organisation_tables)
_READ = {
    "hq_contacts": ("hq", "contact", "hq_contact_id"),
    "xpm_contacts": ("xpm", "contact", "UUID"),
    "hq_groups": ("hq", "group", "hq_group_id"),
    "xpm_groups": ("xpm", "group", "UUID"),
    "xpm_relationships": ("xpm", "relationship", "UUID"),
}
"""Product, entity and id of each list."""
_GATHERED = ("dropped_link", "link_fate", "link_questions")


def read_links(frames: Frames) -> dict[str, pl.DataFrame]:
    """Contacts and groups as read, numbered: `link_contact` (of `contact_rows`), link_group, link_entry.

    Takes client_fate, hq_contacts, xpm_contacts, contact_person, hq_groups, xpm_groups.
    """
    return {**group_rows(frames), "link_contact": contact_rows(frames)}


def link_tables(con: duckdb.DuckDBPyConnection, frames: Frames, run_id: str) -> dict[str, pl.DataFrame]:
    """Everything that hangs on the clients of a batch of practices.

    Takes practices, source_client, client_fate, match, effective_policy, effective_organisation, quarantine,
    contact_near, and the frames of `read_links`.
    Gives unified_contact, client_contact, unified_group, group_member, relationship, client_staff,
    organisation_link, dropped_link; `link_crosswalk` (crosswalk: one row per contact, group and relationship
    id read); `link_questions` (link_question).

    A practice has a plan where its clients' outcomes are not `pending` (without a readable client: where it
    has an effective policy). One without gets `pending` crosswalk rows and nothing else.
    Raises ContractError where a table would not have the shape of its contract.
    """
    plan = _plan(frames)
    became = _became(frames["client_fate"])
    clients = became.join(plan.filter("planned"), on="practice_id", how="semi", maintain_order="left")
    known = {**frames, "link_plan": plan, "link_became": became, "link_client": clients}
    parts = [*(part(con, known, run_id) for part in _PARTS), staff_tables(known, run_id)]
    tables = {name: frame for part in parts for name, frame in part.items() if name not in _GATHERED}
    dropped, outcomes, questions = _gathered(parts)
    tables["dropped_link"] = conform(dropped.with_columns(run_id=pl.lit(run_id)), "dropped_link")
    tables["link_questions"] = conform(questions, "link_question")
    tables["link_crosswalk"] = _crosswalk({**known, "link_fate": outcomes}, run_id)
    return tables


def _plan(frames: Frames) -> pl.DataFrame:
    """Per practice of the directory whether its clients have outcomes that links can follow.

    And the product that its policy keeps: Practice Manager unless it keeps all of HQ.
    """
    fates = frames["client_fate"].group_by("practice_id").agg(planned=(pl.col("outcome") != "pending").any())
    policies = frames["effective_policy"].select("practice_id", "policy")
    keeps = pl.when(pl.col("policy") == "all_hq").then(pl.lit("hq")).otherwise(pl.lit("xpm"))
    practices = frames["practices"].select("practice_id", pl.col("region").str.to_uppercase())
    rows = practices.join(fates, on="practice_id", how="left")  # one to at most one
    rows = rows.join(policies, on="practice_id", how="left")  # one to at most one
    planned = pl.coalesce("planned", pl.col("policy").is_not_null())
    return rows.select("practice_id", "region", planned, kept_product=keeps)


def _became(fates: pl.DataFrame) -> pl.DataFrame:
    """Per row of `client_fate`, in its order: the unified client, and why nothing follows without one.

    `stands_on`: the product whose links come first there (Tax shares Practice Manager's client store);
    `lives`: whether it is kept, not archived; `client_no`: its number in the order of practice and client id.
    """
    client = ["practice_id", "client_id"]
    standing = fates.filter(pl.col("outcome").is_in(["survivor", "archived"])).group_by(client)
    found = standing.agg(hq=(pl.col("product") == "hq").any(), lives=(pl.col("outcome") == "survivor").any())
    found = found.sort(client).with_row_index("client_no").with_columns(pl.col("client_no").cast(pl.Int64))
    rows = fates.join(found, on=client, how="left", maintain_order="left")  # many to at most one
    excluded = pl.lit("Its client is excluded: deleted, or a prospect, at its source.")
    return rows.select(
        *("practice_id", "product", "source_id", "joined_id", "outcome", "client_id", "client_no"),
        pl.col("lives").fill_null(False),
        stands_on=pl.when("hq").then(pl.lit("hq")).when(~pl.col("hq")).then(pl.lit("xpm")),
        lost=pl.when(pl.col("client_id").is_null()).then(excluded),
    )


def _gathered(parts: Iterable[Frames]) -> list[pl.DataFrame]:
    """dropped_link, link_fate and link_questions of all parts."""
    return [pl.concat([part[name] for part in parts if name in part]) for name in _GATHERED]


def _crosswalk(frames: Frames, run_id: str) -> pl.DataFrame:
    """One row per contact, group and relationship that was read: its outcome.

    Pending where the practice has no plan, quarantined where no row of it could be read.
    """
    plan, fates = frames["link_plan"], frames["link_fate"]
    unplanned = plan.filter(~pl.col("planned"))
    waiting = pl.concat(
        frames[name]
        .join(unplanned, on="practice_id", how="semi")
        .select("practice_id", product=pl.lit(product), entity=pl.lit(entity), source_id=source_id)
        for name, (product, entity, source_id) in _READ.items()
    ).unique()
    entities = {name for _, name, _ in _READ.values()}
    key = list(table("crosswalk").key)
    unreadable = (
        frames["quarantine"]
        .filter(level="row")
        .select(*key[:2], pl.col("entity").str.strip_chars_end("s"), "source_id")
        .filter(pl.col("product").is_in(["hq", "xpm"]), pl.col("entity").is_in(entities))
        .drop_nulls("source_id")
        .unique()
        .join(plan, on="practice_id", how="semi")
        .join(fates, on=key, how="anti")
        .join(waiting, on=key, how="anti")
    )
    told = {
        "pending": (waiting, "The practice has no policy that counts yet."),
        "quarantined": (unreadable, "No row of it could be read: see quarantine."),
    }
    others = pl.concat(
        rows.select(key).with_columns(
            unified_id=pl.lit(None, pl.String), outcome=pl.lit(outcome), reason=pl.lit(reason)
        )
        for outcome, (rows, reason) in told.items()
    ).sort(key)
    return pl.concat([fates.select(others.columns), others]).with_columns(run_id=pl.lit(run_id))
