"""The committed sample is the generator's output, and shows what its README says."""

import csv
import gzip
import io
import json
from pathlib import Path

import polars as pl
import pytest
from defusedxml import ElementTree

from expectations.contracts import tables
from transforms.sample import write_embedded
from transforms.sample.embedded import cases, scenarios
from transforms.sample.fleet import draw_fleet
from transforms.sample.names import reference
from transforms.sql import Frames

SAMPLE = Path(__file__).parents[3] / "data" / "sample"
SNAPSHOT = SAMPLE / "landing" / "snapshot_date=2024-01-15"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("embedded")
    write_embedded(out)
    return out


@pytest.fixture(scope="module")
def frames() -> Frames:
    import datetime as dt

    return draw_fleet(scenarios(), dt.date(2024, 1, 15), 7, cases())


def files(folder: Path) -> list[str]:
    return sorted(
        str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and p.name != "README.md"
    )


def test_the_committed_files_are_the_generators(made: Path) -> None:
    assert files(made) == files(SAMPLE)
    for name in files(made):
        if name.endswith(".parquet"):
            assert pl.read_parquet(made / name).equals(pl.read_parquet(SAMPLE / name)), name
        else:
            assert (made / name).read_bytes() == (SAMPLE / name).read_bytes(), name


def test_the_readme_lists_every_practice() -> None:
    text = (SAMPLE / "README.md").read_text(encoding="utf-8")
    for row in scenarios().iter_rows(named=True):
        line = "| {practice_id} | {practice_name} | {step} | {outcome} | {shows} |".format(**row)
        assert line in text, line


def test_every_step_policy_and_trouble_occurs() -> None:
    table = scenarios()
    assert set(table["step"]) == {
        "connect_accounts", "confirm_accounts", "choose_clients", "in_progress", "complete"
    }  # fmt: skip
    assert set(table["outcome"]) == {"waiting", "blocked", "needs_review", "published"}
    assert set(table["policy"]) == {"", "all_xpm", "all_hq", "selection"}
    assert set(table["connection"]) == {"none", "existing", "confirmed", "no_account"}
    assert set(table["country"]) == {"AU", "NZ", "UK"}
    planted = set(table["trouble"].drop_nulls().str.split(";").explode())
    with_files = set(reference("trouble").filter(pl.col("file").is_not_null())["kind"])
    assert planted == with_files


def test_every_format_and_place_occurs() -> None:
    names = files(SAMPLE / "landing")
    for ending in (".csv", ".csv.gz", ".ndjson", ".xml", ".parquet"):
        assert any(name.endswith(ending) for name in names), ending
    assert any("practice_id=" in name for name in names)
    assert any("part-000" in name for name in names)


def test_the_sample_is_small_enough_to_read(frames: Frames) -> None:
    sizes = frames["truth_clients"].group_by("practice_id").len()
    assert sizes["len"].max() <= 60  # type: ignore[operator]
    assert sum((SAMPLE / name).stat().st_size for name in files(SAMPLE)) < 400_000


def test_cases_written_by_hand_keep_to_their_contracts() -> None:
    for path in sorted((SAMPLE.parent / "reference" / "sample_cases").glob("*.csv")):
        with path.open(encoding="utf-8") as file:
            header = next(csv.reader(file))
        assert set(header) - {"entity_id"} <= set(tables("source")[path.stem].names), path.name


def test_a_family_shares_address_email_and_phone(frames: Frames) -> None:
    family = frames["hq_clients"].filter(
        pl.col("last_name") == "Nguyen", pl.col("practice_id") == "AU-000001"
    )
    family = family.filter(pl.col("hq_client_id").str.starts_with("08"))
    assert family.height == 3
    assert family.select(pl.col("address_line", "emails", "phones").n_unique()).row(0) == (1, 1, 1)


def test_one_firm_has_company_trust_fund_and_trustee(frames: Frames) -> None:
    firm = frames["xpm_clients"].filter(pl.col("Name").str.contains("Calloway|Ironbark Joinery"))
    structures = set(firm["BusinessStructure"])
    assert {"Company", "Trust", "Self Managed Superannuation Fund", "Partnership"} <= structures
    assert firm["Name"].str.contains("Pty Ltd ATF Calloway Family Trust").sum() == 1


def test_namesakes_are_different_people(frames: Frames) -> None:
    truth = frames["truth_clients"].filter(pl.col("product") == "hq")
    people = frames["hq_clients"].join(
        truth, left_on=["practice_id", "hq_client_id"], right_on=["practice_id", "source_id"]
    )
    for name, same_address in (("Giovanni Russo", True), ("Sarah Jones", False)):
        two = people.filter(pl.col("name") == name, pl.col("practice_id") == "AU-000003")
        assert two["entity_id"].n_unique() == two["date_of_birth"].drop_nulls().n_unique() == 2
        assert (two["address_line"].n_unique() == 1) is same_address
    twins = people.filter(pl.col("last_name") == "Hughes")
    assert twins["date_of_birth"].n_unique() == 1
    assert twins["entity_id"].n_unique() == 2


def test_old_links_are_wrong_and_stale(frames: Frames) -> None:
    truth = {(p, i): e for p, _, i, e in frames["truth_clients"].iter_rows()}
    links = frames["client_sync"].filter(pl.col("practice_id") == "AU-000008")
    ends = [(truth[p, h], truth.get((p, x))) for p, h, x, _ in links.iter_rows()]
    assert any(x is None for _, x in ends)
    assert any(x is not None and x != h for h, x in ends)


def test_two_survivors_share_a_tax_number_and_two_clients_an_organisation(frames: Frames) -> None:
    xpm = frames["xpm_clients"].filter(
        pl.col("practice_id") == "AU-000012", pl.col("TaxNumber").is_not_null()
    )
    assert xpm["TaxNumber"].is_duplicated().sum() == 2
    assert not xpm["TaxNumber"].str.contains("*", literal=True).any()
    hq = frames["hq_clients"].filter(pl.col("practice_id") == "AU-000012")
    assert hq["organisation_id"].drop_nulls().is_duplicated().sum() == 2


def test_the_tool_is_open_and_a_decision_lacks_authority(frames: Frames) -> None:
    open_ = frames["practices"].filter(
        pl.col("tool_opened_at").is_not_null() & pl.col("tool_closed_at").is_null()
    )
    assert open_["practice_id"].to_list() == ["NZ-000003"]
    roles = frames["policies"].join(
        frames["staff"], left_on=["practice_id", "decided_by"], right_on=["practice_id", "user_id"]
    )
    without = roles.filter((pl.col("hq_role") == "standard") | ~pl.col("xpm_edit_all"))
    assert without["practice_id"].unique().to_list() == ["NZ-000004"]


def test_a_selection_is_complete_in_one_practice_only(frames: Frames) -> None:
    decided = frames["selections"].group_by("practice_id").len()
    clients = (
        frames["truth_clients"].filter(pl.col("product") != "tax").group_by("practice_id").len("clients")
    )
    left = decided.join(clients, on="practice_id").with_columns(left=pl.col("clients") - pl.col("len"))
    assert dict(left.select("practice_id", pl.col("left") > 0).iter_rows()) == {
        "AU-000003": False, "AU-000010": True
    }  # fmt: skip


def test_all_hq_drops_working_clients_in_one_practice_only(frames: Frames) -> None:
    jobs = frames["xpm_jobs"].group_by("practice_id").len()
    assert "AU-000009" in jobs["practice_id"]
    assert "UK-000002" not in jobs["practice_id"]


def test_broken_files_are_broken() -> None:
    latin = (SNAPSHOT / "hq/clients/practice_id=AU-000007/export_latin1.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        latin.decode("utf-8")
    body = (SNAPSHOT / "xpm/clients/practice_id=NZ-000002/client_list.xml").read_text(encoding="utf-8")
    assert ElementTree.fromstring(body).findtext("Status") == "ERROR"
    ragged = (SNAPSHOT / "hq/clients/practice_id=AU-000006/late_arrivals.csv").read_text(encoding="utf-8")
    widths = {len(row) for row in csv.reader(io.StringIO(ragged))}
    assert len(widths) == 3
    assert "favourite_colour" in ragged
    assert "<b>" in ragged
    assert "=HYPERLINK" in ragged
    assert ",31/12/1979," in ragged
    lines = (SNAPSHOT / "xpm/clients/practice_id=AU-000006/corrections.ndjson").read_text(encoding="utf-8")
    with pytest.raises(json.JSONDecodeError):
        [json.loads(line) for line in lines.splitlines()]


def test_the_other_bodies_can_be_read() -> None:
    body = (SNAPSHOT / "xpm/clients/practice_id=UK-000002/clients.xml").read_text(encoding="utf-8")
    clients = ElementTree.fromstring(body).findall("Clients/Client")
    assert len(clients) >= 5
    assert all(c.findtext("UUID") and c.findtext("Name") for c in clients)
    assert sum(len(c.findall("Contacts/Contact")) for c in clients) > 2
    packed = gzip.decompress((SNAPSHOT / "hq/contacts/part-000.csv.gz").read_bytes()).decode("utf-8")
    assert packed.startswith("practice_id,hq_contact_id")
