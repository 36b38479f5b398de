"""What every policy would make of contacts, groups and organisations, chosen or not: nothing is estimated."""

import duckdb
import polars as pl

from transforms.consolidate.contacts import listed
from transforms.consolidate.joined import Records
from transforms.consolidate.links import link_outlook, masked_texts
from transforms.sql import Frames, run_sql

_COUNTS = ("contacts_changed", "groups_changed", "orphaned", "questions")
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

    `links`: of `link_tables` under the chosen policies. Under the others groups and organisations are carried
    out by the same code, as if each policy were one more practice; of the many contacts only what is counted
    is worked out.
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


def contact_outlook(
    con: duckdb.DuckDBPyConnection, frames: Frames, records: Records, plan: pl.DataFrame
) -> pl.DataFrame:
    """Practice number × policy: contacts_changed, and questions about contacts, in rows of their own.

    By the rules of `contacts.contact_tables`, in numbers alone.
    """
    contacts = listed(frames).select(
        *("practice_id", "product", "source_id", "is_primary", "deleted"), client_id="source_client_id"
    )
    key = ["practice_id", "product", "source_id"]
    person = frames["contact_person"].select(*key, "person").with_row_index("contact")
    record = records.record.select("practice_id", "product", "rid", client_id="source_id")
    practice = records.record.select("practice", "practice_id").unique()
    link = (
        contacts.join(practice, on="practice_id")  # many to one
        .join(person, on=key)  # many to one
        .join(record, on=["practice_id", "product", "client_id"], how="left")  # many to at most one
        .sort("practice_id", "source_id", "product", "client_id")
        .with_row_index("place")
        .select("practice", "product", "contact", "person", "rid", "is_primary", "deleted", "place")
    )
    near = frames["contact_near"].join(practice, on="practice_id")  # many to one
    # A record that becomes some client does so under every policy.
    lives = plan.filter(pl.col("policy") == "all_xpm", pl.col("target").is_not_null()).select("rid", "set_id")
    known = {
        "contact_link": link,
        "following": link.filter(~pl.col("deleted")).join(lives, on="rid"),  # many to one
        "contact_near": near.select("practice", "left_person", "right_person"),
        "plan": plan.select("policy", "rid", "target"),
        "policies": plan.select("policy").unique(),
        "record": records.record.select("rid", "product"),
    }
    changes = run_sql(con, "consolidate/contact_changes", known)
    asked = run_sql(con, "consolidate/contact_asked", known)
    return pl.concat([changes, asked], how="diagonal")


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
    """What the policies of `supposed` make of each client, as `links/clients` says of the chosen ones."""
    of = record.select("rid", "practice", "product", "source_id")
    on = record.select(target="rid", stands_on=pl.col("product").replace("tax", "xpm"))
    return (
        plan.join(of, on="rid")  # many to one
        .join(supposed, on=["practice", "policy"])  # many to one
        .join(on, on="target", how="left")  # many to at most one
        .select(
            *("practice_id", "product", "source_id", "outcome", "stands_on", "lives"),
            joined_id=pl.col("set_id").cast(pl.String),
            client_id=pl.col("target").cast(pl.String),
            client_no="target",
            lost=pl.lit(None, pl.String),
        )
    )


def _supposed(frames: Frames, supposed: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The frames of the practices as each policy that they did not choose would find them."""
    frames = {**frames, **masked_texts({name: frames[name] for name in ("source_client", *_GROUPS)})}
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
    names = ("link_fate", "dropped_link", "link_questions", "organisation_link")
    return run_sql(con, "consolidate/followed", {name: found[name] for name in names})
