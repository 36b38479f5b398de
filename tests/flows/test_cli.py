"""The command line: exit codes, messages, what each command prints. On a real store of the sample fleet."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import ROOT
from tests.flows.command import AS_OF, scr_here


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("run --landing nowhere", 2, "nowhere"),
        (
            "run --landing {landing} --as-of 15/01/2024",
            2,
            "15/01/2024: not a date. Write it as 2024",
        ),
        ("run --landing {landing} --snapshot 2020-01-01", 2, "2020-01-01"),
        ("run --landing {landing} --practice AU-00001", 2, "did you mean AU-0000"),
        ("run --threads 0", 2, "setting threads = 0"),
        ("run --frobnicate", 2, "No such option"),
        ("status --store nowhere", 2, "no store at"),
        ("status --store {store} --format xml", 2, "--format xml: use table, csv, json"),
        ("status --store {store} --practice AU-00001", 2, "did you mean AU-0000"),
        ("explain AU-000001 crm x --store {store}", 2, "product 'crm': use hq, xpm or tax"),
        ("explain AU-000001 hq no-such-id --store {store}", 2, "no hq record 'no-such-id'"),
        ("simulate XX-1 --store {store}", 2, "no practice 'XX-1'"),
        ("sql 'drop table match' --store {store}", 2, "ask one question: a single SELECT"),
        ("sql 'select 1; select 2' --store {store}", 2, "ask one question: a single SELECT"),
        ("sql \"from read_text('/etc/hosts')\" --store {store}", 2, "only its own tables can be read"),
        ("sql 'select * from nothing' --store {store}", 2, "docs/data-dictionary.md"),
        ("sql 'selec 1' --store {store}", 2, "not SQL that DuckDB understands"),
    ],
)
def test_a_mistake_ends_in_one_message_and_code_2(
    words: str,
    code: int,
    message: str,
    sample_store: Path,
    sample_landing: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    typed = [word.format(store=sample_store, landing=sample_landing) for word in shlex.split(words)]
    done = scr_here(*typed)
    assert (done.returncode, message in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_store_that_cannot_be_made_ends_in_3(sample_landing: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    words = ("run", "--landing", sample_landing, "--store", tmp_path / "file")
    done = scr_here(*words)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert "Traceback" in scr_here(*words, "--debug").stderr


def test_status_as_table_csv_and_json_tells_the_same(sample_store: Path) -> None:
    table = scr_here("status", "--store", sample_store).stdout
    csv = pl.read_csv(scr_here("status", "--store", sample_store, "--format", "csv").stdout.encode())
    rows = json.loads(scr_here("status", "--store", sample_store, "--format", "json").stdout)
    assert [row["practice_id"] for row in rows] == csv["practice_id"].to_list()
    for row in rows:
        assert row["practice_id"] in table
    one = scr_here(
        "status", "--store", sample_store, "--format", "csv", "--practice", rows[0]["practice_id"]
    ).stdout
    assert pl.read_csv(one.encode()).height == 1


def test_explain_tells_the_outcome_the_other_record_and_each_clue(sample_store: Path) -> None:
    asked = """select practice_id, left_id, right_id from match
        where band = 'exact' and left_product = 'hq' order by all limit 1"""
    [pair] = json.loads(scr_here("sql", asked, "--store", sample_store, "--format", "json").stdout)
    told = scr_here("explain", pair["practice_id"], "hq", pair["left_id"], "--store", sample_store).stdout
    for expected in (pair["right_id"], "## exact: xpm", "prior", "bits", "probability"):
        assert expected in told
    mirrored = scr_here(
        "explain", pair["practice_id"], "xpm", pair["right_id"], "--store", sample_store
    ).stdout
    assert f"## exact: hq {pair['left_id']}" in mirrored


def test_simulate_tells_all_three_policies(sample_store: Path) -> None:
    told = scr_here("simulate", "AU-000001", "--store", sample_store).stdout
    for policy in ("all_xpm", "all_hq", "selection"):
        assert policy in told


def test_simulate_names_the_clients_that_a_policy_would_drop(
    sample_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.report.DROPS", 2)
    monkeypatch.setenv("COLUMNS", "160")  # a narrow page cuts ids
    told = scr_here("simulate", "AU-000009", "--store", sample_store).stdout
    assert "all_hq would drop 3 working clients" in told
    assert "all_xpm would drop" not in told
    listed = json.loads(
        scr_here(
            "sql",
            "select * from policy_drop where practice_id = 'AU-000009' order by xpm_client_uuid",
            *("--store", sample_store, "--format", "json"),
        ).stdout
    )
    assert len(listed) == 3
    for row in listed[:2]:
        assert re.search(
            rf"^{row['xpm_client_uuid']} +{row['name']} +{row['jobs']} +{'; '.join(row['tax_client_ids'])} ",
            told,
            re.MULTILINE,
        )
    assert listed[2]["xpm_client_uuid"] not in told
    assert "… and 1 more" in told


def test_practices_alone_end_as_in_the_fleet_and_the_hours_of_a_stale_tool_are_as_configured(
    sample_store: Path, sample_landing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCR_STALE_TOOL_HOURS", "31")
    alone = ("--practice", "AU-000001", "--practice", "NZ-000003")
    words = ("--landing", sample_landing, "--store", tmp_path, "--as-of", AS_OF, *alone)
    done = scr_here("run", *words)
    assert done.returncode == 0, done.stderr
    both = [
        json.loads(scr_here("status", "--store", store, "--format", "json", *alone).stdout)
        for store in (tmp_path, sample_store)
    ]
    kept = [[(row["practice_id"], row["outcome"], row["content_hash"]) for row in rows] for rows in both]
    assert kept[0] == kept[1]
    assert len(json.loads(scr_here("status", "--store", tmp_path, "--format", "json").stdout)) == 2
    told = [next(row["reason"] for row in rows if row["practice_id"] == "NZ-000003") for rows in both]
    assert "The tool is held by u2 since 2024-01-13 16:00, longer than 31 hours" in told[0]
    assert "longer than 24 hours" in told[1]


def test_report_names_who_must_act(sample_store: Path) -> None:
    told = scr_here("report", "--store", sample_store).stdout
    for expected in ("## Steps and outcomes", "## Who must act", "## Next deadlines", "master_admin"):
        assert expected in told


def test_look_ups_start_without_the_heavy_libraries(sample_store: Path) -> None:
    code = f"import sys; sys.argv = ['scr', 'status', '--store', {str(sample_store)!r}]\n"
    code += "from flows.cli import main\n"
    code += "try:\n    main()\nexcept SystemExit:\n    pass\n"
    code += "heavy = {'prefect', 'great_expectations', 'pandas'}\nassert not heavy & sys.modules.keys()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "AU-000001" in done.stdout
