"""What every policy would make of contacts, groups and organisations, chosen or not: nothing is estimated."""

import duckdb
import polars as pl

from transforms.consolidate.contact_outlook import contact_outlook
from transforms.consolidate.joined import Records
from transforms.consolidate.links import link_outlook
from transforms.sql import Frames, run_sql

_COUNTS = ("contacts_changed", "groups_changed", "orphaned", "questions")
_ID = ("practice_id", "product", "source_id")
_GROUPS = ("hq_groups", "xpm_groups")
_BY_PRACTICE = ("source_client", "match", "effective_organisation", *_GROUPS)
# Of the widest tables only what `link_outlook` looks at: they would be held once for each policy.
_NARROW = {
    "source_client": ("product", "source_id", "name", "^organisation_.*$"),
    "match": ("left_product", "left_id", "right_product", "right_id", "band"),
}
_RELEVANT = {
    "source_client": pl.col("organisation_id").is_not_null(),
    "match": pl.col("band") == "near",
}


def followed(
    con: duckdb.DuckDBPyConnection, frames: Frames, records: Records, plan: pl.DataFrame, links: Frames
) -> pl.DataFrame:
    """Practice number × policy: contacts_changed, groups_changed, orphaned organisations, questions.

    `frames`: source tables, and those of `read_links`; `links`: of `link_tables` under the chosen policies.
    Under the others groups and organisations are carried out by the same code, as if each policy were one
    more practice; of the many contacts only what is counted is worked out.
    """
    chosen = frames["effective_policy"].select("practice_id", "policy", own_id="practice_id")
    supposed = _alternatives(records.record, plan.select("policy").unique(), chosen)
    clients = _clients(records.record, plan, supposed)
    others = link_outlook(con, {**_supposed(frames, supposed), "link_client": clients})
    of_chosen = {**links, "link_fate": links["link_crosswalk"]}
    numbers = records.record.select("practice", own_id="practice_id").unique()
    named = pl.concat([chosen, supposed.select(chosen.columns)]).join(numbers, on="own_id")  # many to one
    counts = pl.concat(_counted(con, found) for found in (of_chosen, others))
    found = named.join(counts, on="practice_id").drop("practice_id", "own_id")  # one to at most one
    together = pl.concat([found, contact_outlook(con, frames, records, plan)], how="diagonal")
    return together.group_by("practice", "policy").agg(pl.col(_COUNTS).sum())


def _alternatives(record: pl.DataFrame, policies: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    """Practice with both lists × policy that it did not choose: practice number, own_id, policy, practice_id.

    Under another policy a practice goes by a practice id of its own; `own_id` is its true one.
    """
    listed = record.group_by("practice", own_id="practice_id").agg("product")
    both = [pl.col("product").list.contains(product) for product in ("hq", "xpm")]
    rows = listed.filter(both).drop("product").join(policies, how="cross")
    rows = rows.join(chosen, on=["own_id", "policy"], how="anti")
    return rows.with_columns(practice_id=pl.format("{}|{}", "own_id", "policy"))


def _clients(record: pl.DataFrame, plan: pl.DataFrame, supposed: pl.DataFrame) -> pl.DataFrame:
    """What the policies of `supposed` make of each client, as `links` says of the chosen ones."""
    rows = plan.join(
        supposed.select("practice", "policy", "practice_id"), on=["practice", "policy"]
    )  # to one
    of, target = record.select("product", "source_id")[rows["rid"]], record["product"].gather(rows["target"])
    return rows.hstack(of).select(
        *("practice_id", "product", "source_id", "outcome", "lives"),
        stands_on=target.replace("tax", "xpm"),
        joined_id=pl.col("set_id").cast(pl.String),
        client_id=pl.col("target").cast(pl.String),
        client_no="target",
        lost=pl.lit(None, pl.String),
    )


def _supposed(frames: Frames, supposed: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The frames of the practices as each policy that they did not choose would find them."""
    ids = supposed.select(supposed_id="practice_id", practice_id="own_id")
    moved = {
        name: frames[name]
        .filter(_RELEVANT.get(name, pl.lit(True)))
        .select("practice_id", *_NARROW.get(name, (pl.exclude("practice_id"),)))
        .join(ids, on="practice_id")  # many to one per policy
        .with_columns(practice_id=pl.col("supposed_id"))
        .drop("supposed_id")
        for name in _BY_PRACTICE
    }
    kept = pl.when(pl.col("policy") == "all_hq").then(pl.lit("hq")).otherwise(pl.lit("xpm"))
    return {**moved, "link_plan": supposed.select("practice_id", planned=pl.lit(True), kept_product=kept)}


def _counted(con: duckdb.DuckDBPyConnection, found: Frames) -> pl.DataFrame:
    group, fate = pl.col("kind") == "group", pl.col("outcome").is_in(["survivor", "merged", "dropped"])
    of_group = found["link_fate"].filter(pl.col("entity") == "group", fate)
    # A repeated entry changes nothing.
    lossy = found["dropped_link"].filter(group, pl.col("occurrence") == 1).select(_ID).unique()
    tables = {
        "record": of_group.select(*_ID, "unified_id", "outcome"),
        "lossy": lossy,
        "orphan": found["organisation_link"].filter(pl.col("state") == "orphaned").select("practice_id"),
        "asked": found["link_questions"].filter(pl.col("kind") != "contact").select("practice_id"),
    }
    return run_sql(con, "consolidate/followed", tables)
