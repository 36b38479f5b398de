"""Contacts: one row per person and practice, linked to as many clients as the person belongs to.

A row marked deleted drops that link; a contact all of whose rows are deleted is excluded. One with no client
that lives on is dropped. Which of the others are one person is read from `contact_person`. On a link,
`position` is that of the published row. The primary contact is one named by the product that the client
stands on, else one named by the other product; among several the smaller id: so a client has at most one, and
where the lists name several a person is asked.

Contacts and links go by number, in the order of their ids: text keys cost ten times that.
"""

import duckdb
import polars as pl

from expectations.conform import conform
from expectations.contracts import table
from expectations.errors import ContractError
from transforms.consolidate.ids import stable_ids
from transforms.consolidate.joined import rows_at
from transforms.sql import Frames, run_sql

_VALUES = ["name", "first_name", "last_name", "salutation", "addressee", "email", "phone", "mobile"]
_KEY = ["practice_id", "product", "source_id"]
_ENDS = ["left_product", "left_id", "right_product", "right_id"]
_UNKNOWN = "Its client is not among the clients that could be read."
_MANY = 2**31
"""More than there are rows: a rank and a number go as one number, `rank * _MANY + number`."""


def contact_tables(con: duckdb.DuckDBPyConnection, frames: Frames, run_id: str) -> dict[str, pl.DataFrame]:
    """unified_contact, client_contact; of contacts dropped_link (without run_id), link_fate, link_questions.

    Takes link_contact (of `contact_rows`), contact_near, link_plan, link_became.
    """
    rows = _rows(frames)
    records = _headed(_records(rows))
    heads = records.filter(pl.col("contact_no") == pl.col("head_no"))
    contacts = heads.with_columns(contact_id=stable_ids(con, heads, "p"))
    links = _links(rows, _placed(rows, records), contacts)
    return {
        "unified_contact": _conformed(contacts, "unified_contact", run_id),
        "client_contact": _conformed(links.filter(pl.col("lost").is_null()), "client_contact", run_id),
        "dropped_link": _dropped(links),
        "link_fate": _fates(rows, records, contacts),
        "link_questions": _questions(con, frames["contact_near"], (records, contacts, links), run_id),
    }


def _rows(frames: Frames) -> pl.DataFrame:
    """One row per client and contact read of a practice with a plan, with what its client became.

    `row_no` is the row number. `follows`: whether the link can go there; `own`: whether it comes from the
    product its client stands on.
    """
    plan = frames["link_plan"].filter("planned").select("practice_id", "region", "kept_product")
    rows = frames["link_contact"].join(plan, on="practice_id", maintain_order="left")  # many to one
    became = frames["link_became"].select("client_id", "client_no", "stands_on", client_lost="lost")
    return (
        rows.hstack(rows_at(became, rows["rid"]))
        .with_row_index("row_no")
        .with_columns(
            pl.col("row_no").cast(pl.Int64),
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


def _records(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per contact with a link that can follow; its values are those of its fullest such row.

    The rows of one contact should hold the same; of equally full ones that of the smallest client id counts.
    """
    lacks = pl.sum_horizontal(pl.col(c).is_null() for c in _VALUES).cast(pl.Int64).alias("lacks")
    live = rows.filter("follows").select("contact_no", "row_no", lacks)
    best = live.group_by("contact_no").agg(_first("lacks", "row_no")).sort("contact_no")
    records = rows[best["row_no"] % _MANY].with_columns(lacks=best["row_no"] // _MANY)
    lacking = records.filter(pl.col("person").is_null())
    if lacking.height:
        example = " ".join(lacking.select(_KEY).row(0))
        raise ContractError(
            f"contact_person lacks {lacking.height} contacts, for example {example}: match the contacts of"
            " the same batch first (matching.contacts.match_contacts)."
        )
    return records


def _first(rank: str | pl.Expr, number: str) -> pl.Expr:
    """The smallest of `number` among those of the lowest `rank`, as one number with the rank."""
    rank = pl.col(rank) if isinstance(rank, str) else rank
    return (rank * _MANY + pl.col(number)).min().alias(number)


def _headed(records: pl.DataFrame) -> pl.DataFrame:
    """With `head_no`, the contact that its person stands on.

    Of the product that the policy keeps, then the fuller, then the smaller id, which is the smaller number.
    """
    rank = (~pl.col("on_kept_product")) * (len(_VALUES) + 1) + pl.col("lacks")
    return records.with_columns(head_no=_first(rank, "contact_no").over("person") % _MANY)


def _placed(rows: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """One row per link that can follow its client: the contact it leads to, and whether it is published.

    Of several between one client and one contact that of the product the client stands on is. Primary: one
    that the client's own product names beats the other's, then the smaller contact id.
    """
    following = rows.filter("follows").select("row_no", "contact_no", "client_no", "is_primary", "own")
    following = following.join(records.select("contact_no", "head_no"), on="contact_no")  # many to one
    named = following.filter("is_primary").sort(~pl.col("own"), "row_no").unique("client_no", keep="first")
    named = named.select("client_no", named_no="head_no")
    rank = 2 * (~pl.col("own")).cast(pl.Int64) + (pl.col("contact_no") != pl.col("head_no"))
    link = pl.col("client_no") * _MANY + pl.col("head_no")
    return following.join(named, on="client_no", how="left").select(  # many to at most one
        *("row_no", "head_no"),
        is_published=pl.col("row_no") == _first(rank, "row_no").over(link) % _MANY,
        is_primary=(pl.col("head_no") == pl.col("named_no")).fill_null(False),
    )


def _links(rows: pl.DataFrame, placed: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """One row per link read, with the contact it leads to; `lost` says why, where it is not published."""
    known = placed.join(contacts.select("head_no", "contact_id"), on="head_no")  # many to one
    read = rows.drop(*_VALUES, "record", "clue").rename({"is_primary": "names"})
    links = read.join(known, on="row_no", how="left", maintain_order="left")  # one to at most one
    repeated = pl.lit("It repeats a link that is published.")
    return links.with_columns(lost=pl.when(~pl.col("is_published")).then(repeated).otherwise("lost"))


def _fates(rows: pl.DataFrame, records: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """One row per contact read: what became of it. Deleted is one all of whose rows are."""
    some_left = rows.filter(~pl.col("deleted"))["contact_no"].unique()
    head = contacts.select("head_no", "contact_id", of="record", head_product="product", head_id="source_id")
    became = records.select("contact_no", "head_no", is_of="record", tie="clue").join(head, on="head_no")
    read = rows.filter(pl.col("contact_no").is_first_distinct()).select(*_KEY, "contact_no")
    read = read.join(became, on="contact_no", how="left", maintain_order="left")  # one to at most one
    stands, joined = pl.col("head_no") == pl.col("contact_no"), pl.col("head_no").is_not_null()
    deleted = ~pl.col("contact_no").is_in(some_left.implode())
    list_of = (
        pl.when(pl.col("head_product") == "hq").then(pl.lit("Xero HQ")).otherwise(pl.lit("Practice Manager"))
    )
    same_name = pl.lit("the name is the same, and an e-mail or phone")
    tie = pl.when(pl.col("is_of") == pl.col("of")).then(same_name).otherwise("tie")
    outcomes = ((stands, "survivor"), (joined, "merged"), (deleted, "excluded"))
    return read.select(
        *("practice_id", "product"),
        pl.lit("contact").alias("entity"),
        "source_id",
        unified_id="contact_id",
        outcome=pl.coalesce(
            *(pl.when(holds).then(pl.lit(name)) for holds, name in outcomes), pl.lit("dropped")
        ),
        reason=pl.when(stands)
        .then(pl.lit("It is kept as a contact."))
        .when(joined)
        .then(pl.format("It is the same person as {} contact {}: {}.", list_of, "head_id", tie))
        .when(deleted)
        .then(pl.lit("It was deleted in Practice Manager."))
        .otherwise(pl.lit("None of its clients lives on.")),
    )


_Found = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]
"""Records, contacts published, links."""


def _questions(
    con: duckdb.DuckDBPyConnection, near: pl.DataFrame, found: _Found, run_id: str
) -> pl.DataFrame:
    """Who may be one person, and who is the primary contact, where the lists name several people.

    Two who may be one are not asked about as primary contacts too: that is settled with the first answer.
    """
    records, contacts, links = found
    person = records.select("person", "head_no").unique()
    ends = [pl.col(f"{end}_person").is_in(person["person"].implode()) for end in ("left", "right")]
    asked = near.filter(*ends)
    concerned = pl.concat([asked["left_person"], asked["right_person"]])
    head = person.filter(pl.col("person").is_in(concerned.implode()))
    named = contacts.select("contact_no", *_KEY, "name")
    of = named.filter(pl.col("contact_no").is_in(head["head_no"].implode()))
    tables = {"contact_near": asked, "contact_head": head, "unified_contact": of}
    near = run_sql(con, "links/contact_questions", tables, {"run_id": run_id})
    primary = links.filter("names", "follows").filter(pl.col("head_no").n_unique().over("client_no") > 1)
    columns = (
        "row_no",
        *_KEY[:2],
        "source_client_id",
        "client_id",
        "client_no",
        "head_no",
        "own",
        "is_primary",
    )
    of = named.filter(pl.col("contact_no").is_in(primary["head_no"].implode()))
    several = {"contact_link": primary.select(columns), "unified_contact": of}
    differing = run_sql(con, "links/primary_questions", several, {"run_id": run_id})
    for pair in (_ENDS, _ENDS[2:] + _ENDS[:2]):
        differing = differing.join(
            near, left_on=["practice_id", *pair], right_on=["practice_id", *_ENDS], how="anti"
        )
    return pl.concat([near, differing])


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
