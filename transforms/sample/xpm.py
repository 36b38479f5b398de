"""The client list as Practice Manager delivers it."""

import datetime as dt

import polars as pl

from expectations.conform import conform
from expectations.contracts import table
from transforms.sample.dice import Dice
from transforms.sample.identifiers import masked
from transforms.sample.products import moments, notes, structure_words, websites

# Structures as practices name them in their own editable lists, the likelier spelling repeated.
_STRUCTURES = {
    "Superannuation Fund": ["Self Managed Superannuation Fund", "SMSF", "Superannuation Fund"],
    "Trust": ["Trust", "Trust", "Discretionary Trust"],
    "Company": ["Company"] * 5 + ["Pty Ltd Company"],
    "Association": ["Club or Society"],
}


def xpm_clients(records: pl.DataFrame, snapshot: dt.date, seed: int) -> pl.DataFrame:
    """Contract table `xpm_clients`. The tax number is masked unless the practice exports it whole."""
    dice = Dice(seed, "xpm")
    frame = records.filter(pl.col("product") == "xpm")
    columns = _who() | _where() | _numbers(frame, dice) | _settings(frame, dice)
    columns |= {
        "BusinessStructure": structure_words(frame, dice, _STRUCTURES),
        "Notes": notes(frame, dice, 0.08),
        "CustomFields": pl.when(pl.lit(pl.Series(dice.chance(0.12, frame.height)))).then(
            '{"Lawyer": "' + pl.col("family") + ' Legal", "Newsletter": true}'
        ),
        "UpdatedAt": pl.lit(moments(dice, frame.height, snapshot)),
    }
    for column in table("xpm_clients").columns:
        columns.setdefault(column.name, pl.lit(None, column.polars))
    return conform(frame.select(**columns), "xpm_clients")


def _who() -> dict[str, pl.Expr]:
    person, female, state = pl.col("is_person"), pl.col("female"), pl.col("state")
    code = pl.col("family").str.slice(0, 4).str.to_uppercase()
    gender = pl.when(female).then(pl.lit("Female")).otherwise(pl.lit("Male"))
    return {
        "practice_id": pl.col("practice_id"),
        "UUID": pl.col("source_id"),
        "Name": pl.col("name"),
        "Title": pl.when(person).then(pl.when(female).then(pl.lit("Ms")).otherwise(pl.lit("Mr"))),
        "Gender": pl.when(person & (pl.col("country") == "AU")).then(gender),
        "FirstName": pl.when(person).then("first_name"),
        "MiddleName": pl.when(person).then("middle_name"),
        "LastName": pl.when(person).then("last_name"),
        "DateOfBirth": pl.col("birth"),
        "ClientCode": code + (pl.col("record") % 900 + 100).cast(pl.String),
        "IsProspect": state == "prospect",
        "IsArchived": state == "archived",
        "IsDeleted": state == "deleted",
    }


def _where() -> dict[str, pl.Expr]:
    same = {
        "Address": "address_line", "City": "city", "Region": "region", "PostCode": "post_code",
        "Country": "country_name", "PostalAddress": "postal_line", "PostalCity": "postal_city",
        "PostalRegion": "postal_region", "PostalPostCode": "postal_code",
    }  # fmt: skip
    return {target: pl.col(source) for target, source in same.items()} | {
        "Email": pl.col("emails").list.first(),
        "Phone": pl.col("phones").list.first(),
        "Website": websites().list.first(),
    }


def _settings(frame: pl.DataFrame, dice: Dice) -> dict[str, pl.Expr]:
    n, person = frame.height, pl.col("is_person")
    australian, kiwi = pl.col("country") == "AU", pl.col("country") == "NZ"
    books = pl.lit(pl.Series(dice.chance(0.55, n)))
    return {
        "BalanceMonth": pl.lit(dice.choice(["Jun", "Dec", "Mar"], n, [0.8, 0.1, 0.1])),
        "PrepareGST": books,
        "GSTRegistered": books & pl.col("business_number").is_not_null(),
        "GSTPeriod": pl.when(books).then(pl.lit("2 Monthly")),
        "TaxAgent": pl.when(kiwi).then(pl.lit("Head Office")),
        "AgencyStatus": pl.when(kiwi).then(pl.lit("With EOT")),
        "ReturnType": pl.when(kiwi).then(pl.when(person).then(pl.lit("IR3")).otherwise(pl.lit("IR4"))),
        "PrepareActivityStatement": pl.when(australian).then(books),
        "PrepareTaxReturn": pl.when(australian).then(pl.lit(True)),
        "ActiveAtoClient": pl.when(australian).then(pl.col("state") == "active"),
    }


def _numbers(frame: pl.DataFrame, dice: Dice) -> dict[str, pl.Expr]:
    """Business numbers as digits or grouped as the register prints them; each number at times missing."""
    n, number = frame.height, pl.col("business_number")
    grouped = pl.concat_str(
        [number.str.slice(a, b) for a, b in ((0, 2), (2, 3), (5, 3), (8, 3))], separator=" "
    )
    spaced = pl.lit(pl.Series(dice.chance(0.4, n))) & (pl.col("country") == "AU")
    return {
        "TaxNumber": _tax_number(pl.lit(pl.Series(dice.uniform(n)))),
        "CompanyNumber": pl.when(pl.lit(pl.Series(dice.chance(0.9, n)))).then("company_number"),
        "BusinessNumber": pl.when(pl.lit(pl.Series(dice.chance(0.88, n)))).then(
            pl.when(spaced).then(grouped).otherwise(number)
        ),
    }


def _tax_number(u: pl.Expr) -> pl.Expr:
    """Masked or whole by practice; some missing, few a placeholder or mistyped; none on a duplicate."""
    number, whole = pl.col("tax_number"), pl.col("whole_tax")
    missing = pl.col("country").replace_strict({"AU": 0.12, "NZ": 0.12, "UK": 0.4})
    wrong = number.str.slice(0, 7) + "00"
    shown = (
        pl.when(u > 0.996)
        .then(pl.when(whole).then(pl.lit("000000000")).otherwise(wrong))
        .when((u > 0.992) & whole)
        .then(wrong)
        .otherwise(number)
    )
    shown = pl.when(whole).then(shown).otherwise(masked(shown))
    return pl.when((u >= missing) & (pl.col("copy") == 0)).then(shown)
