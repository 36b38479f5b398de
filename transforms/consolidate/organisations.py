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
    holders = _holders(clients.select(_CLIENT), fates, _near_pairs(frames["match"]))
    decided = frames["effective_organisation"]
    subjects = fates.join(decided, on=_KEY, how="semi").with_columns(label=_label("product", "source_id"))
    answers = {"effective_organisation": decided, "link_plan": frames["link_plan"]}
    links = {**answers, "link_client": subjects, "holder": holders}
    found = conform(run_sql(con, "links/organisation_links", links, {"run_id": run_id}), "organisation_link")
    conflict = found.filter(pl.col("state") == "conflict")
    held = holders.join(conflict, on=["practice_id", "organisation_id"], how="semi")
    asked = {"holder": held, "organisation_link": conflict}
    return {
        "organisation_link": found,
        "link_questions": run_sql(con, "links/organisation_questions", asked, {"run_id": run_id}),
    }


def _label(product: str, source_id: str) -> pl.Expr:
    return pl.format("{} client {}", pl.col(product).replace_strict(_PRODUCTS), source_id)


def _holders(clients: pl.DataFrame, fates: pl.DataFrame, near: pl.DataFrame) -> pl.DataFrame:
    """One row per organisation and client record connected to it: what the record became.

    `near_twin`: of an archived one the first record living on that a near pair ties its client to.
    """
    lively = near.join(
        fates.filter("lives"), left_on=["practice_id", "twin_product", "twin_id"], right_on=_KEY, how="semi"
    )
    tied = lively.join(fates.select(*_KEY, "joined_id"), on=_KEY)  # many to one
    twins = tied.group_by("practice_id", "joined_id").agg(near_twin=pl.col("label").min())
    # What was merged into an archived client is archived with it.
    archived = pl.col("client_id").is_not_null() & ~pl.col("lives")
    # A Tax record is part of the Practice Manager client, so its link stays where that one stands.
    own_store = (pl.col("product") == "tax") & (pl.col("stands_on") == "xpm")
    return (
        clients.join(fates, on=_KEY)  # one to one
        .join(twins, on=["practice_id", "joined_id"], how="left")  # many to at most one
        .select(
            *_KEY,
            "organisation_id",
            "organisation_name",
            label=_label("product", "source_id"),
            invited=(pl.col("organisation_access") == "invited").fill_null(False),
            client_name="name",
            archived=archived,
            client_id=pl.when("lives").then("client_id"),
            stands_itself=(pl.col("outcome") == "survivor") | own_store.fill_null(False),
            near_twin=pl.when(archived).then("near_twin"),
        )
    )


def _near_pairs(match: pl.DataFrame) -> pl.DataFrame:
    """Near pairs from both ends: practice_id, product, source_id; of the twin product, id and label."""
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
