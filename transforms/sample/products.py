"""The client lists as Xero HQ and Xero Tax deliver them, and what the products' lists have in common."""

import datetime as dt

import numpy as np
import polars as pl

from expectations.conform import conform
from transforms.sample.dice import Dice

# Share of clients that keep their books in a Xero organisation.
_BOOKS = {"Company": 0.7, "Trust": 0.4, "Sole Trader": 0.4, "Partnership": 0.5, "Association": 0.6}


def draw_organisations(entities: pl.DataFrame, seed: int) -> pl.DataFrame:
    """entity, organisation_id, organisation_access of the clients whose books are in Xero."""
    dice, n = Dice(seed, "organisations"), entities.height
    share = entities["structure"].replace_strict(_BOOKS, default=0.05, return_dtype=pl.Float64)
    access = dice.choice(["subscriber", "invited"], n, [0.92, 0.08])
    frame = entities.select("entity").with_columns(organisation_id=dice.uuids(n), organisation_access=access)
    return frame.filter(pl.Series(dice.chance(share.to_numpy(), n)))


def hq_clients(
    records: pl.DataFrame, organisations: pl.DataFrame, staff: pl.DataFrame, snapshot: dt.date, seed: int
) -> pl.DataFrame:
    """Contract table `hq_clients`. A duplicate in the list has no organisation of its own."""
    dice = Dice(seed, "hq")
    frame = records.filter(pl.col("product") == "hq").join(
        organisations, on="entity", how="left", maintain_order="left"
    )
    n, person = frame.height, pl.col("is_person")
    known = pl.lit(pl.Series(dice.chance(0.9, n)))
    linked = (pl.col("copy") == 0) & pl.col("organisation_id").is_not_null() & known
    nameless = person & pl.lit(pl.Series(dice.chance(0.25, n)))
    structure = structure_words(frame, dice, {"Superannuation Fund": ["Superannuation Fund", "Trust"]})
    frame = frame.select(
        "practice_id",
        hq_client_id="source_id",
        business_structure=structure,
        name=pl.when(nameless).then(None).otherwise("name"),
        first_name=pl.when(person).then("first_name"),
        last_name=pl.when(person).then("last_name"),
        date_of_birth="birth",
        emails="emails",
        phones="phones",
        websites=websites(),
        address_line="address_line",
        city="city",
        region="region",
        post_code="post_code",
        country="country_name",
        status=pl.when(pl.col("state") == "archived").then(pl.lit("archived")).otherwise(pl.lit("active")),
        organisation_id=pl.when(linked).then("organisation_id"),
        organisation_name=pl.when(linked).then("name"),
        organisation_access=pl.when(linked).then("organisation_access"),
        staff_ids=_staff_ids(frame, staff, dice),
        notes=notes(frame, dice, 0.06),
        updated_at=moments(dice, n, snapshot),
    )
    return conform(frame, "hq_clients")


def _staff_ids(frame: pl.DataFrame, staff: pl.DataFrame, dice: Dice) -> pl.Expr:
    """One or two of the practice's staff."""
    team = staff.group_by("practice_id").len()
    sizes = frame.select("practice_id").join(team, on="practice_id", how="left", maintain_order="left")["len"]
    count = np.minimum(sizes.cast(pl.Int64).to_numpy(), 9)
    users = [pl.Series(dice.integers(1, count, frame.height)).cast(pl.String) for _ in range(2)]
    return pl.concat_list([pl.lit("u") + pl.lit(user) for user in users]).list.unique(maintain_order=True)


def tax_clients(
    records: pl.DataFrame, organisations: pl.DataFrame, snapshot: dt.date, seed: int
) -> pl.DataFrame:
    """Contract table `tax_clients`: most name their XPM client, some none, a few a gone or a wrong one."""
    dice = Dice(seed, "tax")
    xpm = records.filter((pl.col("product") == "xpm") & (pl.col("copy") == 0)).select(
        "entity",
        pl.col("source_id").alias("uuid"),
        pl.col("source_id").shift(1).over("practice").alias("other"),
    )
    frame = (
        records.filter(pl.col("product") == "tax")
        .join(xpm, on="entity", how="left", maintain_order="left")
        .join(organisations, on="entity", how="left", maintain_order="left")
    )
    n, person, u = frame.height, pl.col("is_person"), pl.Series(dice.uniform(len(frame)))
    returns, gone = pl.when(person).then(pl.lit("ITR")).otherwise(pl.lit("CTR")), dice.uuids(n)
    named = pl.when(u < 0.06).then(pl.lit(gone)).when(u < 0.07).then("other").otherwise("uuid")
    uuid = pl.when(pl.col("uuid").is_not_null() & (u >= 0.045)).then(named)
    frame = frame.select(
        "practice_id",
        tax_client_id="source_id",
        xpm_client_uuid=uuid,
        name="name",
        first_name=pl.when(person).then("first_name"),
        last_name=pl.when(person).then("last_name"),
        date_of_birth="birth",
        tax_number=pl.when(pl.Series(dice.chance(0.97, n))).then("tax_number"),
        abn=pl.when(pl.col("country") == "AU").then("business_number"),
        acn=pl.when(pl.col("country") == "AU").then("company_number"),
        branch_number=pl.when(pl.col("business_number").is_not_null()).then(pl.lit("1")),
        tax_agent=pl.lit("Head Office"),
        return_types=pl.concat_list(returns),
        organisation_id=pl.when(pl.Series(dice.chance(0.6, n))).then("organisation_id"),
        updated_at=moments(dice, n, snapshot),
    )
    return conform(frame, "tax_clients")


def structure_words(frame: pl.DataFrame, dice: Dice, spellings: dict[str, list[str]]) -> pl.Expr:
    """The structure as one of its spellings; a few records have none."""
    text = pl.col("structure")
    for structure, words in spellings.items():
        text = (
            pl.when(pl.col("structure") == structure)
            .then(pl.lit(dice.choice(words, frame.height)))
            .otherwise(text)
        )
    return pl.when(pl.Series(dice.chance(0.98, frame.height))).then(text)


def websites() -> pl.Expr:
    """List of the client's website, for a third of those with a domain of their own; else empty."""
    site = pl.concat_list(pl.lit("www.") + pl.col("domain"))
    return pl.when(pl.col("domain").is_not_null() & (pl.col("record") % 3 == 0)).then(site).otherwise(
        pl.lit([], dtype=pl.List(pl.String))
    )  # fmt: skip


def notes(frame: pl.DataFrame, dice: Dice, share: float) -> pl.Expr:
    """Short notes; one in twenty holds a tax number, as people do write them down."""
    n = frame.height
    text = dice.choice(["Prefers e-mail", "Moved in 2022", "Call after 5 pm", "Referred by a neighbour"], n)
    number = pl.lit("TFN ") + pl.col("tax_number") + pl.lit(" given by phone")
    note = pl.when(pl.Series(dice.chance(0.05, n))).then(number).otherwise(pl.lit(text))
    return pl.when(pl.Series(dice.chance(share, n))).then(note)


def moments(dice: Dice, n: int, snapshot: dt.date) -> pl.Series:
    """Moments of the three years before the snapshot, to the second."""
    seconds = pl.Series(dice.integers(3600, 3 * 365 * 86_400, n))
    night = dt.datetime.combine(snapshot, dt.time())
    return pl.select(
        (pl.lit(night) - pl.duration(seconds=pl.lit(seconds))).cast(pl.Datetime("us"))
    ).to_series()
