"""Contacts: one row per person and practice, linked to as many clients as the person belongs to.

A row marked deleted drops that link; a contact all of whose rows are deleted is excluded. One with no client
that lives on is dropped. The others are brought together by `contact_twins`. On a link, `position` is that of
the published row. The primary contact is one named by the product that the client stands on, else one named
by the other product; among several the smaller id: so a client has at most one.
"""

import duckdb
import polars as pl

from expectations.conform import conform
from transforms.consolidate.contact_twins import contact_sets
from transforms.sql import Frames, run_sql

_NAMES = ["name", "first_name", "last_name", "salutation", "addressee"]
_VALUES = [*_NAMES, "email", "phone", "mobile"]


def contact_tables(con: duckdb.DuckDBPyConnection, frames: Frames, run_id: str) -> dict[str, pl.DataFrame]:
    """unified_contact, client_contact; of contacts dropped_link (without run_id), link_fate, link_questions.

    Takes practices, hq_contacts, xpm_contacts, link_plan, link_client.
    """
    read = ("hq_contacts", "xpm_contacts", "link_plan", "link_client")
    rows = run_sql(con, "links/contact_rows", {name: frames[name] for name in read})
    records = run_sql(con, "links/contact_records", {"contact_row": rows, "link_plan": frames["link_plan"]})
    sets = contact_sets(records.drop("salutation", "addressee"), frames["practices"])
    heads = run_sql(con, "links/contact_heads", {"contact_set": sets})
    slim = rows.drop(_VALUES)
    links = run_sql(con, "links/contact_links", {"contact_row": slim, "contact_head": heads})
    contacts = _unified(records, heads, run_id)
    published = _published(links, run_id)
    asked = {"client_contact": published, "contact_head": heads, "unified_contact": contacts}
    fates = {"contact_row": slim, "contact_head": heads}
    return {
        "unified_contact": contacts,
        "client_contact": published,
        "dropped_link": _dropped(links),
        "link_fate": run_sql(con, "links/contact_fates", fates),
        "link_questions": run_sql(con, "links/contact_questions", asked, {"run_id": run_id}),
    }


def _unified(records: pl.DataFrame, heads: pl.DataFrame, run_id: str) -> pl.DataFrame:
    """The records that contacts stand on, values as they are: one head per contact, one record per head."""
    key = ["practice_id", "product", "source_id"]
    survivors = records.join(heads.filter("is_head").select(*key, "contact_id"), on=key, validate="1:1")
    frame = survivors.select(
        "practice_id", "contact_id", *_VALUES, "product", "source_id", run_id=pl.lit(run_id)
    )
    return conform(frame, "unified_contact")


def _published(links: pl.DataFrame, run_id: str) -> pl.DataFrame:
    frame = links.filter(pl.col("reason").is_null()).drop("reason").rename({"source_id": "source_contact_id"})
    return conform(frame.with_columns(run_id=pl.lit(run_id)), "client_contact")


def _dropped(links: pl.DataFrame) -> pl.DataFrame:
    return links.filter(pl.col("reason").is_not_null()).select(
        "practice_id", pl.lit("contact").alias("kind"), "product", "source_id", "source_client_id", "reason"
    )
