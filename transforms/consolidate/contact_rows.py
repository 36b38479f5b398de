"""The contacts as read, numbered: text keys are looked up here once, and go by number from here on."""

import polars as pl

from transforms.sql import Frames

_ORDER = ["practice_id", "source_id", "product", "source_client_id"]


def contact_rows(frames: Frames) -> pl.DataFrame:
    """One row per client and contact read, in the order of practice, contact id, product and client id.

    `contact_no`: number of the contact, in this order. `rid`: row number of its client in `client_fate`; null
    where that could not be read. `person`, `record`, `clue`: of `contact_person`; null where that lacks it.
    Takes hq_contacts, xpm_contacts, contact_person, client_fate.
    """
    client = frames["client_fate"].select("practice_id", "product", source_client_id="source_id")
    client = client.with_columns(rid=pl.int_range(pl.len()))
    changes = [pl.col(c).ne_missing(pl.col(c).shift()) for c in _ORDER[:3]]
    return (
        _listed(frames)
        .sort(_ORDER)
        .with_columns(contact_no=pl.any_horizontal(changes).cum_sum().cast(pl.Int64))
        .join(client, on=client.columns[:3], how="left", maintain_order="left")  # many to at most one
        .join(
            frames["contact_person"], on=_ORDER[:3], how="left", maintain_order="left"
        )  # many to at most one
    )


def _listed(frames: Frames) -> pl.DataFrame:
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
