"""The clients of a batch in the columns that blocking and comparison read."""

from collections.abc import Mapping

import polars as pl

from matching.contact_records import ID, ReadContacts, people_of_clients, without_own
from transforms import normalise
from transforms.normalise.lists import gathered, lists_of
from transforms.sql import Frames

LISTS = {"hq": 0, "xpm": 1, "tax": 2}
"""Number of the list of each product."""
_ENTITIES = {"unknown": 0, "person": 1, "organisation": 2}
_SUPER_FUND = r"(?:^| )(?:super|superannuation|super fund|superannuation fund|smsf|s f)$"


def client_records(frames: Frames, contacts: ReadContacts) -> pl.DataFrame:
    """One row per client: part (the practice), list, id, in this order, and what is compared.

    frames: comparable, practices, client_sync, source_client, effective_judgement. Values of the practice
    itself are taken out; a Practice Manager client has birth date and organisation of its Tax record too.
    """
    by_list = pl.col("product").replace_strict(LISTS, return_dtype=pl.UInt8)
    # Every client of `comparable` is one of `source_client`.
    source = frames["source_client"].select(*ID, "state", "first_name", written_middle="middle_name")
    clients = frames["comparable"].join(source, on=ID, how="left", maintain_order="left")
    clients = clients.with_columns(list=by_list).sort("practice_id", "list", "source_id")
    own = _practice_values(frames["practices"])
    address = own.select("practice_id", own_address="address")
    clients = clients.join(address, on="practice_id", how="left", maintain_order="left", validate="m:1")
    links = tax_links(frames)
    births = _tax_births(clients, links)
    return clients.select(
        part="practice_id",
        list="list",
        id="source_id",
        **_names(),
        dob=pl.coalesce("date_of_birth", births).cast(pl.String),
        dob_from=pl.when(births.is_not_null()).then(pl.lit("from the Tax record")),
        emails=_without(clients, own, "emails"),
        phones=_without(clients, own, "phones"),
        websites="websites",
        **_place(),
        tax_number="tax_number",
        tax_last3="tax_last3",
        business_number="business_number",
        branch_number="branch_number",
        company_number="company_number",
        sync=_held(clients, _synced(frames["client_sync"])),
        organisations=_held(clients, _organisations(frames["source_client"], links)),
        **people_of_clients(contacts, clients),
        state="state",
    )


def _names() -> Mapping[str, pl.Expr]:
    """Names, kind of client and its structure."""
    # HQ knows no super funds: there they are trusts that say so in their name.
    says_so = pl.col("legal_form").eq_missing(pl.lit("super_fund"))
    fund = (pl.col("structure") == "trust") & (says_so | pl.col("full_name").str.contains(_SUPER_FUND))
    # "Neville & Samantha Anderson" of no known structure is a couple, not Neville of middle name Samantha.
    joined = pl.col("organisation_name").str.contains(" and ", literal=True)
    couple = (pl.col("entity_type") == "unknown") & joined.fill_null(False)
    entity = pl.col("entity_type").replace_strict(_ENTITIES, return_dtype=pl.UInt8)
    # "Smith Nominees Pty Ltd ATF Smith Family Trust" in a trust's record is the Smith Family: the trustee's
    # name is one that several trusts, funds and the company itself go by.
    trusts = pl.col("structure").is_in(["trust", "super_fund", "unknown"])
    held = pl.col("trustee_for").is_not_null() & trusts
    organisation, trust = pl.col("organisation_name"), pl.col("trustee_for")
    numbers = pl.when(held).then(trust).str.extract_all("[0-9]+").list.join(" ").replace("", None)
    first = pl.col("first_name").str.strip_chars(" ")
    return {
        "entity": pl.when(couple).then(_ENTITIES["organisation"]).otherwise(entity).cast(pl.UInt8),
        "structure": pl.when(fund).then(pl.lit("super_fund")).otherwise("structure"),
        "given": pl.when(~couple).then("given_name"),
        "middle": pl.when(~couple).then("middle_name"),
        "family": pl.when(~couple).then("family_name"),
        "middle_of_given": pl.col("written_middle").is_null() | first.str.contains(" ", literal=True),
        "suffix": pl.col("name_suffix"),
        "whole": pl.col("full_name"),
        "org": pl.when(held).then(trust).otherwise(organisation),
        "org_numbers": pl.when(held).then(numbers).otherwise("name_numbers"),
        "trustee": pl.when(held).then(organisation).otherwise(trust),
        "trading": pl.col("trading_as"),
    }


def _place() -> Mapping[str, pl.Expr]:
    """The practice's own address counts by its town alone."""
    others = pl.when(pl.col("address").ne_missing(pl.col("own_address")))
    towns = {name: pl.col(name) for name in ("city", "post_code", "region")}
    return {"house": others.then("house_number"), "street": others.then("street"), **towns}


def _practice_values(practices: pl.DataFrame) -> pl.DataFrame:
    """The practice's own e-mail, phone and address, normalised."""
    return practices.select(
        "practice_id",
        emails=normalise.emails(practices["email"]),
        phones=normalise.phones(practices["phone"], practices["region"]),
        address=normalise.address(practices["address_line"])["address"],
    )


def _without(clients: pl.DataFrame, own: pl.DataFrame, column: str) -> pl.Series:
    """The list column without the values of the practice itself."""
    long = clients.select(text=column).with_row_index("row").explode("text", empty_as_null=False)
    mine = own.select("practice_id", text=column).explode("text")
    kept = without_own(long.drop_nulls(), clients["practice_id"], mine)
    return lists_of(kept["row"], kept["text"], clients.height)


def _held(clients: pl.DataFrame, values: pl.DataFrame) -> pl.Series:
    """List for each client of the values found of it; values: practice_id, product, source_id, found."""
    rows = clients.select(ID).with_row_index("row")
    return gathered(values.join(rows, on=ID), clients.height, "held")


def _synced(pairs: pl.DataFrame) -> pl.DataFrame:
    """What the two clients of each pair of the old sync hold in common: a number."""
    numbered = pairs.with_row_index("found")
    ends = {"hq": "hq_client_id", "xpm": "xpm_client_uuid"}
    return pl.concat(
        numbered.select("practice_id", "found", product=pl.lit(product), source_id=column)
        for product, column in ends.items()
    )


def tax_links(frames: Frames) -> pl.DataFrame:
    """practice_id, source_id, uuid, organisation_id: Tax records that name a Practice Manager client, but
    those of which a person said that they are another's."""
    source = frames["source_client"].select(*ID, "organisation_id", uuid="xpm_client_uuid")
    links = source.filter(pl.col("uuid").is_not_null(), product="tax").drop("product")
    said = frames["effective_judgement"].filter(judgement="no_match")
    refused = [
        said.filter(pl.col(f"{side}_product") == "tax").select(
            "practice_id", source_id=f"{side}_id", uuid=f"{other}_id"
        )
        for side, other in (("left", "right"), ("right", "left"))
    ]
    return links.join(pl.concat(refused), on=["practice_id", "source_id", "uuid"], how="anti")


def _organisations(source: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Xero organisations of clients. Practice Manager knows none; Tax, which shares its clients, does."""
    shared = links.select("practice_id", product=pl.lit("xpm"), source_id="uuid", found="organisation_id")
    return pl.concat([source.select(*ID, found="organisation_id"), shared]).drop_nulls("found")


def _tax_births(clients: pl.DataFrame, links: pl.DataFrame) -> pl.Series:
    """Birth date of Practice Manager clients without one: that of the Tax records that name them and bear
    their name, unless these differ."""
    names = ["given_name", "family_name"]
    rows = clients.select(*ID, *names, "date_of_birth").with_row_index("row")
    tax = rows.filter(product="tax").drop_nulls("date_of_birth").join(links, on=["practice_id", "source_id"])
    bare = rows.filter(pl.col("date_of_birth").is_null(), product="xpm").select(
        "practice_id", *names, "row", uuid="source_id"
    )
    named = bare.join(tax, on=["practice_id", "uuid", *names])
    dates = named.group_by("row").agg(pl.col("date_of_birth").unique())
    found = dates.filter(pl.col("date_of_birth").list.len() == 1)
    born = pl.repeat(None, clients.height, dtype=pl.Date, eager=True)
    return born.scatter(found["row"], found["date_of_birth"].list.first())
