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
_FATE = [*_KEY, "joined_id", "outcome", "client_id", "stands_on", "label"]
_PAIR = ["practice_id", "left_product", "left_id", "right_product", "right_id"]
_PRODUCTS = {"hq": "Xero HQ", "xpm": "Practice Manager", "tax": "Xero Tax"}


def organisation_tables(
    con: duckdb.DuckDBPyConnection, frames: Frames, run_id: str
) -> dict[str, pl.DataFrame]:
    """organisation_link, and link_questions.

    Takes source_client, match, effective_organisation, link_plan, link_client.
    """
    product = pl.col("product").replace_strict(_PRODUCTS)
    lives_on = (pl.col("outcome") == "survivor").any().over("practice_id", "client_id")
    fates = (
        frames["link_client"]
        .with_columns(
            label=pl.format("{} client {}", product, "source_id"),
            # What was merged into an archived client is archived with it.
            outcome=pl.when(lives_on | (pl.col("outcome") != "merged"))
            .then("outcome")
            .otherwise(pl.lit("archived")),
        )
        .select(_FATE)
    )
    held = {
        "source_client": frames["source_client"]
        .filter(pl.col("organisation_id").is_not_null())
        .select(_CLIENT),
        "near_pair": frames["match"].filter(pl.col("band") == "near").select(_PAIR),
        "link_client": fates,
    }
    holders = run_sql(con, "links/organisation_holders", held)
    decided = {name: frames[name] for name in ("effective_organisation", "link_plan")}
    subjects = fates.join(decided["effective_organisation"], on=_KEY, how="semi")
    links = {**decided, "link_client": subjects, "holder": holders}
    found = conform(run_sql(con, "links/organisation_links", links, {"run_id": run_id}), "organisation_link")
    asked = {"holder": holders, "organisation_link": found}
    return {
        "organisation_link": found,
        "link_questions": run_sql(con, "links/organisation_questions", asked, {"run_id": run_id}),
    }
