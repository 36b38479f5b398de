"""The normalised form of every source client: what matching compares."""

from collections.abc import Callable

import polars as pl

from expectations.conform import conform
from transforms.normalise.addresses import address
from transforms.normalise.dates import drop_default_dates
from transforms.normalise.electronic import emails, websites
from transforms.normalise.identifiers import (
    acn_of_abn,
    branch_number,
    business_number,
    company_number,
    tax_number,
)
from transforms.normalise.organisations import organisation_parts
from transforms.normalise.persons import person_name
from transforms.normalise.phones import phones
from transforms.normalise.places import city, post_code, region_code
from transforms.normalise.structures import PEOPLE, is_organisation_word, structure, structure_by_name
from transforms.normalise.text import folded, joined, over_distinct, present

_KEY = ("practice_id", "product", "source_id")
_PLACE = ("address_line", "city", "region", "post_code", "country")
_ORGANISATION = ("organisation_name", "legal_form", "trustee_for", "trading_as", "name_numbers")
_PERSON = ("given_name", "middle_name", "family_name", "name_suffix", "full_name")


def comparable(clients: pl.DataFrame, practices: pl.DataFrame) -> pl.DataFrame:
    """`comparable` of every row of `source_client`; `practices` tells the region that numbers are read by.

    Persons and sole traders get the parts of a person's name, organisations those of an organisation's; a
    record that could be either gets both, a sole trader whose business has another name too. The postal
    address counts where there is no other. Raises ContractError where the input does not have the contract's
    columns.
    """
    regions = practices.select("practice_id", practice_region="region")
    rows = clients.join(regions, on="practice_id", how="left", maintain_order="left", validate="m:1")
    named = client_names(rows)
    parts = [clients.select(_KEY), named, _contact(rows), _place(rows), _numbers(rows, named["structure"])]
    return conform(pl.concat(parts, how="horizontal"), "comparable")


def client_names(rows: pl.DataFrame) -> pl.DataFrame:
    """structure, entity_type and every column of a name, of a person or an organisation.

    `rows`: name, first_name, middle_name, last_name, business_structure.
    """
    frame = rows.select(
        *(present(pl.col(c)) for c in ("name", "first_name", "middle_name", "last_name")),
        listed=structure(rows["business_structure"]),
    ).with_columns(
        has_parts=pl.col("first_name").is_not_null() & pl.col("last_name").is_not_null(),
        folded=folded(pl.col("name")),
    )
    may_be_organisation = (pl.col("listed") != "individual") | pl.col("name").str.contains("/")
    frame = frame.hstack(_on_rows(frame, may_be_organisation, lambda some: organisation_parts(some["name"])))
    frame = frame.with_columns(organised=_organised(frame))
    unlisted = pl.col("listed") == "unknown"
    found = pl.when(unlisted).then(structure_by_name(frame)).otherwise(pl.col("listed"))
    frame = _with_entity_type(frame.with_columns(structure=found))
    may_be_person = (pl.col("entity_type") == "person") | pl.col("like_person")
    persons = _on_rows(frame, may_be_person, _person)
    frame = frame.drop("first_name", "middle_name", "last_name").hstack(persons)
    return _without_echo(frame).select(
        "structure",
        "entity_type",
        *_PERSON[:-1],
        *_ORGANISATION,
        full_name=pl.coalesce("full_name", "folded"),
    )


def _with_entity_type(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds entity_type, and `like_person` for unknown ones that read like "First Last"."""
    unknown = pl.col("structure") == "unknown"
    return frame.with_columns(
        entity_type=pl.when(pl.col("structure").is_in(PEOPLE))
        .then(pl.lit("person"))
        .when(~unknown | pl.col("organised"))
        .then(pl.lit("organisation"))
        .otherwise(pl.lit("unknown")),
        like_person=unknown
        & ~pl.col("organised")
        & _legal_part().str.contains(r"^\S+(?: \S+){1,3}$").fill_null(False),
    )


def _organised(frame: pl.DataFrame) -> pl.Series:
    """Whether the display name is an organisation's by form or words, and more than the person's own name."""
    couple = pl.col("name").str.contains(r"\s[&+]\s").fill_null(False)
    likely = pl.col("legal_form").is_not_null() | is_organisation_word(_legal_part()) | couple
    return _on_rows(frame, likely, _beyond_own)["beyond"].fill_null(False)


def _beyond_own(frame: pl.DataFrame) -> pl.DataFrame:
    own = folded(joined(pl.col("first_name"), pl.col("middle_name"), pl.col("last_name")))
    beyond = _legal_part().str.split(" ").list.set_difference(own.str.split(" ")).list.len() > 0
    return frame.select(beyond=beyond.fill_null(True))


def _legal_part() -> pl.Expr:
    """The display name without its trading name: "John Smith T/A Smith Plumbing" is John Smith."""
    trades = pl.col("trading_as").is_not_null()
    return pl.when(trades).then(pl.col("organisation_name")).otherwise("folded")


def _person(frame: pl.DataFrame) -> pl.DataFrame:
    """Parts of persons' names; a display name that is a business's is no source for them."""
    usable = ~pl.col("organised") | pl.col("trading_as").is_not_null()
    display = frame.select(pl.when(usable).then(pl.col("name"))).to_series()
    return person_name(frame["first_name"], frame["middle_name"], frame["last_name"], display)


def _without_echo(frame: pl.DataFrame) -> pl.DataFrame:
    """Persons lose an organisation's name that only repeats their own."""
    person, individual = pl.col("entity_type") == "person", pl.col("structure") == "individual"
    # Only of these: to split all names costs most.
    trades, own = (
        pl.when(person & ~individual).then(name).str.split(" ") for name in ("organisation_name", "full_name")
    )
    repeats = trades.list.set_difference(own).list.len() == 0
    drop = person & (individual | repeats.fill_null(False))
    kept = ("organisation_name", "legal_form", "name_numbers")
    return frame.with_columns(pl.when(~drop).then(pl.col(c)).alias(c) for c in kept)


def _contact(rows: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "date_of_birth": drop_default_dates(rows["date_of_birth"]),
            "emails": emails(rows["emails"]),
            "phones": phones(rows["phones"], rows["practice_region"]),
            "websites": websites(rows["websites"]),
        }
    )


def _place(rows: pl.DataFrame) -> pl.DataFrame:
    postal = present(pl.col("address_line")).is_null() & present(pl.col("postal_address_line")).is_not_null()
    place = rows.select(
        "practice_region",
        *(pl.when(postal).then(pl.col(f"postal_{c}")).otherwise(pl.col(c)).alias(c) for c in _PLACE),
    ).with_columns(country=pl.coalesce(present(pl.col("country")), "practice_region"))
    towns = over_distinct(place.select("city", "region", "post_code", "country"), _town)
    return address(place["address_line"], place["city"], place["post_code"]).hstack(towns)


def _town(place: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "city": city(place["city"]),
            "region": region_code(place["region"], place["country"]),
            "post_code": post_code(place["post_code"], place["country"]),
        }
    )


def _numbers(rows: pl.DataFrame, structures: pl.Series) -> pl.DataFrame:
    """Every registered number; most rows have none, so each is read once per distinct value and region."""
    tax, business, company = (
        over_distinct(rows.select(value=name, region="practice_region"), read)
        for name, read in (
            ("tax_number", lambda some: tax_number(some["value"], some["region"])),
            ("business_number", _business),
            ("company_number", lambda some: company_number(some["value"], some["region"]).to_frame()),
        )
    )
    inside = pl.when(structures == "company").then(business["inside"])
    numbers = tax.with_columns(
        business["business_number"],
        company_number=pl.coalesce(company["company_number"], inside),
        branch_number=branch_number(rows["branch_number"]),
    )
    return numbers.with_columns(_without_tax_numbers(rows["practice_id"], numbers))


def _without_tax_numbers(practices: pl.Series, numbers: pl.DataFrame) -> pl.Series:
    """company_number, null where the practice lists it as a tax number, for evidence shows it whole."""
    own = numbers.select(practices, "company_number").with_row_index("row")
    listed = numbers.select(practices, company_number="tax_number").drop_nulls().unique()
    places = own.join(listed, on=["practice_id", "company_number"], how="semi")["row"]
    return own["company_number"].scatter(places, None)


def _business(some: pl.DataFrame) -> pl.DataFrame:
    number = business_number(some["value"], some["region"])
    return pl.DataFrame({"business_number": number, "inside": acn_of_abn(some["value"])})


def _on_rows(
    frame: pl.DataFrame, mask: pl.Expr, make: Callable[[pl.DataFrame], pl.DataFrame]
) -> pl.DataFrame:
    """`make` of the rows where `mask` holds, nulls in the others."""
    some = frame.select(some=mask.fill_null(False))
    place = some.select(pl.when("some").then(pl.col("some").cum_sum() - 1)).to_series()
    return make(frame.filter(some["some"]))[place]
