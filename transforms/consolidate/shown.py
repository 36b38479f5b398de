"""The records that a question is about, as a person needs to see them; tax numbers masked."""

import polars as pl

from transforms.consolidate.joined import Records
from transforms.private import mask_tax_number
from transforms.sql import Frames

KEY = ["entity", "practice_id", "product", "source_id"]
SHOWN = (
    "name",
    "business_structure",
    "date_of_birth",
    "emails",
    "phones",
    "address",
    "tax_number",
    "company_number",
    "business_number",
    "branch_number",
    "state",
    "organisation",
    "jobs",
    "xpm_client",
)
"""Fields of a record, in the order in which they are shown."""
_JSON = pl.struct(pl.col(SHOWN).replace("", None)).struct.json_encode()


def shown_records(records: Records, questions: pl.DataFrame, links: Frames) -> pl.DataFrame:
    """entity, practice_id, product, source_id, shown (JSON of `SHOWN`): one row per subject of a question.

    `links`: `unified_contact`, `unified_group`.
    """
    entity = entity_of(pl.col("kind"))
    wanted = pl.concat(
        questions.select("practice_id", entity=entity, product=f"{side}_product", source_id=f"{side}_id")
        for side in ("left", "right")
    ).unique()
    contacts, groups = links["unified_contact"], links["unified_group"]
    numbers = pl.concat_str("phone", "mobile", separator="; ", ignore_nulls=True)
    contacts = contacts.select(*KEY[1:], "name", emails="email", phones=numbers)
    found = [
        shown_clients(records.clients.join(wanted, on=KEY[1:], how="semi")).with_columns(
            entity=pl.lit("client")
        ),
        contacts.with_columns(entity=pl.lit("contact")),
        groups.select(*KEY[1:], "name").with_columns(entity=pl.lit("group")),
    ]
    some = [frame.join(wanted, on=KEY, how="semi") for frame in found]
    rows = pl.concat([_empty(), *some], how="diagonal")
    return rows.select(*KEY, shown=_JSON)


def entity_of(kind: pl.Expr) -> pl.Expr:
    """What the questions of a kind are about."""
    return pl.when(kind.is_in(["contact", "group"])).then(kind).otherwise(pl.lit("client"))


def client_versions(clients: pl.DataFrame, questions: pl.DataFrame) -> dict[tuple[str, str, str], str]:
    """Practice, product, id → shown (JSON of `SHOWN`), of those of `source_client` that are asked about."""
    sides = [
        questions.select("practice_id", product=f"{side}_product", source_id=f"{side}_id")
        for side in ("left", "right")
    ]
    found = shown_clients(clients.join(pl.concat(sides), on=KEY[1:], how="semi"))
    rows = found.select(*KEY[1:], shown=_JSON).iter_rows()
    return {(practice, product, source_id): shown for practice, product, source_id, shown in rows}


def shown_clients(clients: pl.DataFrame) -> pl.DataFrame:
    """Key and `SHOWN` of each row of `source_client`, all text."""
    address = ("address_line", "city", "region", "post_code", "country")
    return clients.with_columns(
        pl.col("emails", "phones").list.join("; "),
        pl.col("date_of_birth").cast(pl.String),
        address=pl.concat_str(address, separator=", ", ignore_nulls=True),
        tax_number=mask_tax_number(pl.col("tax_number")),
        organisation=pl.coalesce("organisation_name", "organisation_id"),
        jobs=pl.when("has_job").then(pl.lit("yes")),
        xpm_client="xpm_client_uuid",
    ).select(*KEY[1:], *SHOWN)


def _empty() -> pl.DataFrame:
    return pl.DataFrame(schema=dict.fromkeys((*KEY, *SHOWN), pl.String))
