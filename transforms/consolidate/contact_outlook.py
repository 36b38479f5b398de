"""What every policy would make of contacts: by the rules of `contacts.contact_tables`, in numbers alone."""

import polars as pl

from transforms.consolidate.joined import Records
from transforms.consolidate.policy import POLICIES
from transforms.sql import Frames

_KEYS = ["policy", "practice"]


def contact_outlook(frames: Frames, records: Records, plan: pl.DataFrame) -> pl.DataFrame:
    """Practice number × policy: contacts_changed, and questions about contacts, in rows of their own.

    `frames`: `link_contact` (of `contact_rows`; `rid` is that of the records), `contact_near`.
    """
    practice = records.record.select("practice", "practice_id").unique()
    links = _links(frames["link_contact"].join(practice, on="practice_id", maintain_order="left"), plan)
    near = frames["contact_near"].join(practice, on="practice_id")  # many to one
    asked = _questions(records, links.filter("follows"), near, plan)
    return pl.concat([_changes(links, plan), asked], how="diagonal")


def _links(rows: pl.DataFrame, plan: pl.DataFrame) -> pl.DataFrame:
    """One row per link of a contact that is a person, in the order of `rows`; `follows`: its client."""
    # A record that becomes some client does so under every policy.
    some = pl.when(pl.col("target").is_not_null()).then("set_id")
    sets = plan.filter(pl.col("policy") == "all_xpm").select(some).to_series()
    rows = rows.filter(pl.col("person").is_not_null())
    rows = rows.with_columns(sets.gather(rows["rid"]), place=pl.int_range(pl.len()))
    return rows.select(
        *("place", "practice", "product", "contact_no", "person", "rid", "is_primary", "set_id"),
        follows=pl.col("set_id").is_not_null() & ~pl.col("deleted"),
    )


def _changes(links: pl.DataFrame, plan: pl.DataFrame) -> pl.DataFrame:
    """Policy × practice: contacts that would not stay as they were read.

    Changed is who reaches no client, loses a link (deleted ones and repeated ones too), or is joined by
    another contact of one person. All but the repeated links is the same under every policy.
    """
    counts = {"links": pl.len(), "reached": pl.col("follows").sum()}
    contacts = links.group_by("contact_no").agg(pl.col("practice", "person").first(), **counts)
    joined = contacts.filter(pl.col("reached") > 0).filter(pl.col("person").is_duplicated())["contact_no"]
    changed = (pl.col("reached") < pl.col("links")) | pl.col("contact_no").is_in(joined.implode())
    several = contacts.filter(~changed, pl.col("reached") > 1)["contact_no"]
    rows = links.filter("follows", pl.col("contact_no").is_in(several.implode())).select("contact_no", "rid")
    there = plan.filter(pl.col("rid").is_in(rows["rid"].implode())).join(rows, on="rid")  # many to many
    contact = [*_KEYS, "contact_no"]
    repeating = there.filter(pl.struct(*contact, "target").is_duplicated()).select(contact).unique()
    always = pl.DataFrame({"policy": POLICIES}).join(contacts.filter(changed), how="cross").select(contact)
    both = pl.concat([always, repeating])
    return both.group_by(_KEYS).agg(contacts_changed=pl.len().cast(pl.Int64))


def _questions(
    records: Records, following: pl.DataFrame, near: pl.DataFrame, plan: pl.DataFrame
) -> pl.DataFrame:
    """Policy × practice: questions about contacts. `following`: the links that follow their clients."""
    person = following["person"].unique().implode()
    near = near.filter(pl.col("left_person").is_in(person), pl.col("right_person").is_in(person))
    # Joined records of which two or more people are named as primary contact.
    primary, several = following.filter("is_primary"), pl.col("person").min() != pl.col("person").max()
    primary = primary.filter(several.over("set_id")).select("place", "practice", "product", "person", "rid")
    there = plan.filter(pl.col("rid").is_in(primary["rid"].implode())).select("policy", "rid", "target")
    there = there.with_columns(stands_on=records.record["product"].gather(there["target"]))
    always = pl.DataFrame({"policy": POLICIES}).join(near.select("practice"), how="cross")
    both = pl.concat([always, _several_primary(primary.join(there, on="rid"), near).select(always.columns)])
    return both.group_by(_KEYS).agg(questions=pl.len().cast(pl.Int64))


def _several_primary(named: pl.DataFrame, near: pl.DataFrame) -> pl.DataFrame:
    """policy, practice: one row per client of which the lists name several people as primary contact.

    `named`: policy × link that names one, with its client (`target`). Two who may be one person (`near`) are
    not asked about as primary contacts too: these are the one that is published and the next.
    """
    far = (pl.col("product") == "hq") != (pl.col("stands_on") == "hq")
    client = [*_KEYS, "target"]
    people = named.sort(far, "place").unique([*client, "person"], keep="first", maintain_order=True)
    two = people.group_by(client).agg(
        one=pl.col("person").first(), other=pl.col("person").slice(1, 1).first()
    )
    two = two.drop_nulls("other").select(
        *_KEYS,
        left_person=pl.min_horizontal("one", "other"),
        right_person=pl.max_horizontal("one", "other"),
    )
    return two.join(near, on=["left_person", "right_person"], how="anti")
