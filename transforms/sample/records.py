"""One record per client and list: what the list says of the client, with what is missing, stale or wrong."""

import datetime as dt

import numpy as np
import polars as pl

from transforms.sample.contact_points import email_of, mobiles, typed_phone, typed_street, where
from transforms.sample.dice import Booleans, Dice, Floats
from transforms.sample.name_forms import name_records
from transforms.sample.names import draw_streets
from transforms.sample.noise import blanked, mistype, recased

# Share of values that a list lacks, per product: our estimate after the products' forms (HQ asks for little).
_MISSING = {
    "birth": {"hq": 0.45, "xpm": 0.2, "tax": 0.04},
    "email": {"hq": 0.15, "xpm": 0.22, "tax": 1.0},
    "phone": {"hq": 0.25, "xpm": 0.18, "tax": 1.0},
    "address": {"hq": 0.35, "xpm": 0.12, "tax": 1.0},
}


def draw_records(
    roster: pl.DataFrame, entities: pl.DataFrame, practices: pl.DataFrame, seed: int
) -> pl.DataFrame:
    """The roster with the values of each record: names, birth, emails, phones, address, identifiers.

    Lists are `emails` and `phones`; every other value is one text or null.
    """
    dice = Dice(seed, "records")
    traits = practices.select(
        "practice", "practice_id", "hub", "whole_tax", "name_style", "practice_phone", "practice_email",
        "practice_address",
    )  # fmt: skip
    records = roster.join(entities.drop("practice"), on="entity", maintain_order="left").join(
        traits, on="practice", maintain_order="left"
    )
    records = name_records(records, dice)
    for step in (_births, _emails, _phones, _addresses):
        records = step(records, dice)
    return records


def _missing(records: pl.DataFrame, dice: Dice, field: str) -> Booleans:
    share = records["product"].replace_strict(_MISSING[field], return_dtype=pl.Float64).to_numpy()
    mess = np.clip(records["mess"].to_numpy(), 0.5, 1.5)
    return dice.chance(np.where(share < 1.0, np.minimum(share * mess, 0.9), 1.0), records.height)


def _births(records: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Missing, day and month exchanged, a year beside, or the default date of an old system."""
    n, mess = records.height, records["mess"].to_numpy()
    records = records.with_columns(
        gone=pl.Series(_missing(records, dice, "birth")), u=pl.Series(dice.uniform(n) / mess)
    )
    birth, u = pl.col("birth"), pl.col("u")
    exchanged = pl.date(birth.dt.year(), birth.dt.day().clip(upper_bound=12), birth.dt.month())
    return records.with_columns(
        birth=pl.when(pl.col("gone") | ~pl.col("is_person"))
        .then(None)
        .when(u < 0.008)
        .then(exchanged)
        .when(u < 0.013)
        .then(birth.dt.offset_by("1y"))
        .when(u < 0.018)
        .then(pl.date(1900, 1, 1))
        .otherwise(birth)
    ).drop("gone", "u")


def _emails(records: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    n = records.height
    mess: Floats = records["mess"].to_numpy()
    years = pl.repeat(dt.date(1999, 1, 1), n, eager=True)
    old = email_of(dice, records["head_given"], records["head_surname"], years)
    email = where(dice.chance(0.05 * mess, n), old, records["email"])
    email = recased(dice, mistype(dice, email, dice.chance(0.008 * mess, n)), dice.chance(0.04, n))
    email = where(dice.chance(records["hub"].to_numpy(), n), records["practice_email"], email)
    email = blanked(email, _missing(records, dice, "email"))
    extra = (records["product"] == "hq").to_numpy() & dice.chance(0.12, n)
    second = blanked(where(dice.chance(0.5, n), records["head_email"], old), ~extra)
    return records.with_columns(emails=_listed(email, second))


def _phones(records: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    n = records.height
    mess: Floats = records["mess"].to_numpy()
    uses_mobile = dice.chance(np.where(records["is_person"], 0.72, 0.35), n)
    phone = where(uses_mobile, records["mobile"], records["landline"].fill_null(records["mobile"]))
    phone = where(dice.chance(0.05 * mess, n), mobiles(dice, records["country"]), phone)
    phone = where(dice.chance(records["hub"].to_numpy(), n), records["practice_phone"], phone)
    typed = typed_phone(dice, phone, records["country"])
    typed = where(dice.chance(0.002 * mess, n), pl.Series(["tba"] * n), typed)
    typed = blanked(typed, _missing(records, dice, "phone"))
    extra = (records["product"] == "hq").to_numpy() & dice.chance(0.25, n)
    second = blanked(typed_phone(dice, records["landline"], records["country"]), ~extra)
    return records.with_columns(phones=_listed(typed, second))


def _listed(first: pl.Series, second: pl.Series) -> pl.Series:
    """Lists of the one or two values that are there, the second one only once."""
    frame = pl.DataFrame({"a": first, "b": second})
    both = pl.concat_list("a", "b").list.drop_nulls().list.unique(maintain_order=True)
    return frame.select(both).to_series()


def _addresses(records: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Half of the records of those who moved keep the old address; postal ones are often a box."""
    n = records.height
    mess: Floats = records["mess"].to_numpy()
    stale = dice.chance(np.minimum(0.06 * mess, 0.5), n)
    street = where(stale, typed_street(dice, draw_streets(dice, n)), typed_street(dice, records))
    street = mistype(dice, street, dice.chance(0.012 * mess, n))
    hub = dice.chance(records["hub"].to_numpy() * 0.5, n)
    street = where(hub, records["practice_address"], street)
    gone = _missing(records, dice, "address")
    city = recased(dice, records["city"], dice.chance(0.15, n))
    long_region = dice.chance(0.3, n)
    region = where(long_region, records["region_name"], records["region"])
    country = records["country"].replace_strict(
        {"AU": "Australia", "NZ": "New Zealand", "UK": "United Kingdom"}
    )
    box = pl.select(pl.lit("PO Box ") + pl.Series(records["po_box"]).cast(pl.String)).to_series()
    no_postal = dice.chance(0.35, n) | (records["product"] != "xpm").to_numpy()
    boxed = (records["po_box"] > 0).to_numpy()
    return records.with_columns(
        address_line=blanked(street, gone),
        city=blanked(city, gone),
        region=blanked(region, gone | dice.chance(0.1, n)),
        post_code=blanked(records["post_code"], gone | dice.chance(0.04, n)),
        country_name=blanked(country, gone | dice.chance(0.5, n)),
        postal_line=blanked(where(boxed, box, street), no_postal),
        postal_city=blanked(records["city"], no_postal),
        postal_region=blanked(records["region"], no_postal),
        postal_code=blanked(records["post_code"], no_postal),
    )
