"""Contacts: the people behind the clients, as each product writes them down."""

import datetime as dt

import polars as pl

from expectations.conform import conform
from transforms.sample.contact_points import email_of, typed_phone, where
from transforms.sample.dice import Dice, Floats
from transforms.sample.noise import blanked, mistype, nickname

# Person of the client, position at an organisation, share of persons and of organisations that have it.
_CONTACTS = [("own_person", "Director", 0.85, 0.97), ("spouse_person", "Secretary", 0.6, 0.8)]


def draw_contacts(records: pl.DataFrame, people: pl.DataFrame, product: str, seed: int) -> pl.DataFrame:
    """One row per client and contact of a product, with the person behind it; 1.6 a client.

    A person's first contact is he himself, an organisation's the head of its household. A person has mostly
    one contact on all clients, sometimes another one on the next client.
    """
    dice = Dice(seed, f"contacts {product}")
    clients = records.filter(pl.col("product") == product).with_columns(
        own_person=pl.when("is_person").then("person").otherwise("head_person")
    )
    parts = []
    for column, position, if_person, else_ in _CONTACTS:
        share: Floats = (
            clients.select(pl.when("is_person").then(if_person).otherwise(else_)).to_series().to_numpy()
        )
        some = clients.filter(pl.Series(dice.chance(share, clients.height)))
        held = pl.when(~pl.col("is_person")).then(pl.lit(position))
        parts.append(some.select("practice", "practice_id", "source_id", person=column, position=held))
    frame = pl.concat(parts).unique(["practice", "source_id", "person"], keep="first", maintain_order=True)
    frame = frame.sort("source_id", "practice", "person")
    frame = frame.with_columns(
        again=pl.Series(dice.chance(0.25, frame.height)).cast(pl.Int64),
        primary=pl.Series(dice.chance(0.85, frame.height)),
    )
    first = pl.col("person") == pl.col("person").min().over("practice", "source_id")
    wanted = frame.select("person", "again").unique().sort("person", "again")
    contacts = _written(wanted.join(_known(records, people), on="person", maintain_order="left"), dice)
    return frame.join(contacts, on=["person", "again"], maintain_order="left").with_columns(
        is_primary=pl.col("primary") & first
    )


def _known(records: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """What there is to write down of each person; `office` is the e-mail of a business of the household."""
    homes = records.group_by("household").agg(
        pl.col("landline").drop_nulls().first(), domain=pl.col("domain").drop_nulls().sort().first()
    )
    who = people.select(
        "person", "household", "country", "given", "surname", "female", "birth", "mobile", "email"
    )
    known = who.join(homes, on="household", how="left", maintain_order="left")
    return known.with_columns(office="info@" + pl.col("domain")).drop("domain", "household")


def _written(frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """The contacts themselves: one row per person and again, with an id and what its writer put down.

    An e-mail may be another one of the person's, or the office's that the couple shares; the phone is that of
    the household; the given name short or an initial; the name may start with the family name or a title.
    """
    n = frame.height
    years = pl.repeat(dt.date(1999, 1, 1), n, eager=True)
    other = email_of(dice, frame["given"], frame["surname"], years)
    email = where(dice.chance(0.1, n), other, frame["email"])
    email = where(dice.chance(0.12, n), frame["office"].fill_null(email), email)
    given = nickname(dice, frame["given"], dice.chance(0.05, n))
    given = where(dice.chance(0.03, n), given.str.head(1), given)
    phone = typed_phone(dice, frame["landline"], frame["country"])
    frame = frame.with_columns(
        contact_id=dice.uuids(n),
        given=given,
        surname=mistype(dice, frame["surname"], dice.chance(0.008, n)),
        mobile=blanked(typed_phone(dice, frame["mobile"], frame["country"]), dice.chance(0.25, n)),
        phone=blanked(phone, dice.chance(0.6, n)),
        email=blanked(email, dice.chance(0.2, n)),
        style=pl.Series(dice.pick([0.86, 0.09, 0.05], n)),
    )
    title = pl.when("female").then(pl.lit("Mrs ")).otherwise(pl.lit("Mr "))
    straight = pl.concat_str("given", "surname", separator=" ")
    name = (
        pl.when(pl.col("style") == 0)
        .then(straight)
        .when(pl.col("style") == 1)
        .then(pl.concat_str("surname", "given", separator=", "))
        .otherwise(title + straight)
    )
    return frame.with_columns(name=name).drop("country", "style", "female", "birth", "office", "landline")


def hq_contacts(contacts: pl.DataFrame) -> pl.DataFrame:
    """Contract table `hq_contacts`."""
    frame = contacts.select(
        "practice_id", hq_contact_id="contact_id", hq_client_id="source_id", name="name", first_name="given",
        last_name="surname", email="email", phone="phone", mobile="mobile",
        position="position", is_primary="is_primary",
    )  # fmt: skip
    return conform(frame, "hq_contacts")


def xpm_contacts(contacts: pl.DataFrame) -> pl.DataFrame:
    """Contract table `xpm_contacts`."""
    frame = contacts.select(
        "practice_id", UUID="contact_id", ClientUUID="source_id", Name="name", Salutation="given",
        Addressee=pl.concat_str(pl.col("given").str.slice(0, 1), "surname", separator=" "), Mobile="mobile",
        Email="email", Phone="phone", Position="position", IsPrimary="is_primary",
        IsDeleted=pl.col("again").eq(1) & pl.col("mobile").is_null() & pl.col("email").is_null(),
    )  # fmt: skip
    return conform(frame, "xpm_contacts")


def contact_truth(product: str, contacts: pl.DataFrame) -> pl.DataFrame:
    """practice_id, product, source_id, person_id: who each contact really is."""
    frame = contacts.select(
        "practice_id",
        product=pl.lit(product),
        source_id="contact_id",
        person_id=pl.concat_str("practice_id", pl.lit("/p"), pl.col("person").cast(pl.String).str.zfill(6)),
    )
    return frame.unique().sort("practice_id", "product", "source_id")
