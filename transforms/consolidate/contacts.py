"""Contacts: one row per person and practice, linked to as many clients as the person belongs to.

A row marked deleted drops that link; a contact all of whose rows are deleted is excluded. One with no client
that lives on is dropped. Which of the others are one person is read from `contact_person`. On a link,
`position` is that of the published row. The primary contact is one named by the product that the client
stands on, else one named by the other product; among several the smaller id: so a client has at most one, and
where the lists name several a person is asked.

Between the steps contacts and links go by number, in the order of their ids: text keys cost ten times that.
"""

import duckdb
import polars as pl

from expectations.conform import conform
from expectations.contracts import table
from expectations.errors import ContractError
from transforms.sql import Frames, run_sql

_VALUES = ["name", "first_name", "last_name", "salutation", "addressee", "email", "phone", "mobile"]
_ORDER = ["practice_id", "source_id", "product", "source_client_id"]
_ENDS = ["left_product", "left_id", "right_product", "right_id"]
_UNKNOWN = "Its client is not among the clients that could be read."


def contact_tables(con: duckdb.DuckDBPyConnection, frames: Frames, run_id: str) -> dict[str, pl.DataFrame]:
    """unified_contact, client_contact; of contacts dropped_link (without run_id), link_fate, link_questions.

    Takes hq_contacts, xpm_contacts, contact_person, contact_near, link_plan, link_client.
    """
    rows = _numbered(_rows(frames))
    records = _records(rows)
    heads = run_sql(con, "links/contact_heads", {"contact_record": _persons(records, frames)})
    contacts = _unified(records, heads)
    slim = rows.select("row_no", "contact_no", "client_no", "is_primary", "own", "follows")
    placed = run_sql(con, "links/contact_links", {"contact_row": slim, "contact_head": heads})
    links = _links(rows, placed, contacts)
    fated = {"contact": _read(rows), "contact_head": heads, **_named(contacts)}
    return {
        "unified_contact": _conformed(contacts, "unified_contact", run_id),
        "client_contact": _conformed(links.filter(pl.col("lost").is_null()), "client_contact", run_id),
        "dropped_link": _dropped(links),
        "link_fate": run_sql(con, "links/contact_fates", fated),
        "link_questions": _questions(con, frames, (rows, placed, heads, contacts), run_id),
    }


def listed(frames: Frames) -> pl.DataFrame:
    """One row per client and contact read, the columns of both products under one name."""
    both_names = pl.concat_str("first_name", "last_name", separator=" ", ignore_nulls=True).replace("", None)
    hq = frames["hq_contacts"].select(
        *("practice_id", "first_name", "last_name", "email", "phone", "mobile", "position"),
        product=pl.lit("hq"),
        source_id="hq_contact_id",
        source_client_id="hq_client_id",
        name=pl.coalesce("name", both_names),
        is_primary=pl.col("is_primary").fill_null(False),
        deleted=pl.lit(False),
    )
    named = ("Name", "Salutation", "Addressee", "Email", "Phone", "Mobile", "Position")
    xpm = frames["xpm_contacts"].select(
        "practice_id",
        *(pl.col(name).alias(name.lower()) for name in named),
        product=pl.lit("xpm"),
        source_id="UUID",
        source_client_id="ClientUUID",
        is_primary=pl.col("IsPrimary").fill_null(False),
        deleted=pl.col("IsDeleted").fill_null(False),
    )
    return pl.concat([hq, xpm], how="diagonal")


def _rows(frames: Frames) -> pl.DataFrame:
    """One row per client and contact read of a practice with a plan, with what its client became.

    `follows`: whether the link can go there; `own`: whether it comes from the product its client stands on.
    """
    plan = frames["link_plan"].filter("planned").select("practice_id", "region", "kept_product")
    became = ("client_id", "client_no", "stands_on", pl.col("lost").alias("client_lost"))
    client = frames["link_client"].select("practice_id", "product", *became, source_client_id="source_id")
    return (
        listed(frames)
        .join(plan, on="practice_id")  # many to one
        .join(client, on=["practice_id", "product", "source_client_id"], how="left")  # many to at most one
        .with_columns(
            on_kept_product=pl.col("product") == pl.col("kept_product"),
            own=(pl.col("product") == pl.col("stands_on")).fill_null(False),
            follows=pl.col("client_id").is_not_null() & ~pl.col("deleted"),
            lost=pl.when("deleted")
            .then(pl.lit("The contact was deleted from this client."))
            .when(pl.col("client_id").is_null())
            .then(pl.coalesce("client_lost", pl.lit(_UNKNOWN))),
        )
        .drop("kept_product", "stands_on", "client_lost")
    )


def _persons(records: pl.DataFrame, frames: Frames) -> pl.DataFrame:
    """The records with the person that each is, and what ties it to the person's other contacts."""
    key = ["practice_id", "product", "source_id"]
    found = records.join(frames["contact_person"], on=key, how="left", validate="1:1")
    lacking = found.filter(pl.col("person").is_null())
    if lacking.height:
        example = " ".join(lacking.select(key).row(0))
        raise ContractError(
            f"contact_person lacks {lacking.height} contacts, for example {example}: match the contacts of"
            " the same batch first (matching.contacts.match_contacts)."
        )
    return found.select("contact_no", *key, "on_kept_product", "fullness", "person", "record", "clue")


def _named(contacts: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return {"unified_contact": contacts.select("contact_no", "contact_id", *_ORDER[:3], "name")}


_Placed = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]
"""Rows read, where each is placed, heads, and the contacts published."""


def _questions(con: duckdb.DuckDBPyConnection, frames: Frames, found: _Placed, run_id: str) -> pl.DataFrame:
    """Who may be one person, and who is the primary contact, where the lists name several people.

    Two who may be one are not asked about as primary contacts too: that is settled with the first answer.
    """
    rows, placed, heads, contacts = found
    run = {"run_id": run_id}
    primary = rows.filter("is_primary", "follows").select(
        "row_no", "practice_id", "product", "source_client_id", "client_id", "is_primary", "own"
    )
    named = placed.join(rows.select("row_no", "client_no"), on="row_no", validate="1:1")
    asked = {"contact_near": frames["contact_near"], "contact_head": heads.select("person", "head_no")}
    near = run_sql(con, "links/contact_questions", {**asked, **_named(contacts)}, run)
    several = {"contact_row": primary, "contact_link": named, **_named(contacts)}
    differing = run_sql(con, "links/primary_questions", several, run)
    for ends in (_ENDS, _ENDS[2:] + _ENDS[:2]):
        differing = differing.join(
            near, left_on=["practice_id", *ends], right_on=["practice_id", *_ENDS], how="anti"
        )
    return pl.concat([near, differing])


def _numbered(rows: pl.DataFrame) -> pl.DataFrame:
    """`row_no` and `contact_no` in the order of practice, contact id, product, client id."""
    changes = [pl.col(c).ne_missing(pl.col(c).shift()) for c in _ORDER[:3]]
    return (
        rows.sort(_ORDER)
        .with_row_index("row_no")
        .with_columns(contact_no=pl.any_horizontal(changes).cum_sum())
    )


def _records(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per contact with a link that can follow; its values are those of its fullest such row.

    The rows of one contact should hold the same; of equally full ones that of the smallest client id counts.
    """
    fullness = pl.sum_horizontal(pl.col(c).is_not_null() for c in _VALUES).alias("fullness")
    live = rows.filter("follows").select("row_no", "contact_no", fullness)
    ladder = live.sort("contact_no", "fullness", "row_no", descending=[False, True, False])
    best = ladder.unique("contact_no", keep="first", maintain_order=True)
    return rows[best["row_no"]].with_columns(best["fullness"])


def _unified(records: pl.DataFrame, heads: pl.DataFrame) -> pl.DataFrame:
    """The records that contacts stand on, values as they are, with the stable id of the contact."""
    standing = heads.filter(pl.col("contact_no") == pl.col("head_no")).select("contact_no", "contact_id")
    return records.join(standing, on="contact_no", validate="1:1")


def _links(rows: pl.DataFrame, placed: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """One row per link read, with the contact it leads to; `lost` says why, where it is not published."""
    ids = contacts.select(pl.col("contact_no").alias("head_no"), "contact_id")
    known = placed.join(ids, on="head_no", validate="m:1")
    read = rows.drop(*_VALUES, "is_primary")
    links = read.join(known, on="row_no", how="left", validate="1:1")
    repeated = pl.lit("It repeats a link that is published.")
    return links.with_columns(lost=pl.when(~pl.col("is_published")).then(repeated).otherwise("lost"))


def _read(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per contact read, deleted where all its rows are."""
    some_left = rows.filter(~pl.col("deleted")).select("contact_no").unique()
    contacts = rows.unique("contact_no", keep="any").select("contact_no", *_ORDER[:3])
    return contacts.with_columns(deleted=~pl.col("contact_no").is_in(some_left["contact_no"].implode()))


def _conformed(frame: pl.DataFrame, name: str, run_id: str) -> pl.DataFrame:
    stamped = frame.with_columns(run_id=pl.lit(run_id))
    if name == "client_contact":
        stamped = stamped.rename({"source_id": "source_contact_id"})
    return conform(stamped.select(table(name).names), name)


def _dropped(links: pl.DataFrame) -> pl.DataFrame:
    kind = pl.lit("contact").alias("kind")
    lost = links.filter(pl.col("lost").is_not_null())
    ids = ("product", "source_id", "source_client_id")
    return lost.select("practice_id", kind, *ids, occurrence=pl.lit(1, pl.Int64), reason="lost")
