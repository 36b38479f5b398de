"""The client lists in the shape in which each product delivers them."""

import datetime as dt

import numpy as np
import polars as pl

from expectations.conform import conform
from expectations.contracts import table
from transforms.sample.dice import Dice
from transforms.sample.identifiers import masked

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
    linked = (
        (pl.col("copy") == 0)
        & pl.col("organisation_id").is_not_null()
        & pl.lit(pl.Series(dice.chance(0.9, n)))
    )
    sizes = frame.select("practice_id").join(
        staff.group_by("practice_id").len(), on="practice_id", how="left", maintain_order="left"
    )
    count = sizes["len"].cast(pl.Int64).to_numpy()
    users = [
        pl.lit("u") + pl.lit(pl.Series(dice.integers(1, np.minimum(count, 9), n)).cast(pl.String))
        for _ in range(2)
    ]
    nameless = person & pl.lit(pl.Series(dice.chance(0.25, n)))
    structure = _structure_words(frame, dice, {"Superannuation Fund": ["Superannuation Fund", "Trust"]})
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
        websites=_websites(),
        address_line="address_line",
        city="city",
        region="region",
        post_code="post_code",
        country="country_name",
        status=pl.when(pl.col("state") == "archived").then(pl.lit("archived")).otherwise(pl.lit("active")),
        organisation_id=pl.when(linked).then("organisation_id"),
        organisation_name=pl.when(linked).then("name"),
        organisation_access=pl.when(linked).then("organisation_access"),
        staff_ids=pl.concat_list(*users).list.unique(maintain_order=True),
        notes=_notes(frame, dice, 0.06),
        updated_at=_moments(dice, n, snapshot),
    )
    return conform(frame, "hq_clients")


def xpm_clients(records: pl.DataFrame, snapshot: dt.date, seed: int) -> pl.DataFrame:
    """Contract table `xpm_clients`. The tax number is masked unless the practice exports it whole."""
    dice = Dice(seed, "xpm")
    frame = records.filter(pl.col("product") == "xpm")
    n, person, state, country = frame.height, pl.col("is_person"), pl.col("state"), pl.col("country")
    au, nz = country == "AU", country == "NZ"
    months = ["Jun"] * 8 + ["Dec", "Mar"]
    frame = frame.with_columns(
        number=_tax_numbers(frame, dice), books=pl.Series(dice.chance(0.55, n)), month=dice.choice(months, n)
    )
    columns = {
        "practice_id": pl.col("practice_id"),
        "UUID": pl.col("source_id"),
        "Name": pl.col("name"),
        "Title": pl.when(person).then(pl.when("female").then(pl.lit("Ms")).otherwise(pl.lit("Mr"))),
        "Gender": pl.when(person & au).then(pl.when("female").then(pl.lit("Female")).otherwise(pl.lit("Male"))),
        "FirstName": pl.when(person).then("first_name"),
        "MiddleName": pl.when(person).then("middle_name"),
        "LastName": pl.when(person).then("last_name"),
        "Email": pl.col("emails").list.first(),
        "DateOfBirth": pl.col("birth"),
        "Address": pl.col("address_line"),
        "City": pl.col("city"),
        "Region": pl.col("region"),
        "PostCode": pl.col("post_code"),
        "Country": pl.col("country_name"),
        "PostalAddress": pl.col("postal_line"),
        "PostalCity": pl.col("postal_city"),
        "PostalRegion": pl.col("postal_region"),
        "PostalPostCode": pl.col("postal_code"),
        "Phone": pl.col("phones").list.first(),
        "Website": _websites().list.first(),
        "ClientCode": pl.col("family").str.slice(0, 4).str.to_uppercase() + (pl.col("record") % 900 + 100).cast(pl.String),
        "IsProspect": state == "prospect",
        "IsArchived": state == "archived",
        "IsDeleted": state == "deleted",
        "TaxNumber": pl.col("number"),
        "CompanyNumber": pl.when(pl.Series(dice.chance(0.9, n))).then("company_number"),
        "BusinessNumber": _business_numbers(frame, dice),
        "BusinessStructure": _structure_words(frame, dice, {
            "Superannuation Fund": ["Self Managed Superannuation Fund", "SMSF", "Superannuation Fund"],
            "Trust": ["Trust", "Trust", "Discretionary Trust"], "Company": ["Company"] * 5 + ["Pty Ltd Company"],
            "Association": ["Club or Society"],
        }),
        "BalanceMonth": pl.col("month"),
        "PrepareGST": pl.col("books"),
        "GSTRegistered": pl.col("books") & pl.col("business_number").is_not_null(),
        "GSTPeriod": pl.when("books").then(pl.lit("2 Monthly")),
        "TaxAgent": pl.when(nz).then(pl.lit("Head Office")),
        "AgencyStatus": pl.when(nz).then(pl.lit("With EOT")),
        "ReturnType": pl.when(nz).then(pl.when(person).then(pl.lit("IR3")).otherwise(pl.lit("IR4"))),
        "PrepareActivityStatement": pl.when(au).then("books"),
        "PrepareTaxReturn": pl.when(au).then(pl.lit(True)),
        "ActiveAtoClient": pl.when(au).then(state == "active"),
        "Notes": _notes(frame, dice, 0.08),
        "CustomFields": pl.when(pl.Series(dice.chance(0.12, n))).then(
            pl.lit('{"Lawyer": "') + pl.col("family") + pl.lit(' Legal", "Newsletter": true}')
        ),
        "UpdatedAt": _moments(dice, n, snapshot),
    }  # fmt: skip
    absent = [c for c in table("xpm_clients").columns if c.name not in columns]
    nulls = [pl.lit(None, c.polars).alias(c.name) for c in absent]
    return conform(frame.select(*[e.alias(name) for name, e in columns.items()], *nulls), "xpm_clients")


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
    gone, returns = dice.uuids(n), pl.when(person).then(pl.lit("ITR")).otherwise(pl.lit("CTR"))
    uuid = (
        pl.when(pl.col("uuid").is_null() | (u < 0.045))
        .then(None)
        .when(u < 0.06)
        .then(pl.lit(gone))
        .when(u < 0.07)
        .then("other")
        .otherwise("uuid")
    )
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
        updated_at=_moments(dice, n, snapshot),
    )
    return conform(frame, "tax_clients")


def _structure_words(frame: pl.DataFrame, dice: Dice, spellings: dict[str, list[str]]) -> pl.Expr:
    """The structure as one of its spellings; a few records have none."""
    text = pl.col("structure")
    for structure, words in spellings.items():
        text = (
            pl.when(pl.col("structure") == structure)
            .then(pl.lit(dice.choice(words, frame.height)))
            .otherwise(text)
        )
    return pl.when(pl.Series(dice.chance(0.98, frame.height))).then(text)


def _websites() -> pl.Expr:
    site = pl.concat_list(pl.lit("www.") + pl.col("domain"))
    return pl.when(pl.col("domain").is_not_null() & (pl.col("record") % 3 == 0)).then(site).otherwise(
        pl.lit([], dtype=pl.List(pl.String))
    )  # fmt: skip


def _notes(frame: pl.DataFrame, dice: Dice, share: float) -> pl.Expr:
    """Short notes; one in twenty holds a tax number, as people do write them down."""
    n = frame.height
    text = dice.choice(["Prefers e-mail", "Moved in 2022", "Call after 5 pm", "Referred by a neighbour"], n)
    number = pl.lit("TFN ") + pl.col("tax_number") + pl.lit(" given by phone")
    note = pl.when(pl.Series(dice.chance(0.05, n))).then(number).otherwise(pl.lit(text))
    return pl.when(pl.Series(dice.chance(share, n))).then(note)


def _tax_numbers(frame: pl.DataFrame, dice: Dice) -> pl.Series:
    """Masked or whole by practice; some missing, few a placeholder or mistyped; none on a duplicate."""
    n = frame.height
    u, number = pl.Series(dice.uniform(n)), pl.col("tax_number")
    missing = pl.col("country").replace_strict({"AU": 0.12, "NZ": 0.12, "UK": 0.4})
    wrong = number.str.slice(0, 7) + pl.lit("00")
    shown = pl.when("whole_tax").then(number).otherwise(masked(number))
    return frame.select(
        pl.when((pl.lit(u) < missing) | (pl.col("copy") == 1))
        .then(None)
        .when(pl.lit(u) > 0.996)
        .then(pl.when("whole_tax").then(pl.lit("000000000")).otherwise(masked(wrong)))
        .when(pl.lit(u) > 0.992)
        .then(pl.when("whole_tax").then(wrong).otherwise(shown))
        .otherwise(shown)
    ).to_series()


def _business_numbers(frame: pl.DataFrame, dice: Dice) -> pl.Expr:
    """As typed: eleven digits or grouped as the register prints them; some missing."""
    number, n = pl.col("business_number"), frame.height
    cuts = [(0, 2), (2, 3), (5, 3), (8, 3)]
    grouped = pl.concat_str([number.str.slice(a, b) for a, b in cuts], separator=" ")
    spaced = pl.Series(dice.chance(0.4, n)) & (frame["country"] == "AU")
    return pl.when(pl.Series(dice.chance(0.88, n))).then(pl.when(spaced).then(grouped).otherwise(number))


def _moments(dice: Dice, n: int, snapshot: dt.date) -> pl.Series:
    """Moments of the three years before the snapshot, to the second."""
    seconds = pl.Series(dice.integers(3600, 3 * 365 * 86_400, n))
    night = dt.datetime.combine(snapshot, dt.time())
    return pl.select(
        (pl.lit(night) - pl.duration(seconds=pl.lit(seconds))).cast(pl.Datetime("us"))
    ).to_series()
