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
from transforms.consolidate.contacts import contact_tables
from transforms.consolidate.groups import group_tables
from transforms.consolidate.organisations import organisation_tables
from transforms.consolidate.relationships import relationship_tables
from transforms.consolidate.staff import staff_tables
from transforms.private import mask_known, mask_text, whole_numbers
from transforms.sql import Frames, run_sql

_OUTLOOK = (group_tables, organisation_tables)
_PARTS = (contact_tables, group_tables, relationship_tables, staff_tables, organisation_tables)
_IDS = ("practice_id", "hq_contact_id", "hq_group_id", "UUID", "product", "entity", "level", "source_id")
_GATHERED = ("dropped_link", "link_fate", "link_questions")

# Text in which people write tax numbers; a phone may pass as one, so in `_REACH` only known ones are masked.
_FREE_TEXT = {
    "hq_contacts": ["name", "first_name", "last_name", "position"],
    "xpm_contacts": ["Name", "Salutation", "Addressee", "Position"],
    "hq_groups": ["name"],
    "xpm_groups": ["Name", "Taxable"],
    "xpm_relationships": ["Type"],
}
_REACH = {
    "hq_contacts": ["email", "phone", "mobile"],
    "xpm_contacts": ["Email", "Phone", "Mobile"],
}


def link_tables(con: duckdb.DuckDBPyConnection, frames: Frames, run_id: str) -> dict[str, pl.DataFrame]:
    """Everything that hangs on the clients of a batch of practices.

    Takes practices, source_client, client_fate, match, effective_policy, effective_organisation, quarantine,
    hq_contacts, xpm_contacts, contact_person, contact_near, hq_groups, xpm_groups, xpm_relationships.
    Gives unified_contact, client_contact, unified_group, group_member, relationship, client_staff,
    organisation_link, dropped_link; `link_crosswalk` (crosswalk: one row per contact, group and relationship
    id read); `link_questions` (link_question).

    A practice has a plan where its clients' outcomes are not `pending` (without a readable client: where it
    has an effective policy). One without gets `pending` crosswalk rows and nothing else. Tax numbers inside
    text come out masked. Raises ContractError where a table would not have the shape of its contract.
    """
    fates = {"client_fate": frames["client_fate"].drop("state", "reason")}
    plan = run_sql(con, "links/plan", {**_some(frames, "practices", "effective_policy"), **fates})
    clients = run_sql(con, "links/clients", {**fates, "link_plan": plan})
    known = {**frames, **masked_texts(frames), "link_plan": plan, "link_client": clients}
    parts = [part(con, known, run_id) for part in _PARTS]
    tables = {name: frame for part in parts for name, frame in part.items() if name not in _GATHERED}
    dropped, outcomes, questions = _gathered(parts)
    tables["dropped_link"] = conform(dropped.with_columns(run_id=pl.lit(run_id)), "dropped_link")
    tables["link_questions"] = conform(questions, "link_question")
    tables["link_crosswalk"] = _crosswalk(con, {**known, "link_fate": outcomes}, run_id)
    return tables


def link_outlook(con: duckdb.DuckDBPyConnection, frames: Frames) -> dict[str, pl.DataFrame]:
    """What would become of groups and organisations, by the very rules of `link_tables`.

    Takes source_client, match, effective_organisation, hq_groups and xpm_groups (texts masked), link_plan and
    link_client; gives dropped_link, link_fate, link_questions and organisation_link.
    """
    parts = [part(con, frames, "") for part in _OUTLOOK]
    found = dict(zip(_GATHERED, _gathered(parts), strict=True))
    return {**found, "organisation_link": parts[-1]["organisation_link"]}


def _gathered(parts: Iterable[Frames]) -> list[pl.DataFrame]:
    """dropped_link, link_fate and link_questions of all parts."""
    return [pl.concat([part[name] for part in parts if name in part]) for name in _GATHERED]


def _crosswalk(con: duckdb.DuckDBPyConnection, frames: Frames, run_id: str) -> pl.DataFrame:
    """One row per contact, group and relationship that was read: its outcome."""
    read = ("hq_contacts", "xpm_contacts", "hq_groups", "xpm_groups", "xpm_relationships", "quarantine")
    ids = {name: frames[name].select(pl.selectors.by_name(*_IDS, require_all=False)) for name in read}
    fates = frames["link_fate"]
    key = list(table("crosswalk").key)
    known = {"link_plan": frames["link_plan"], "link_fate": fates.select(key)}
    others = run_sql(con, "links/crosswalk", {**ids, **known})
    found = pl.concat([fates.select(others.columns), others])
    return found.with_columns(run_id=pl.lit(run_id)).sort(key)


def masked_texts(frames: Frames) -> dict[str, pl.DataFrame]:
    """The `frames` in which people write texts, tax numbers masked. Takes source_client beside them."""
    given = frames["source_client"].select("practice_id", "tax_number").drop_nulls().unique()
    numbers = whole_numbers(given)
    texts = {
        name: mask_text(frames[name], columns, numbers)
        for name, columns in _FREE_TEXT.items()
        if name in frames
    }
    for name, (email, *phones) in _REACH.items():
        if name in texts:
            texts[name] = mask_known(texts[name], [email], numbers)
            texts[name] = mask_known(texts[name], phones, numbers, whole=True)
    return texts


def _some(frames: Frames, *names: str) -> dict[str, pl.DataFrame]:
    return {name: frames[name] for name in names}
