import datetime as dt
from typing import Any

import pytest

from expectations.contracts import table
from tests.factories import rows
from transforms.normalise import comparable

_PRACTICES = rows(
    "practices", {"practice_id": "AU-1", "region": "AU"}, {"practice_id": "UK-1", "region": "UK"}
)


def _one(**values: Any) -> dict[str, Any]:
    """What `comparable` makes of one client, nulls and empty lists left out."""
    client = {"practice_id": "AU-1", "product": "hq", "source_id": "1", "name": None, **values}
    row = comparable(rows("source_client", client), _PRACTICES).row(0, named=True)
    return {
        k: v
        for k, v in row.items()
        if v not in (None, []) and k not in ("practice_id", "product", "source_id")
    }


def test_person() -> None:
    assert _one(
        name="Smith, John",
        business_structure="Individual",
        first_name="John",
        middle_name="Paul",
        last_name="Smith",
        date_of_birth=dt.date(1980, 2, 3),
        emails=["J@Smith.com", "j@smith.com", "none"],
        phones=["412345678", "n/a"],
        websites=["https://www.smith.com/"],
        address_line="Unit 3, 12 High Street",
        city="St Kilda",
        region="Victoria",
        post_code="3182",
        tax_number="******123",
    ) == {
        "structure": "individual",
        "entity_type": "person",
        "full_name": "john paul smith",
        "given_name": "john",
        "middle_name": "paul",
        "family_name": "smith",
        "date_of_birth": dt.date(1980, 2, 3),
        "emails": ["j@smith.com"],
        "phones": ["+61412345678"],
        "websites": ["smith.com"],
        "house_number": "3/12",
        "street": "high st",
        "address": "3 12 high st",
        "city": "saint kilda",
        "region": "vic",
        "post_code": "3182",
        "tax_last3": "123",
    }


def test_company_as_trustee_is_a_trust() -> None:
    found = _one(name="Smith Pty Ltd ATF Smith Family Trust", business_structure="Trust")
    assert found == {
        "structure": "trust",
        "entity_type": "organisation",
        "full_name": "smith pty ltd atf smith family trust",
        "organisation_name": "smith",
        "legal_form": "pty_ltd",
        "trustee_for": "smith family",
    }


@pytest.mark.parametrize(
    ("values", "structure", "entity_type"),
    [
        ({"name": "Smith Pty Ltd"}, "company", "organisation"),
        ({"name": "Smith Family Trust"}, "trust", "organisation"),
        ({"name": "Smith Pty Ltd ATF Smith Family Trust"}, "trust", "organisation"),
        ({"name": "Smith Pty Ltd ATF Smith Super Fund"}, "super_fund", "organisation"),
        ({"name": "Smith Super Fund", "business_structure": "VIP"}, "super_fund", "organisation"),
        ({"name": "Estate of John Smith"}, "trust", "organisation"),
        ({"name": "Jones & Partners"}, "partnership", "organisation"),
        ({"name": "Smith Plumbing"}, "unknown", "organisation"),
        ({"name": "Smith Plumbing", "first_name": "J", "last_name": "Smith"}, "unknown", "organisation"),
        ({"name": "Ann Church", "first_name": "Ann", "last_name": "Church"}, "individual", "person"),
        ({"name": "John Smith", "first_name": "John", "last_name": "Smith"}, "individual", "person"),
        ({"name": "John Smith"}, "unknown", "unknown"),
        ({"name": "John Smith T/A Smith Plumbing"}, "unknown", "unknown"),
        ({"name": "Smith Motors T/A Smith"}, "unknown", "organisation"),
        ({"name": "John Smith", "business_structure": "Sole Trader"}, "sole_trader", "person"),
        ({"name": "John Smith", "business_structure": "Government"}, "government", "organisation"),
        ({}, "unknown", "unknown"),
    ],
)
def test_structure_and_entity_type(values: dict[str, str], structure: str, entity_type: str) -> None:
    found = _one(**values)
    assert (found["structure"], found["entity_type"]) == (structure, entity_type)


def test_unknown_that_reads_like_a_person_gets_both() -> None:
    found = _one(name="Jane Doe")
    assert (found["given_name"], found["family_name"]) == ("jane", "doe")
    assert found["organisation_name"] == "jane doe"
    assert _one(name="Jane Doe T/A Doe Plumbing")["family_name"] == "doe"
    assert "given_name" not in _one(name="Doe Holdings")


@pytest.mark.parametrize(
    ("name", "organisation", "trading"),
    [
        ("Smith's Plumbing", "smiths plumbing", None),
        ("John Smith T/A Smith's Plumbing", None, "smiths plumbing"),
        ("Smith, John", None, None),
    ],
)
def test_sole_trader_keeps_both_names(name: str, organisation: str | None, trading: str | None) -> None:
    found = _one(name=name, business_structure="Sole Trader", first_name="John", last_name="Smith")
    assert found["full_name"] == "john smith"
    assert (found.get("organisation_name"), found.get("trading_as")) == (organisation, trading)


def test_business_name_is_no_source_of_a_persons_name() -> None:
    found = _one(name="Smith's Plumbing", business_structure="Sole Trader")
    assert "given_name" not in found
    assert found["full_name"] == "smiths plumbing"


@pytest.mark.parametrize(
    ("structure", "number"), [("Company", "004085616"), ("Trust", None), ("Individual", None)]
)
def test_acn_inside_the_abn_of_companies_only(structure: str, number: str | None) -> None:
    found = _one(name="Acme", business_structure=structure, business_number="53 004 085 616")
    assert found["business_number"] == "53004085616"
    assert found.get("company_number") == number


def test_company_number_that_is_given_wins() -> None:
    found = _one(business_structure="Company", business_number="53 004 085 616", company_number="000 000 019")
    assert found["company_number"] == "000000019"


def test_region_of_the_practice_reads_numbers() -> None:
    phones = {"phones": ["020 7946 0958"], "company_number": "445790", "tax_number": "1955839661K"}
    found = _one(practice_id="UK-1", **phones)
    assert found["phones"] == ["+442079460958"]
    assert found["company_number"] == "00445790"
    assert found["tax_number"] == "1955839661"
    assert "phones" not in _one(practice_id="AU-1", phones=["07700 900123 4"])


def test_country_of_the_client_reads_its_region() -> None:
    assert _one(region="Washington", country="USA")["region"] == "wa"
    assert _one(region="Western Australia")["region"] == "wa"


def test_postal_address_counts_where_there_is_no_other() -> None:
    postal = {"postal_address_line": "PO Box 4", "postal_city": "Perth", "postal_post_code": "6000"}
    assert _one(**postal)["house_number"] == "po 4"
    found = _one(**postal, address_line="12 High St", city="Fremantle", post_code="6160")
    assert (found["house_number"], found["city"], found["post_code"]) == ("12", "fremantle", "6160")


def test_default_dates_of_birth_are_dropped() -> None:
    assert "date_of_birth" not in _one(date_of_birth=dt.date(1900, 1, 1))


def test_no_clients() -> None:
    found = comparable(table("source_client").empty(), _PRACTICES)
    assert found.equals(table("comparable").empty())


def test_order_of_rows_changes_nothing() -> None:
    names = ["Smith Pty Ltd", "John Smith", None, "Jones T/A J's", "Ōtāhuhu Trust", "A & B Partnership"]
    clients = rows(
        "source_client",
        *(
            {"practice_id": "AU-1", "product": "xpm", "source_id": str(i), "name": n}
            for i, n in enumerate(names)
        ),
    )
    assert comparable(clients, _PRACTICES).equals(comparable(clients.reverse(), _PRACTICES.reverse()))
