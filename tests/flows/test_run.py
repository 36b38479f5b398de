"""The run itself: batches, a practice that fails, what is written about a run."""

import datetime as dt
import json
import random
from collections.abc import Sequence
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import flows.crew
import flows.night
from expectations.errors import StoreError
from flows.config import Settings, load_settings
from flows.night import Inputs, batches_of, even_rows, new_request, open_night
from flows.progress import Clock, PlainProgress
from flows.run import RunSummary, run
from flows.stages import Computed, compute
from transforms.store import open_store

IDS = ["AU-000001", "AU-000002"]
SIZES = st.dictionaries(st.text(min_size=1, max_size=4), st.integers(0, 50), max_size=30)


@given(SIZES, st.integers(1, 60), st.randoms())
def test_every_practice_is_in_one_batch_whatever_the_order_of_rows(
    sizes: dict[str, int], limit: int, dice: random.Random
) -> None:
    rows = list(sizes.items())
    schema = {"practice_id": pl.String, "rows": pl.Int64}
    batches = batches_of(pl.DataFrame(rows, schema, orient="row"), limit)
    assert [practice_id for batch in batches for practice_id in batch] == sorted(sizes)
    for batch in batches:
        # Full batches may run over by their last practice, never by more.
        assert sum(sizes[practice_id] for practice_id in batch[:-1]) < limit
    dice.shuffle(rows)
    assert batches_of(pl.DataFrame(rows, schema, orient="row"), limit) == batches


@pytest.mark.parametrize(
    ("rows", "batch_rows", "each"),
    [
        (0, 400_000, 400_000),
        (170_000, 400_000, 170_000),  # a second process would cost more than it saves
        (300_000, 400_000, 150_000),
        (900_000, 400_000, 225_000),  # three would leave a worker idle half of the time
        (4_000_000, 400_000, 400_000),
        (30, 1, 1),
    ],
)
def test_all_workers_are_busy_until_the_end(rows: int, batch_rows: int, each: int) -> None:
    assert even_rows(Settings(batch_rows=batch_rows, workers=2), rows) == each


@pytest.mark.parametrize(("practices", "workers"), [(len(IDS), 2), (1, 1)])
def test_no_worker_waits_for_a_batch_that_never_comes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, practices: int, workers: int
) -> None:
    monkeypatch.setattr(flows.night, "_WORTHWHILE", 1)
    settings = settings.model_copy(update={"workers": 2})
    request = new_request(dt.date(2024, 1, 15), None, IDS[:practices])
    with open_night(settings, request, PlainProgress()) as night:
        assert night.inputs.workers == workers


@pytest.fixture
def settings(sample_landing: Path, tmp_path: Path) -> Settings:
    return load_settings(landing=str(sample_landing), store=str(tmp_path / "store"))


def night_of(settings: Settings, ids: Sequence[str] = IDS) -> RunSummary:
    return run(settings, new_request(dt.date(2024, 1, 15), None, ids), PlainProgress())


def test_a_practice_that_fails_stands_alone_keeps_its_publication_and_tells_no_secret(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    well = night_of(settings)
    assert (well.exit_code, set(well.outcomes)) == (0, {"published"})

    def failing(
        inputs: Inputs, con: duckdb.DuckDBPyConnection, clock: Clock, practice_ids: Sequence[str]
    ) -> Computed:
        if "AU-000002" in practice_ids:
            raise ValueError("could not convert '123456782'")
        return compute(inputs, con, clock, practice_ids)

    monkeypatch.setattr(flows.crew, "compute", failing)
    ill = night_of(settings)
    assert ill.exit_code == 1
    outcome = dict(ill.status.select("practice_id", "outcome").rows())
    assert outcome == dict.fromkeys(IDS, "unchanged") | {"AU-000002": "failed"}
    [reason] = ill.status.filter(outcome="failed")["reason"]
    assert "ValueError" in reason
    assert "123456782" not in reason
    with open_store(Path(settings.store), read_only=True) as store:
        kept = store.read("select distinct run_id from unified_client where practice_id = 'AU-000002'")
    assert kept["run_id"].to_list() == [well.run_id]


def test_a_store_that_cannot_be_written_ends_the_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(
        inputs: Inputs, con: duckdb.DuckDBPyConnection, clock: Clock, practice_ids: Sequence[str]
    ) -> Computed:
        raise StoreError("no space left on device")

    monkeypatch.setattr(flows.crew, "compute", full)
    with pytest.raises(StoreError, match="no space"):
        night_of(settings)


def test_the_line_of_the_run_tells_scope_counts_and_versions_and_data_docs_are_written(
    settings: Settings, tmp_path: Path
) -> None:
    request = new_request(dt.date(2024, 1, 15), None, IDS[:1], tmp_path / "docs")
    run(settings, request, PlainProgress())
    with open_store(Path(settings.store), read_only=True) as store:
        [row] = store.read("select * from run").to_dicts()
    counts = json.loads(row["counts"])
    assert (row["run_id"], row["scope"]) == (request.run_id, IDS[:1])
    assert counts["outcomes"] == {"published": 1}
    assert [stage["stage"] for stage in counts["stages"]][-2:] == ["status", "publish"]
    assert counts["rows"]["practice_status"] == 1
    assert "duckdb" in json.loads(row["versions"])
    assert row["finished_at"] > row["started_at"]
    assert "unified_client" in (tmp_path / "docs" / "index.html").read_text(encoding="utf-8")


def test_a_practice_that_left_the_directory_is_named_and_keeps_its_status(tmp_path: Path) -> None:
    day = tmp_path / "landing" / "snapshot_date=2024-01-15"
    (day / "hq" / "clients").mkdir(parents=True)
    (day / "hq" / "clients" / "a.csv").write_text(
        "practice_id,hq_client_id,name,status\nP1,c1,Ann,active\nP2,c1,Bo,active\n"
    )
    settings = load_settings(landing=str(tmp_path / "landing"), store=str(tmp_path / "store"))
    left = []
    for practices in ("P1,x,AU,no_account\nP2,x,AU,no_account\n", "P1,x,AU,no_account\n"):
        directory = f"practice_id,practice_name,region,connection\n{practices}"
        (day / "practices.csv").write_text(directory)
        left.append(run(settings, new_request(dt.date(2024, 1, 15)), PlainProgress()).left)
    assert left == [(), ("P2",)]
    with open_store(tmp_path / "store", read_only=True) as store:
        known = store.read("select practice_id from practice_status")["practice_id"].to_list()
        counts = store.read("select counts from run order by started_at")["counts"].to_list()
    assert sorted(known) == ["P1", "P2"]
    assert [json.loads(told)["left"] for told in counts] == [[], ["P2"]]


def test_the_evidence_shows_no_tax_number_that_a_contact_holds(tmp_path: Path) -> None:
    day, number = tmp_path / "landing" / "snapshot_date=2024-01-15", "865414088"
    contact = f"Ann Elk,{number}@elk.com,{number}\n"
    texts = {
        "practices": "practice_id,practice_name,region,connection\nP1,x,AU,confirmed\n",
        "hq/clients/a": "practice_id,hq_client_id,name,status\nP1,h1,Elk Widgets Pty Ltd,active\n",
        "xpm/clients/a": f"practice_id,UUID,Name,TaxNumber\nP1,x1,Elk Widgets Pty Ltd,{number}\n",
        "hq/contacts/a": f"practice_id,hq_contact_id,hq_client_id,name,email,mobile\nP1,k1,h1,{contact}",
        "xpm/contacts/a": f"practice_id,UUID,ClientUUID,Name,Email,Mobile\nP1,k1,x1,{contact}",
    }
    for name, text in texts.items():
        file = day / f"{name}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    settings = load_settings(landing=str(tmp_path / "landing"), store=str(tmp_path / "store"))
    run(settings, new_request(dt.date(2024, 1, 15)), PlainProgress())
    with open_store(tmp_path / "store", read_only=True) as store:
        [evidence] = store.read("select evidence from match")["evidence"]
    people = next(clue for clue in json.loads(evidence) if clue["comparison"] == "contact_people")
    assert "elk" in people["left"]
    assert number not in evidence
    assert number[-7:] not in evidence
