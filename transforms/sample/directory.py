"""The partner directory and the staff of each practice."""

import datetime as dt

import numpy as np
import polars as pl

from expectations.conform import conform
from transforms.sample.contact_points import landlines, slug, typed_phone, typed_street
from transforms.sample.dice import Dice, runs
from transforms.sample.names import (
    draw_cultures,
    draw_given_names,
    draw_places,
    draw_streets,
    draw_surnames,
    words,
)


def with_office(practices: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Adds the practice's own name, phone, e-mail and address, which some of its clients bear too."""
    dice, n, countries = Dice(seed, "office"), practices.height, practices["country"]
    places = draw_places(dice, countries, dice.integers(0, 100, n))
    partner = draw_surnames(dice, draw_cultures(dice, countries))
    second = draw_surnames(dice, draw_cultures(dice, countries))
    name = pl.when(pl.Series(dice.chance(0.4, n))).then(partner + " & " + second).otherwise(partner)
    top = pl.col("country").replace_strict({"AU": ".com.au", "NZ": ".co.nz", "UK": ".co.uk"})
    kind = dice.choice(words("practice"), n)
    given = pl.col("practice_name") if "practice_name" in practices.columns else pl.lit(None, pl.String)
    frame = practices.with_columns(
        practice_name=pl.coalesce(given, pl.concat_str(name, pl.lit(kind), separator=" ")),
        practice_phone=landlines(dice, countries, places["area_code"]),
        practice_address=typed_street(dice, draw_streets(dice, n)),
        practice_city=places["city"],
        practice_post_code=places["post_code"],
    )
    return frame.with_columns(practice_email=pl.lit("office@") + slug(pl.col("practice_name")) + top)


def directory(practices: pl.DataFrame, snapshot: dt.date, seed: int) -> pl.DataFrame:
    """Contract table `practices`; people are the staff members u1 (Master Admin), u2, u3 …"""
    dice, n = Dice(seed, "directory"), practices.height
    days = dice.integers(20, 400, n)
    connected = pl.col("connection").is_in(["confirmed", "existing"])
    open_ = pl.col("tool_open")
    night = dt.datetime.combine(snapshot, dt.time(9))
    phone = typed_phone(dice, practices["practice_phone"], practices["country"])
    frame = practices.select(
        "practice_id",
        "practice_name",
        region="country",
        hq_account_id=pl.lit("hq-") + pl.col("practice_id").str.to_lowercase(),
        xpm_account_id=pl.when(pl.col("connection") != "no_account").then(
            pl.lit("xpm-") + pl.col("practice_id").str.to_lowercase()
        ),
        connection="connection",
        connected_by=pl.when(connected & (pl.col("connected_by") != "")).then("connected_by"),
        connected_at=pl.when(connected).then(pl.lit(night) - pl.duration(days=pl.lit(pl.Series(days)))),
        has_tax="has_tax",
        tool_opened_by=pl.when(open_).then(pl.lit("u2")),
        tool_opened_at=pl.when(open_).then(pl.lit(night) - pl.duration(hours=pl.lit(pl.Series(days % 48)))),
        tool_closed_at=pl.lit(None, pl.Datetime("us")),
        deadline=pl.when(pl.Series(dice.chance(0.05, n))).then(pl.lit(dt.date(2024, 3, 31))),
        phone=pl.lit(phone),
        email="practice_email",
        address_line="practice_address",
        city="practice_city",
        post_code="practice_post_code",
    )
    micros = pl.col("connected_at", "tool_opened_at").cast(pl.Datetime("us"))
    return conform(frame.with_columns(micros), "practices")


def staff(practices: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Contract table `staff`: u1 Master Admin, u2 administrator, u3 standard …, u9 without a say."""
    dice = Dice(seed, "staff")
    sizes = np.clip(practices["clients"].to_numpy() // 60, 1, 20) + 3
    frame = practices.select("practice_id", "country", "practice_email")[
        np.repeat(np.arange(practices.height), sizes)
    ]
    place = runs(frame.select(pl.col("practice_id").rle_id()).to_series().cast(pl.Int64).to_numpy())
    n, last = frame.height, place + 1 == np.repeat(sizes, sizes)
    cultures = draw_cultures(dice, frame["country"])
    given = draw_given_names(dice, cultures, dice.chance(0.5, n))
    surname = draw_surnames(dice, cultures)
    number = pl.Series(np.where(last, 9, np.where(place + 1 >= 9, place + 2, place + 1)))
    admin = (place == 1) | ((place > 2) & dice.chance(0.15, n) & ~last)
    role = np.where(place == 0, "master_admin", np.where(admin, "admin", "standard"))
    frame = frame.select(
        "practice_id",
        user_id=pl.lit("u") + pl.lit(number.cast(pl.String)),
        name=pl.lit(given + " " + surname),
        email=slug(pl.lit(given)) + pl.lit("@") + pl.col("practice_email").str.split("@").list.get(1),
        hq_role=pl.lit(pl.Series(role.tolist())),
        xpm_edit_all=pl.lit(pl.Series((place == 0) | admin)),
    )
    return conform(frame, "staff")
