"""Households: who shares a surname, an address, an e-mail and a phone; and the people in them."""

import numpy as np
import polars as pl

from transforms.sample.contact_points import email_of, landlines, mobiles
from transforms.sample.dice import Dice, runs
from transforms.sample.names import (
    draw_cultures,
    draw_given_names,
    draw_places,
    draw_streets,
    draw_surnames,
    reference,
)

PERSON_ROLES = ("head", "spouse", "child", "namesake", "twin", "sole_trader")


def draw_households(practices: pl.DataFrame, seed: int) -> pl.DataFrame:
    """One row per household with its shared traits, ordered by practice.

    `practices` holds practice, country, clients. Every practice gets households enough for its clients.
    """
    dice = Dice(seed, "households")
    count = np.ceil(practices["clients"].to_numpy() / 1.6).astype(np.int64) + 2
    base = practices.select("practice", "country").with_columns(
        town=pl.Series(dice.integers(0, 100, practices.height))
    )
    frame = base[np.repeat(np.arange(practices.height), count)].with_row_index("household")
    n, countries = frame.height, frame["country"]
    cultures = draw_cultures(dice, countries)
    places = draw_places(dice, countries, frame["town"].to_numpy())
    return frame.with_columns(
        pl.col("household").cast(pl.Int64),
        template=pl.Series(_templates(dice, n)),
        culture=pl.Series(cultures),
        surname=draw_surnames(dice, cultures),
        landline=landlines(dice, countries, places["area_code"]),
        has_landline=pl.Series(dice.chance(0.55, n)),
        shares_email=pl.Series(dice.chance(0.3, n)),
        shares_mobile=pl.Series(dice.chance(0.06, n)),
        po_box=pl.Series(np.where(dice.chance(0.2, n), dice.integers(1, 4000, n), 0)),
    ).hstack(pl.concat([places, draw_streets(dice, n)], how="horizontal"))


def _templates(dice: Dice, n: int) -> pl.Series:
    weights = reference("households")["weight"].cast(pl.Float64).to_list()
    return reference("households")["members"].gather(dice.pick(weights, n))


def draw_members(households: pl.DataFrame, practices: pl.DataFrame) -> pl.DataFrame:
    """One row per client that a household makes: household, practice, role, number among its like.

    Each practice gets exactly its number of clients; the last household may lose members.
    """
    members = households.select(
        "household", "practice", pl.col("template").str.split(";").alias("role")
    ).explode("role")
    members = members.with_columns(place=pl.Series(runs(members["practice"].to_numpy())))
    limit = practices.select("practice", "clients")
    members = members.join(limit, on="practice", maintain_order="left").filter(
        pl.col("place") < pl.col("clients")
    )
    # household and role have no gaps inside a household: like roles stand together.
    keys = members.select(pl.struct("household", "role").rle_id()).to_series().cast(pl.Int64).to_numpy()
    return members.select("household", "practice", "role").with_columns(number=pl.Series(runs(keys) + 1))


def draw_people(households: pl.DataFrame, members: pl.DataFrame, seed: int) -> pl.DataFrame:
    """One row per person: head and spouse of every household, clients or not, and its grown-up children.

    Columns: household, role, number, person, given, middle, surname, maiden, female, birth, mobile, email.
    """
    dice = Dice(seed, "people")
    slots = pl.concat(
        [
            households.select("household", pl.lit(role).alias("role"), pl.lit(1, pl.Int64).alias("number"))
            for role in ("head", "spouse")
        ]
        + [members.filter(pl.col("role").is_in(PERSON_ROLES[2:5])).select("household", "role", "number")]
    )
    shared = households.select(
        "household", "practice", "country", "culture", "surname", "shares_email", "shares_mobile"
    )
    people = slots.join(shared, on="household", maintain_order="left").sort("household", "role", "number")
    people = people.with_row_index("person").with_columns(pl.col("person").cast(pl.Int64))
    return _contact(_name(people, dice), dice)


def _name(people: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    n = people.height
    female = dice.chance(0.45, n)
    cultures = people["culture"].to_numpy()
    people = people.with_columns(
        female=pl.Series(female),
        year=pl.Series(1936 + dice.integers(0, 60, n)),
        age_gap=pl.Series(dice.integers(-5, 6, n)),
        generation=pl.Series(dice.integers(21, 36, n)),
        day=pl.Series(dice.integers(0, 365, n)),
        maiden=draw_surnames(dice, cultures),
        own_surname=pl.Series(dice.chance(0.15, n)),
        married=pl.Series(dice.chance(0.06, n)),
        unrelated_twin=pl.Series(dice.chance(0.012, n)),
        has_middle=pl.Series(dice.chance(0.7, n)),
    )
    people = people.with_columns(
        pl.when(pl.col("role") == "spouse")
        .then(~pl.col("female").first())
        .otherwise("female")
        .over("household")
    )
    people = people.with_columns(
        given=draw_given_names(dice, cultures, people["female"].to_numpy()),
        middle=draw_given_names(dice, cultures, people["female"].to_numpy()),
    )
    return _related(people)


def _related(people: pl.DataFrame) -> pl.DataFrame:
    """What people have of each other: a son his father's name, twins their birthday, spouses a surname."""

    def head(column: str) -> pl.Expr:
        return pl.col(column).filter(pl.col("role") == "head").first().over("household")

    twin, namesake = pl.col("role") == "twin", pl.col("role") == "namesake"
    # The head of the household before, of the same practice, lends its name to an unrelated person.
    heads = people.filter(pl.col("role") == "head").select(
        "household",
        other_given=pl.col("given").shift(1).over("practice"),
        other_surname=pl.col("surname").shift(1).over("practice"),
        alike=pl.col("unrelated_twin"),
    )
    people = people.join(heads, on="household", maintain_order="left").with_columns(
        alike=pl.col("alike") & (pl.col("role") == "head") & pl.col("other_given").is_not_null()
    )
    year = (
        pl.when(pl.col("role") == "spouse")
        .then(head("year") + pl.col("age_gap"))
        .when(pl.col("role").is_in(["child", "namesake"]))
        .then((head("year") + pl.col("generation")).clip(upper_bound=2004))
        .when(twin)
        .then((head("year") + pl.col("generation").first().over("household")).clip(upper_bound=2004))
        .otherwise("year")
    )
    keeps_own = (pl.col("role") == "spouse") & pl.col("own_surname")
    changed = (pl.col("role") == "spouse") & pl.col("married") & ~pl.col("own_surname")
    return people.with_columns(
        given=pl.when("alike").then("other_given").when(namesake).then(head("given")).otherwise("given"),
        surname=pl.when("alike").then("other_surname").when(keeps_own).then("maiden").otherwise("surname"),
        maiden=pl.when(changed).then("maiden"),
        middle=pl.when("has_middle").then("middle"),
        female=pl.when(namesake).then(head("female")).otherwise("female"),
        birth=pl.date(year, 1, 1)
        + pl.duration(days=pl.when(twin).then(pl.col("day").first().over("household")).otherwise("day")),
    ).select(
        "person", "household", "practice", "country", "role", "number", "given", "middle", "surname",
        "maiden", "female", "birth", "shares_email", "shares_mobile",
    )  # fmt: skip


def _contact(people: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    people = people.with_columns(
        mobile=mobiles(dice, people["country"]),
        email=email_of(dice, people["given"], people["surname"], people["birth"]),
    )

    def head(column: str) -> pl.Expr:
        return pl.col(column).filter(pl.col("role") == "head").first().over("household")

    return people.with_columns(
        email=pl.when("shares_email").then(head("email")).otherwise("email"),
        mobile=pl.when("shares_mobile").then(head("mobile")).otherwise("mobile"),
    ).drop("shares_email", "shares_mobile")
