from collections.abc import Callable

import polars as pl
import pytest

from tests.transforms.normalise.tables import cases, check
from transforms.normalise import (
    acn_of_abn,
    address,
    branch_number,
    business_number,
    city,
    company_number,
    country_code,
    dates,
    organisation_name,
    person_name,
    phones,
    post_code,
    region_code,
    split_address,
    structure,
    tax_number,
)


def test_persons() -> None:
    table = cases("persons")
    found = person_name(None, None, None, table["name"])
    columns = ["given_name", "middle_name", "family_name", "name_suffix"]
    check(table.select("name"), found.select(columns), table.drop("name"))


def test_full_name_is_given_middle_family() -> None:
    found = person_name(None, None, None, pl.Series(["Smith, Dr John Paul Jr", "O'Brien-Jones, Ana", None]))
    assert found["full_name"].to_list() == ["john paul smith", "ana obrien jones", None]


@pytest.mark.parametrize(
    ("first", "middle", "last", "full", "expected"),
    [
        ("John", None, "Smith", "Smith J", ("john", None, "smith", None)),
        ("John", "Paul", "Smith", None, ("john", "paul", "smith", None)),
        ("John Paul", None, "Smith", None, ("john", "paul", "smith", None)),
        ("John Paul", "Paul", "Smith", None, ("john", "paul", "smith", None)),
        ("J. P.", "Q", "Smith", None, ("j", "p q", "smith", None)),
        ("Mary-Jane", None, "O'Brien", None, ("mary", "jane", "obrien", None)),
        ("Mr John", None, "Smith Jr", None, ("john", None, "smith", "jr")),
        ("John", None, "van der Berg", None, ("john", None, "van der berg", None)),
        ("John", None, "Mc Donald", None, ("john", None, "mcdonald", None)),
        ("John Smith", None, "Smith", None, ("john", None, "smith", None)),
        ("Smith, John", None, "", None, ("john", None, "smith", None)),
        ("John Smith", None, None, None, ("john", None, "smith", None)),
        ("John", None, None, "John Smith", ("john", None, "smith", None)),
        (None, None, "John van Dyk", None, ("john", None, "van dyk", None)),
        (None, None, "Smith", None, (None, None, "smith", None)),
        (None, None, "Jones", "Bob Jones", ("bob", None, "jones", None)),
        ("Mr", None, "John Smith", None, ("john", None, "smith", None)),
        ("Mrs.", None, "van der Berg", "Anna van der Berg", ("anna", None, "van der berg", None)),
        ("Mr", None, "Smith", "Mr Smith", ("mr", None, "smith", None)),
        ("Col", None, "Smith", None, ("col", None, "smith", None)),
        ("Mr", "J", "Van Der Berg", None, ("mr", "j", "van der berg", None)),
        ("-", None, "Smith Jones", None, (None, None, "smith jones", None)),
        (" ", "", "", "", (None, None, None, None)),
    ],
)
def test_parts_of_persons(
    first: str | None,
    middle: str | None,
    last: str | None,
    full: str | None,
    expected: tuple[str | None, ...],
) -> None:
    columns = [pl.Series([value], dtype=pl.String) for value in (first, middle, last, full)]
    assert person_name(*columns).row(0)[:4] == expected


def test_person_name_needs_a_series() -> None:
    with pytest.raises(ValueError, match="at least one"):
        person_name(None, None, None, None)


def test_organisations() -> None:
    table = cases("organisations")
    check(table.select("name"), organisation_name(table["name"]), table.drop("name"))


def test_addresses() -> None:
    table = cases("addresses")
    town = pl.Series(["Sydney"] * table.height)
    found = address(table["line"], town, pl.Series(["2000"] * table.height))
    check(table.select("line"), found.select("house_number", "street"), table.drop("line"))


def test_address_in_one_line() -> None:
    found = address(pl.Series(["Unit 3, 12 High Street", "PO Box 5", "High St", None]))
    assert found["address"].to_list() == ["3 12 high st", "po 5", "high st", None]


def test_phones() -> None:
    table = cases("phones")
    found = phones(table["phone"], table["region"])
    expected = table.select(pl.col("found").fill_null("").str.split(" ").list.set_difference([""]))
    check(table.select("phone", "region"), found.to_frame(), expected.select(pl.col("found").list.sort()))


@pytest.mark.parametrize("kind", ["post_code", "region", "country", "city"])
def test_places(kind: str) -> None:
    table = cases("places").filter(pl.col("kind") == kind)
    normalise: dict[str, Callable[[], pl.Series]] = {
        "post_code": lambda: post_code(table["value"], table["country"]),
        "region": lambda: region_code(table["value"], table["country"]),
        "country": lambda: country_code(table["value"]),
        "city": lambda: city(table["value"]),
    }
    check(table.select("value", "country"), normalise[kind]().to_frame(), table.select("found"))


@pytest.mark.parametrize("kind", ["business", "company", "acn", "tax", "last3", "branch"])
def test_identifiers(kind: str) -> None:
    table = cases("identifiers").filter(pl.col("kind") == kind)
    value, region = table["value"], table["region"]
    normalise: dict[str, Callable[[], pl.Series]] = {
        "business": lambda: business_number(value, region),
        "company": lambda: company_number(value, region),
        "acn": lambda: acn_of_abn(value),
        "tax": lambda: tax_number(value, region)["tax_number"],
        "last3": lambda: tax_number(value, region)["tax_last3"],
        "branch": lambda: branch_number(value),
    }
    check(table.select("value", "region"), normalise[kind]().to_frame(), table.select("found"))


def test_structures() -> None:
    table = cases("structures")
    check(table.select("structure"), structure(table["structure"]).to_frame(), table.select("code"))


def test_dates() -> None:
    table = cases("dates")
    found = dates(table["text"], day_first=True).to_frame().select(pl.all().cast(pl.String))
    check(table.select("text"), found, table.select("date"))


def test_addresses_in_one_line() -> None:
    table = cases("address_lines")
    check(table.select("whole"), split_address(table["whole"]), table.drop("whole"))
