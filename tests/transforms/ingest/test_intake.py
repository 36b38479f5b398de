"""Which lists are taken: the table of intake_cases.csv, all of it in one landing, a practice per case."""

import csv
from pathlib import Path

import polars as pl
import pytest

from expectations.contracts import table, tables
from tests.factories import rows
from tests.transforms.ingest.landings import read, write
from transforms.sql import Frames, connect

_TABLE = Path(__file__).parent / "intake_cases.csv"
CASES = list(csv.DictReader(_TABLE.read_text(encoding="utf-8").splitlines()))


def _files() -> dict[str, str]:
    """The landing zone of all cases."""
    directory = ["practice_id,practice_name,region,connection,xpm_account_id,has_tax"]
    extracts = ["practice_id,product,entity,status,error,row_count"]
    files: dict[str, str] = {}
    for number, case in enumerate(CASES):
        practice, product, entity = f"P{number:02}", case["product"], case["entity"]
        directory.append(f"{practice},x,AU,{case['connection']},{case['xpm_account_id']},{case['has_tax']}")
        if case["status"]:
            error = "timed out" if case["status"] == "ERROR" else ""
            extracts.append(f"{practice},{product},{entity},{case['status']},{error},{case['row_count']}")
        if case["file"] == "own":
            good = [f"c{i},active" for i in range(int(case["rows"]))]
            bad = [",active"] * int(case["bad"])
            lines = "\n".join(["hq_client_id,status", *good, *bad])
            files[f"{product}/{entity}/practice_id={practice}/a.csv"] = lines + "\n"
    files["practices.csv"] = "\n".join(directory)
    files["extracts.csv"] = "\n".join(extracts)
    return files


def _last_intake() -> pl.DataFrame:
    known = [
        {
            "practice_id": f"P{number:02}",
            "product": case["product"],
            "entity": case["entity"],
            "last_accepted_rows": int(case["last"]),
        }
        for number, case in enumerate(CASES)
        if case["last"]
    ]
    return rows("intake", *known)


@pytest.fixture(scope="module", params=["absent", "there"])
def taken(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Frames]:
    """Without and with a file of the fleet: the cases that ask for one, and the others."""
    files = _files()
    if request.param == "there":
        files["hq/clients/fleet.csv"] = "practice_id,hq_client_id,status\nP99,c1,active\n"
    root = write(tmp_path_factory.mktemp("intake"), files)
    with connect() as con:
        return request.param, read(con, root, last_intake=_last_intake())


@pytest.mark.parametrize("number", range(len(CASES)), ids=[c["case"] for c in CASES])
def test_case(number: int, taken: tuple[str, Frames]) -> None:
    case, (fleet_file, frames) = CASES[number], taken
    if (case["file"] == "fleet") != (fleet_file == "there"):
        return
    found = frames["intake"].filter(
        (pl.col("practice_id") == f"P{number:02}")
        & (pl.col("product") == case["product"])
        & (pl.col("entity") == case["entity"])
    )
    if case["accepted"] == "absent":
        assert found.height == 0
        return
    [row] = found.to_dicts()
    assert row["accepted"] == (case["accepted"] == "yes"), row["reason"]
    assert case["words"].replace(";", ",") in (row["reason"] or "")
    assert (row["reason"] is None) == row["accepted"]
    assert (row["rows_read"], row["rows_quarantined"]) == (int(case["rows"]), int(case["bad"]))
    kept = int(case["rows"]) if row["accepted"] else int(case["last"] or 0)
    assert row["last_accepted_rows"] == kept


def test_every_list_can_be_in_the_table(taken: tuple[str, Frames]) -> None:
    lists = {(c.path or "").split("/")[-1] for c in tables("source").values()} - {"practices", "extracts"}
    assert set(taken[1]["intake"]["entity"]) <= lists
    assert taken[1]["intake"].schema == table("intake").schema


def test_a_tax_number_in_an_extracts_error_is_masked(tmp_path: Path) -> None:
    files = {
        "practices.csv": "practice_id,practice_name,region,connection\nP1,x,AU,none\n",
        "extracts.csv": "practice_id,product,entity,status,error\n"
        "P1,hq,clients,ERROR,no client for TFN 865414088\n",
        "hq/clients/a.csv": "practice_id,hq_client_id,status\nP1,c1,active\n",
    }
    with connect() as con:
        found = read(con, write(tmp_path, files))["intake"].filter(pl.col("entity") == "clients")
    reasons = found.filter(pl.col("product") == "hq")["reason"].to_list()
    assert reasons == ["The extract ended in ERROR: no client for TFN ******088."]
