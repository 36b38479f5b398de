"""Links from clients to their Xero organisations: each organisation ends on one client or says why on none.

The client's own data in Xero is never touched. For one organisation, the first that applies:

| state | when |
|---|---|
| orphaned | a person linked it to a client that does not live on (archived, excluded, unknown) |
| confirmed | a person linked it to a client, or to none |
| conflict | its records became two or more clients that live on: linked to none, asked |
| carried | its record stands as that client itself (Tax as part of Practice Manager's), or products agree |
| repointed | its record was merged into the client |
| needs_confirmation | its record is archived, a near pair ties it to a client that lives on: linked to none |
| orphaned | its record is archived without that, or excluded |

A client lives on where its outcome is survivor or merged, also with state archived. The reason says where the
practice is only invited into the organisation.
"""

import duckdb
import polars as pl

from expectations.conform import conform
from transforms.sql import Frames, run_sql

_KEY = ["practice_id", "product", "source_id"]
_CLIENT = [*_KEY, "organisation_id", "organisation_name", "organisation_access", "name"]
_FATE = [*_KEY, "joined_id", "outcome", "client_id", "stands_on", "lives"]
_PRODUCTS = {"hq": "Xero HQ", "xpm": "Practice Manager", "tax": "Xero Tax"}


def organisation_tables(
    con: duckdb.DuckDBPyConnection, frames: Frames, run_id: str
) -> dict[str, pl.DataFrame]:
    """organisation_link, and link_questions.

    Takes source_client, match, effective_organisation, link_plan, link_client.
    """
    fates = frames["link_client"].select(_FATE)
    clients = frames["source_client"].filter(pl.col("organisation_id").is_not_null())
    held = {
        "source_client": clients.select(*_CLIENT, label=_label("product", "source_id")),
        "near_twin": _near_twins(frames["match"]),
        "link_client": fates,
    }
    holders = run_sql(con, "links/organisation_holders", held)
    decided = frames["effective_organisation"]
    subjects = fates.join(decided, on=_KEY, how="semi").with_columns(label=_label("product", "source_id"))
    answers = {"effective_organisation": decided, "link_plan": frames["link_plan"]}
    links = {**answers, "link_client": subjects, "holder": holders}
    found = conform(run_sql(con, "links/organisation_links", links, {"run_id": run_id}), "organisation_link")
    asked = {"holder": holders, "organisation_link": found}
    return {
        "organisation_link": found,
        "link_questions": run_sql(con, "links/organisation_questions", asked, {"run_id": run_id}),
    }


def _label(product: str, source_id: str) -> pl.Expr:
    return pl.format("{} client {}", pl.col(product).replace_strict(_PRODUCTS), source_id)


def _near_twins(match: pl.DataFrame) -> pl.DataFrame:
    """Both ends of each near pair: practice_id, product, source_id, and of its twin twin_product, twin_id, label."""
    near = match.filter(pl.col("band") == "near")
    return pl.concat(
        near.select(
            "practice_id",
            product=f"{end}_product",
            source_id=f"{end}_id",
            twin_product=f"{other}_product",
            twin_id=f"{other}_id",
            label=_label(f"{other}_product", f"{other}_id"),
        )
        for end, other in (("left", "right"), ("right", "left"))
    )
