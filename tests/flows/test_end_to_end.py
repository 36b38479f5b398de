"""The sample fleet from landing zone to published store, with the real store and the real command."""

import gzip
import json
import os
import random
import re
import shutil
import signal
import subprocess
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from expectations.contracts import tables
from flows.config import load_settings
from flows.night import new_request, open_night
from flows.progress import PlainProgress
from tests.conftest import ROOT
from tests.flows.command import AS_OF, command, scr, scr_here
from transforms.ingest import read_batch
from transforms.store import open_store

GOLDEN = ROOT / "tests" / "golden"
PUBLISHED = sorted(name for name, contract in tables("published").items() if contract.kind == "published")


def query(store: Path, sql: str) -> pl.DataFrame:
    with open_store(store, read_only=True) as opened:
        return opened.read(sql)


def published(store: Path) -> dict[str, pl.DataFrame]:
    """Rows of every published table without run_id, sorted by all their columns."""
    with open_store(store, read_only=True) as opened, opened.still():
        frames = {name: opened.read(f'select * exclude (run_id) from "{name}"') for name in PUBLISHED}
    return {name: frame.sort(tables("published")[name].key) for name, frame in frames.items()}


def assert_same(left: dict[str, pl.DataFrame], right: dict[str, pl.DataFrame]) -> None:
    for name in PUBLISHED:
        assert_frame_equal(left[name], right[name])


GOLDEN_QUERIES = {
    "practice_status": """
        select
            * exclude (run_id, last_published_at, content_hash, expected_wrong_joins, expected_missed_joins),
            last_published_at is not null as published
        from practice_status order by practice_id""",
    "crosswalk_outcomes": """
        select practice_id, product, entity, outcome, count(*) as records
        from crosswalk group by all order by all""",
    "match_bands": """
        select practice_id, left_product, right_product, band, decided_by, count(*) as pairs
        from match group by all order by all""",
    "review_items": """
        select
            practice_id, rank, kind, blocking, left_id, right_id, organisation_id, why,
            array_to_string(answers, ' ') as answers, consequences, left_record, right_record
        from review_item order by all""",
    "quarantine": """
        select practice_id, file, line, "column", level, value, reason from quarantine order by all""",
    "published_rows": "select practice_id, name, state, survivor_product from unified_client order by all",
}


@pytest.mark.parametrize("name", GOLDEN_QUERIES)
def test_the_sample_ends_as_golden(name: str, sample_store: Path) -> None:
    found = query(sample_store, GOLDEN_QUERIES[name]).write_csv()
    path = GOLDEN / f"{name}.csv"
    if "GOLDEN_ACCEPT" in os.environ:
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(found, encoding="utf-8")
    assert found.splitlines() == path.read_text(encoding="utf-8").splitlines(), "wanted? then: make accept"


def test_what_is_printed_names_every_practice_and_where_to_look_next(sample_store: Path) -> None:
    printed = (sample_store.parent / "output.txt").read_text()
    for practice_id in query(sample_store, "select practice_id from practice_status")["practice_id"]:
        assert practice_id in printed
    for command_word in ("scr report", "scr explain", "scr sql"):
        assert f"{command_word} " in printed


def test_order_of_rows_and_files_and_threads_make_no_difference(
    sample_landing: Path, sample_store: Path, tmp_path: Path
) -> None:
    landing = tmp_path / "landing"
    shutil.copytree(sample_landing, landing)
    shuffle(landing, seed=7)
    done = scr("run", "--landing", landing, "--store", tmp_path / "store", "--as-of", AS_OF, "--threads", "1")
    assert done.returncode == 1, done.stderr
    assert_same(published(sample_store), published(tmp_path / "store"))
    outcomes = "select practice_id, step, outcome, content_hash from practice_status order by all"
    assert_frame_equal(query(sample_store, outcomes), query(tmp_path / "store", outcomes))


def shuffle(landing: Path, seed: int) -> None:
    """Shuffle the rows of every plain text list of one record a line, and rename files in list folders."""
    dice = random.Random(seed)
    for path in sorted(p for p in landing.rglob("*") if p.is_file()):
        opener = gzip.open if path.suffix == ".gz" else open
        name = path.name.removesuffix(".gz")
        if name.endswith((".csv", ".ndjson")):
            try:
                with opener(path, "rt", encoding="utf-8", newline="") as file:
                    lines = file.read().splitlines(keepends=True)
            except UnicodeDecodeError:
                continue  # one file of the sample is in a wrong encoding on purpose
            if '"' in "".join(lines) and name.endswith(".csv"):
                continue  # a record may span lines
            head, body = (lines[:1], lines[1:]) if name.endswith(".csv") else ([], lines)
            if body and not body[-1].endswith("\n"):
                body[-1] += "\n"
            dice.shuffle(body)
            with opener(path, "wt", encoding="utf-8", newline="") as file:
                file.writelines(head + body)
        if len(path.relative_to(landing).parts) > 3:
            path.rename(path.with_name(f"part-{dice.randrange(10**6):06}-{path.name}"))


def test_a_killed_run_changes_nothing_and_the_next_finds_nothing_to_change(
    sample_landing: Path, sample_store: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "store"
    shutil.copytree(sample_store, copy)
    before, runs = published(copy), query(copy, "select * from run").height
    words = ("run", "--landing", sample_landing, "--store", copy, "--as-of", AS_OF)
    with subprocess.Popen(
        command(*words), cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stderr
        for line in process.stderr:
            if " status " in line:  # what follows is the publication
                process.send_signal(signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL
    assert_same(before, published(copy))
    assert query(copy, "select * from run").height == runs
    again = scr_here(*words)
    assert again.returncode == 1, again.stderr
    assert_same(before, published(copy))
    hashes = query(copy, "select input_hash, output_hash from run")
    assert hashes.height == 2
    assert hashes.unique().height == 1
    outcomes = query(copy, "select distinct outcome from practice_status")["outcome"].to_list()
    assert "unchanged" in outcomes
    assert "published" not in outcomes


def test_a_run_counts_the_rows_that_it_wrote(sample_store: Path) -> None:
    counts = json.loads(query(sample_store, "select counts from run")["counts"].item())["rows"]
    assert {"crosswalk", "quarantine", "unified_client", "match"} <= counts.keys()
    held = {name: query(sample_store, f'select count(*) from "{name}"').item() for name in counts}
    assert counts == held


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT], ids=lambda sent: sent.name)
def test_a_run_that_is_told_to_end_does_so_at_once_and_leaves_no_landed_rows(
    sent: signal.Signals, sample_landing: Path, tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    words = ("run", "--landing", sample_landing, "--store", tmp_path / "store", "--as-of", AS_OF)
    with subprocess.Popen(
        command(*words),
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(scratch)},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stderr
        for line in process.stderr:
            if " read " in line:
                assert list(scratch.iterdir())
                process.send_signal(sent)
                break
        assert " publish " not in process.stderr.read()
    assert process.returncode == 128 + sent
    assert list(scratch.iterdir()) == []


def test_no_whole_tax_number_leaves_the_run(sample_landing: Path, sample_store: Path, tmp_path: Path) -> None:
    settings = load_settings(landing=str(sample_landing), store=str(tmp_path / "other"))
    with open_night(settings, new_request(), PlainProgress()) as night:
        ids = [practice_id for batch in night.inputs.batches for practice_id in batch]
        frames = read_batch(night.con, night.inputs.landed, ids, night.inputs.last_intake, "r")
    numbers = {
        digits
        for name, contract in tables("source").items()
        for column in contract.columns
        if column.secret == "tax_number"
        for value in frames[name][column.name].drop_nulls()
        if len(digits := re.sub(r"\D", "", value)) >= 8
    }
    assert len(numbers) > 20, "the sample must hold whole tax numbers, or this test proves nothing"
    texts = (sample_store.parent / "output.txt").read_text()
    with open_store(sample_store, read_only=True) as opened:
        for name in opened.tables():
            texts += opened.read(f'select * from "{name}"').write_json()
    digits_only = re.sub(r"(?<=\d)[ .\-](?=\d)", "", texts)
    assert [number for number in numbers if number in digits_only] == []
