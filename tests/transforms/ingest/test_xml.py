"""The Practice Manager API's own bodies: fixtures shaped like recorded answers, made up here."""

from collections.abc import Iterable
from pathlib import Path

import duckdb
import polars as pl
import pytest

from tests.transforms.ingest.landings import lines, read, verdict, write
from transforms.sql import Frames, connect

CLIENTS = """<Response api-method="List"><Status>OK</Status><Clients>
<Client><ID>101</ID><Name>Fern &amp; Co</Name><Email></Email><Phone> </Phone><WebSite>fern.nz</WebSite>
<IsArchived>No</IsArchived><TaxNumber>******123</TaxNumber><AccountManager><UUID>s1</UUID><Name>Mere</Name></AccountManager>
<JobManager><ID>77</ID><Name>Tom</Name></JobManager><Type><Name>Monthly</Name></Type><BillingClient><ID>102</ID></BillingClient>
<Contacts><Contact><UUID>k1</UUID><Name>Ana</Name><IsPrimary>Yes</IsPrimary></Contact>
<Contact><ID>9</ID><Name>Bo</Name></Contact></Contacts>
<Notes><Note><Title>Call</Title><Text>back on Friday</Text></Note><Note><Text>paid</Text></Note></Notes>
<Groups><Group><ID>5</ID><Name>Fern Group</Name></Group></Groups>
<Relationships><Relationship><UUID>r1</UUID><Type>Director</Type><RelatedClient><ID>102</ID></RelatedClient>
<NumberOfShares>10</NumberOfShares></Relationship></Relationships>
<CustomFields><CustomField><Name>Plan</Name><Text>Gold</Text></CustomField>
<CustomField><Name>Since</Name><Number>2019</Number></CustomField></CustomFields>
<DateOfBirth>31/12/1999</DateOfBirth><Industry>x</Industry><Colour>red</Colour><UUID>u-101</UUID></Client>
<Client><ID>102</ID><Name>Fern Trust</Name><Contacts /><Notes /><Groups><Group><ID>5</ID>
<Name>Fern Group</Name></Group></Groups><Relationships /><UUID>u-102</UUID></Client>
<Client><ID>103</ID><Name>Number Only</Name></Client>
<Client><Name>No id</Name></Client>
</Clients></Response>"""
JOBS = """<Response><Status>OK</Status><Jobs><Job><ID>J1</ID>
<Client><ID>101</ID><Name>x</Name></Client><State>Planned</State></Job>
<Job><ID>J2</ID><Client><ID>999</ID></Client></Job></Jobs></Response>"""
GROUPS = """<Response><Status>OK</Status><Groups><Group><ID>5</ID><UUID>g-5</UUID>
<Name>Fern Group</Name><Taxable>No</Taxable>
<Clients><Client><ID>102</ID></Client><Client><UUID>u-101</UUID></Client></Clients></Group></Groups></Response>"""


@pytest.fixture
def one(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> dict[str, pl.DataFrame]:
    """A practice whose client list is XML and whose jobs are CSV."""
    files = {
        "xpm/clients/practice_id=P1/list.xml": CLIENTS,
        "xpm/jobs/practice_id=P1/jobs.csv": "ID,ClientUUID\nJ7,102\nJ8,u-101\n",
        "xpm/jobs/practice_id=P1/jobs.xml": JOBS,
    }
    return dict(read(con, write(tmp_path, files)))


def test_clients(one: dict[str, pl.DataFrame]) -> None:
    clients = one["xpm_clients"]
    assert clients["UUID"].to_list() == ["103", "u-101", "u-102"]
    first = {k: v for k, v in clients.row(1, named=True).items() if v is not None}
    assert first == {
        "practice_id": "P1",
        "UUID": "u-101",
        "Name": "Fern & Co",
        "IsArchived": False,
        "TaxNumber": "******123",
        "AccountManagerUUID": "s1",
        "AccountManagerName": "Mere",
        "JobManagerUUID": "77",
        "JobManagerName": "Tom",
        "TypeName": "Monthly",
        "BillingClientUUID": "u-102",
        "Website": "fern.nz",
        "Notes": "Call: back on Friday\npaid",
        "CustomFields": '{"Plan": "Gold", "Since": "2019"}',
    }


def test_what_clients_bring_along(one: dict[str, pl.DataFrame]) -> None:
    contacts = one["xpm_contacts"].select("UUID", "ClientUUID", "Name", "IsPrimary").rows()
    assert contacts == [("9", "u-101", "Bo", None), ("k1", "u-101", "Ana", True)]
    assert one["xpm_groups"].select("UUID", "Name", "ClientUUIDs").rows() == [
        ("5", "Fern Group", ["u-101", "u-102"])
    ]
    related = one["xpm_relationships"].select(
        "UUID", "ClientUUID", "Type", "RelatedClientUUID", "NumberOfShares"
    )
    assert related.rows() == [("r1", "u-101", "Director", "u-102", 10.0)]


def test_jobs_find_their_client_or_dangle(one: dict[str, pl.DataFrame]) -> None:
    jobs = one["xpm_jobs"].select("ID", "ClientUUID").rows()
    assert jobs == [("J1", "u-101"), ("J2", "999"), ("J7", "u-102"), ("J8", "u-101")]


def test_troubles_name_the_line_of_the_record(one: dict[str, pl.DataFrame]) -> None:
    assert lines(one) == [
        ("value", 2, "DateOfBirth", "31/12/1999", "u-101"),
        ("row", 17, "UUID", None, None),
        ("value", None, "Colour", None, None),
    ]
    assert (
        one["intake"]
        .filter(pl.col("entity") == "clients", pl.col("product") == "xpm")["rows_quarantined"]
        .item()
        == 1
    )


def test_a_list_of_groups_goes_before_the_groups_of_clients(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    files = {"xpm/clients/practice_id=P1/list.xml": CLIENTS, "xpm/groups/practice_id=P1/groups.xml": GROUPS}
    frames = read(con, write(tmp_path, files))
    assert frames["xpm_groups"].select("UUID", "Taxable", "ClientUUIDs").rows() == [
        ("g-5", "No", ["u-102", "u-101"])
    ]
    assert not frames["quarantine"].filter(pl.col("entity") == "group").height


SHAPES = (
    "<Response><Status>OK</Status><Client><UUID>u1</UUID><Name>A</Name></Client></Response>",
    "<Clients><Client><uuid>u1</uuid><name>A</name></Client></Clients>",
    '<?xml version="1.0"?><r:Response xmlns:r="urn:x"><r:Clients><r:Client><r:UUID>u1</r:UUID>'
    "<r:Name>A</r:Name></r:Client></r:Clients></r:Response>",
)


def test_shapes_of_the_body(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    frames = read(con, write(tmp_path, _one_practice_each(SHAPES)))
    found = frames["xpm_clients"].select("practice_id", "UUID", "Name").rows()
    assert found == [(f"X{i}", "u1", "A") for i in range(len(SHAPES))]


def _one_practice_each(bodies: Iterable[str]) -> dict[str, str]:
    """Client lists of practices X0, X1, …"""
    files = {f"xpm/clients/practice_id=X{i}/x.xml": body for i, body in enumerate(bodies)}
    directory = "".join(f"X{i},x,AU,none\n" for i in range(len(files)))
    return files | {"practices.csv": "practice_id,practice_name,region,connection\n" + directory}


def test_an_empty_list_is_a_list(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    body = "<Response><Status>OK</Status><Clients /></Response>"
    frames = read(con, write(tmp_path, {"xpm/clients/practice_id=P1/x.xml": body}))
    assert frames["quarantine"].height == 0
    assert frames["xpm_clients"].height == 0


_ERROR = "<Response><Status>ERROR</Status><ErrorDescription>Invalid client</ErrorDescription></Response>"
BROKEN = {
    _ERROR: "Invalid client",
    "<Response><Status>OK</Status></Response>": "no list of clients",
    CLIENTS[:900]: "no whole XML document",
    "": "no whole XML document",
    "not XML": "no whole XML document",
    '<!DOCTYPE x [<!ENTITY a "b">]><Clients><Client><UUID>&a;</UUID></Client></Clients>': "without entities",
}


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Frames:
    with connect() as con:
        return read(con, write(tmp_path_factory.mktemp("xml"), _one_practice_each(BROKEN)))


@pytest.mark.parametrize("number", range(len(BROKEN)), ids=list(BROKEN.values()))
def test_a_body_that_is_no_list_makes_the_practice_wait(number: int, broken: Frames) -> None:
    practice, words = f"X{number}", list(BROKEN.values())[number]
    assert broken["quarantine"].filter(pl.col("practice_id") == practice)["level"].to_list() == ["file"]
    accepted, reason = verdict(broken, practice, "xpm", "clients")
    assert not accepted
    assert words in str(reason)


def test_a_body_without_a_practice_makes_everybody_wait(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    frames = read(con, write(tmp_path, {"xpm/clients/x.xml": CLIENTS}))
    waiting = frames["intake"].filter(~pl.col("accepted"), pl.col("product") == "xpm")
    assert waiting["practice_id"].to_list() == ["P1", "P2"]
