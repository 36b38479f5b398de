"""Clients of three products in one vocabulary."""

import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.contracts import Column, table
from tests.factories import rows
from transforms.clients import SOURCES, json_object, source_clients
from transforms.sql import connect


def _clients(**given: pl.DataFrame) -> pl.DataFrame:
    empty = {name: table(name).empty() for name in (*SOURCES, "xpm_jobs")}
    with connect(threads=1) as con:
        return source_clients(con, {**empty, **given})


def _hq(**values: Any) -> pl.DataFrame:
    return rows("hq_clients", {"hq_client_id": "h1", **values})


def _xpm(**values: Any) -> pl.DataFrame:
    return rows("xpm_clients", {"UUID": "x1", "Name": "A", **values})


def test_every_column_that_feeds_arrives() -> None:
    for source in SOURCES:
        feeds = {column.feeds for column in table(source).columns if column.feeds}
        assert feeds <= set(table("source_client").names), source
        assert all(c.feeds or c.ignored for c in table(source).columns if c.name != "practice_id"), source


@pytest.mark.parametrize(
    ("marks", "state"),
    [
        ({}, "active"),
        ({"IsProspect": True}, "prospect"),
        ({"IsProspect": True, "IsArchived": True}, "archived"),
        ({"IsArchived": True, "IsDeleted": True}, "deleted"),
        ({"IsArchived": None, "IsDeleted": None, "IsProspect": None}, "active"),
    ],
)
def test_state_of_practice_manager(marks: dict[str, bool | None], state: str) -> None:
    assert _clients(xpm_clients=_xpm(**marks))["state"].to_list() == [state]


def test_state_of_the_others() -> None:
    tax = rows("tax_clients", {"tax_client_id": "t1"})
    found = _clients(hq_clients=_hq(status="archived"), tax_clients=tax)
    assert found.select("product", "state").rows() == [("hq", "archived"), ("tax", "active")]


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"name": "Smith & Co"}, "Smith & Co"),
        ({"name": None, "first_name": "Jo", "last_name": "Smith"}, "Jo Smith"),
        ({"name": None, "last_name": "Smith"}, "Smith"),
        ({"name": None}, None),
    ],
)
def test_name(values: dict[str, str], name: str | None) -> None:
    assert _clients(hq_clients=_hq(**values))["name"].to_list() == [name]


def test_single_values_become_lists_and_empty_lists_nothing() -> None:
    found = _clients(hq_clients=_hq(emails=[], phones=["1", "2", "1"]), xpm_clients=_xpm(Email="a@x"))
    assert found.select("product", "emails", "phones").rows() == [
        ("hq", None, ["1", "2"]),
        ("xpm", ["a@x"], None),
    ]


def test_a_repeated_staff_member_stays_for_the_account_of_links() -> None:
    assert _clients(hq_clients=_hq(staff_ids=["u1", "u2", "u1"]))["staff_ids"].to_list() == [
        ["u1", "u2", "u1"]
    ]


def test_settings_hold_every_other_field() -> None:
    xpm = _xpm(Title='The "Hon"\n\t', PrepareGST=False, TypeName="20th of Month", GSTPeriod=None)
    tax = rows("tax_clients", {"tax_client_id": "t1", "return_types": ["IITR", "BAS"], "tax_agent": "Zoë"})
    settings = _clients(xpm_clients=xpm, tax_clients=tax, hq_clients=_hq())["settings"].to_list()
    assert settings[0] is None
    assert json.loads(settings[1]) == {"return_types": ["IITR", "BAS"], "tax_agent": "Zoë"}
    assert json.loads(settings[2]) == {
        "PrepareGST": False,
        "Title": 'The "Hon"\n\t',
        "TypeName": "20th of Month",
    }
    assert list(json.loads(settings[2])) == ["PrepareGST", "Title", "TypeName"]


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.lists(st.text(st.characters(exclude_categories=["Cs"]))),
)
def test_any_text_survives_json(text: str, several: list[str]) -> None:
    columns = [Column("text", "text", ""), Column("many", "texts", "")]
    frame = pl.DataFrame(
        {"text": [text], "many": [several]}, schema={"text": pl.String, "many": pl.List(pl.String)}
    )
    found = frame.select(json_object(columns)).item()
    assert json.loads(found) == {"text": text} | ({"many": several} if several else {})


def test_jobs_hang_on_practice_manager_clients_of_the_same_practice() -> None:
    jobs = rows(
        "xpm_jobs",
        {"ID": "J1", "ClientUUID": "x1"},
        {"ID": "J2", "ClientUUID": "x1"},
        {"ID": "J3", "ClientUUID": "x9"},
    )
    other = _xpm(practice_id="NZ-000001")
    found = _clients(xpm_clients=pl.concat([_xpm(), other]), hq_clients=_hq(hq_client_id="x1"), xpm_jobs=jobs)
    assert found.select("practice_id", "product", "has_job").rows() == [
        ("AU-000001", "hq", False),
        ("AU-000001", "xpm", True),
        ("NZ-000001", "xpm", False),
    ]


def test_tax_numbers_inside_text_are_masked() -> None:
    tax = rows("tax_clients", {"tax_client_id": "t1", "tax_number": "865414088", "tax_agent": "865 414 088"})
    xpm = _xpm(Notes="TFN 865-414-088", CustomFields='{"Old TFN":"865414088"}', ClientCode="865414088")
    found = _clients(tax_clients=tax, xpm_clients=xpm, hq_clients=_hq(notes="see 865414088"))
    text = found.drop("tax_number").select(pl.concat_str(pl.col(pl.String), ignore_nulls=True)).to_series()
    assert not text.str.contains(r"865[ -]?414[ -]?088").any()
    assert found["tax_number"].drop_nulls().to_list() == ["865414088"]


def test_a_tax_number_typed_as_phone_or_email_is_masked_and_the_others_stay() -> None:
    tax = rows("tax_clients", {"tax_client_id": "t1", "tax_number": "865414088"})
    hq = _hq(phones=["0412 345 678", "865 414 088"], emails=["865414088@x.au", "b@x.au"])
    found = _clients(tax_clients=tax, hq_clients=hq).filter(pl.col("product") == "hq")
    assert found["phones"].to_list() == [["0412 345 678", "******088"]]
    assert found["emails"].to_list() == [["******088@x.au", "b@x.au"]]


@pytest.mark.parametrize(
    "column", ["BranchNumber", "BusinessStructure", "City", "Region", "PostCode", "Country", "Website"]
)
def test_a_tax_number_in_any_other_field_is_masked(column: str) -> None:
    found = _clients(xpm_clients=_xpm(TaxNumber="865414088", **{column: "865414088"})).drop("tax_number")
    assert "865414088" not in str(found.row(0))


@pytest.mark.parametrize("column", ["CompanyNumber", "BusinessNumber"])
def test_a_tax_number_typed_as_company_number_of_another_client_is_masked(column: str) -> None:
    tax = rows("tax_clients", {"tax_client_id": "t1", "tax_number": "714925631"})
    for typed in ("714 925 631", "714\u00a0925631", "0714925631"):
        found = _clients(tax_clients=tax, xpm_clients=_xpm(**{column: typed})).filter(product="xpm")
        assert "******631" in found.row(0)
    found = _clients(tax_clients=tax, xpm_clients=_xpm(**{column: "51 714 925 631"})).filter(product="xpm")
    assert "51 714 925 631" in found.row(0)


def test_escapes_in_custom_fields_hide_no_tax_number() -> None:
    fields = r'{"a":"865\u00a0414\u2011088","b":"865\n414\t088","c":"\u0022\\u0041\ud83d\ude00"}'
    found = _clients(xpm_clients=_xpm(CustomFields=fields, TaxNumber="865414088"))["custom_fields"].item()
    assert json.loads(found) == {"a": "******088", "b": "******088", "c": '"\\u0041\U0001f600'}


def test_custom_fields_stay_json_where_a_number_is_masked() -> None:
    fields = '{"TFN":865414088,"list":[ 865414088,1],"said":"a: 865414088, \\"b\\"","n":12345678}'
    found = _clients(xpm_clients=_xpm(CustomFields=fields, TaxNumber="865414088"))["custom_fields"].item()
    assert json.loads(found) == {
        "TFN": "******088",
        "list": ["******088", 1],
        "said": 'a: ******088, "b"',
        "n": 12345678,
    }
