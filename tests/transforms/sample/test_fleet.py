"""Fleets are the same for one seed, complete, hard in the ways they promise, and alike in every format."""

import hashlib
from pathlib import Path

import polars as pl
import pytest

from expectations.contracts import tables
from expectations.errors import UsageError
from transforms.sample import FleetSpec, landing, make_fleet
from transforms.sample.fleet import draw_fleet
from transforms.sample.spec import draw_practices
from transforms.sample.writer import as_text
from transforms.sql import Frames

SMALL = FleetSpec(12, seed=5, median_clients=40)


@pytest.fixture(scope="module")
def fleet() -> Frames:
    spec = FleetSpec(40, seed=11, median_clients=150)
    return draw_fleet(draw_practices(spec), spec.snapshot_date, spec.seed)


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_one_seed_one_fleet(tmp_path: Path) -> None:
    for name in ("a", "b"):
        make_fleet(SMALL, tmp_path / name)
    make_fleet(FleetSpec(12, seed=6, median_clients=40), tmp_path / "c")
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert digest(tmp_path / "a") != digest(tmp_path / "c")


def test_an_existing_snapshot_is_not_overwritten(tmp_path: Path) -> None:
    make_fleet(SMALL, tmp_path)
    with pytest.raises(UsageError, match="is there already: remove it or name another folder"):
        make_fleet(SMALL, tmp_path)


def test_truth_names_every_client_once(fleet: Frames) -> None:
    truth = fleet["truth_clients"]
    key = ["practice_id", "product", "source_id"]
    assert truth.select(pl.struct(key).n_unique()).item() == truth.height
    for name, product, column in (
        ("hq_clients", "hq", "hq_client_id"),
        ("xpm_clients", "xpm", "UUID"),
        ("tax_clients", "tax", "tax_client_id"),
    ):
        records = fleet[name].select("practice_id", source_id=column)
        known = truth.filter(pl.col("product") == product).select("practice_id", "source_id")
        assert records.sort(pl.all()).equals(known.sort(pl.all()))


def test_lists_overlap_as_practices_do(fleet: Frames) -> None:
    both = (
        fleet["truth_clients"]
        .filter(pl.col("product") != "tax")
        .group_by("practice_id", "entity_id")
        .agg(pl.col("product").n_unique())
        .group_by("practice_id")
        .agg((pl.col("product") == 2).mean().alias("overlap"))
    )
    connected = fleet["practices"].filter(pl.col("connection") != "no_account")["practice_id"]
    overlap = both.filter(pl.col("practice_id").is_in(connected.to_list()))["overlap"]
    assert overlap.min() > 0.1  # type: ignore[operator]
    assert overlap.max() <= 1.0  # type: ignore[operator]
    assert 0.5 < overlap.mean() < 0.85  # type: ignore[operator]


def test_old_links_are_mostly_right(fleet: Frames) -> None:
    truth = fleet["truth_clients"]
    hq = truth.filter(pl.col("product") == "hq").select(
        "practice_id", hq_client_id="source_id", hq="entity_id"
    )
    xpm = truth.filter(pl.col("product") == "xpm").select(
        "practice_id", xpm_client_uuid="source_id", xpm="entity_id"
    )
    links = fleet["client_sync"].join(hq, on=["practice_id", "hq_client_id"]).join(
        xpm, on=["practice_id", "xpm_client_uuid"], how="left"
    )  # fmt: skip
    assert links.height == fleet["client_sync"].height
    gone, wrong = links["xpm"].is_null().mean(), (links["xpm"] != links["hq"]).mean()
    assert 0.005 < gone < 0.04  # type: ignore[operator]
    assert 0.01 < wrong < 0.06  # type: ignore[operator]


def test_families_share_what_families_share(fleet: Frames) -> None:
    people = fleet["xpm_clients"].filter(
        pl.col("BusinessStructure") == "Individual", pl.col("Email").is_not_null()
    )
    shared = people.group_by("practice_id", pl.col("Email").str.to_lowercase()).agg(
        pl.col("FirstName").n_unique()
    )
    assert (shared["FirstName"] > 1).mean() > 0.05  # type: ignore[operator]
    names = people.filter(pl.col("DateOfBirth").is_not_null()).group_by(
        "practice_id", "FirstName", "LastName"
    )
    assert (names.agg(pl.col("DateOfBirth").n_unique())["DateOfBirth"] > 1).sum() > 20


def test_tax_numbers_are_masked_in_most_practices(fleet: Frames) -> None:
    shown = fleet["xpm_clients"].filter(pl.col("TaxNumber").is_not_null())
    whole = shown.group_by("practice_id").agg((~pl.col("TaxNumber").str.starts_with("******")).mean())
    assert set(whole["TaxNumber"].to_list()) == {0.0, 1.0}
    assert 0.0 < whole["TaxNumber"].mean() < 0.4  # type: ignore[operator]
    assert not fleet["tax_clients"]["tax_number"].str.starts_with("*").any()


def test_tax_records_point_at_their_xpm_client(fleet: Frames) -> None:
    truth = fleet["truth_clients"]
    tax = truth.filter(pl.col("product") == "tax").select(
        "practice_id", tax_client_id="source_id", tax="entity_id"
    )
    xpm = truth.filter(pl.col("product") == "xpm").select(
        "practice_id", xpm_client_uuid="source_id", xpm="entity_id"
    )
    joined = fleet["tax_clients"].join(tax, on=["practice_id", "tax_client_id"])
    named = joined.filter(pl.col("xpm_client_uuid").is_not_null())
    pointed = named.join(xpm, on=["practice_id", "xpm_client_uuid"], how="left")
    assert 0.85 < named.height / joined.height < 0.99
    assert 0 < pointed["xpm"].is_null().sum() < 0.05 * named.height
    assert 0 < (pointed["xpm"] != pointed["tax"]).sum() < 0.05 * named.height


def test_hard_cases_are_there(fleet: Frames) -> None:
    xpm, hq = fleet["xpm_clients"], fleet["hq_clients"]
    assert xpm["Name"].str.contains(" ATF | as trustee for ").sum() > 20
    assert xpm["Name"].str.contains("Lot 2 Trust").any()
    assert xpm["Name"].str.contains(r" T/A ").sum() > 20
    assert xpm["Name"].str.contains(r"No\. 2").any()
    assert {"archived", "active"} == set(hq["status"])
    for flag in ("IsArchived", "IsDeleted", "IsProspect"):
        assert 0 < xpm[flag].mean() < 0.1  # type: ignore[operator]
    assert hq["hq_client_id"].n_unique() < hq.height  # ids repeat from practice to practice
    assert xpm["Notes"].str.contains(r"TFN \d{9}").any()
    states = fleet["practices"]["connection"].unique().sort().to_list()
    assert states == ["confirmed", "existing", "no_account", "none"]


def test_contacts_serve_several_clients(fleet: Frames) -> None:
    contacts = fleet["xpm_contacts"]
    per_client = contacts.height / fleet["xpm_clients"].height
    assert 1.4 < per_client < 1.9
    assert (contacts.group_by("practice_id", "UUID").len()["len"] > 1).mean() > 0.1  # type: ignore[operator]
    who = fleet["truth_contacts"].filter(pl.col("product") == "xpm")
    assert (
        who.group_by("practice_id", "person_id").len()["len"].max() == 2
    )  # the same person under another id
    primary = contacts.filter("IsPrimary").group_by("practice_id", "ClientUUID").len()
    assert primary["len"].max() == 1


def test_extracts_count_every_row(fleet: Frames) -> None:
    found = fleet["extracts"].group_by("product", "entity").agg(pl.col("row_count").sum())
    counts = {(p, e): n for p, e, n in found.iter_rows()}
    assert counts["hq", "clients"] == fleet["hq_clients"].height
    assert counts["xpm", "relationships"] == fleet["xpm_relationships"].height
    assert set(fleet["extracts"]["status"]) == {"OK"}


def read_back(folder: Path, name: str, kind: str) -> pl.DataFrame:
    """The rows of a source table as text, with readers of other hands than the project's own."""
    contract = tables("source")[name]
    files = sorted((folder / "snapshot_date=2024-01-15").glob(f"{contract.path}*/**/*.{kind}"))
    files += sorted((folder / "snapshot_date=2024-01-15").glob(f"{contract.path}.{kind}"))
    parts = []
    for path in files:
        if kind == "parquet":
            part = as_text(pl.read_parquet(path, hive_partitioning=True), contract)
        elif kind == "ndjson":
            part = pl.read_ndjson(path, infer_schema_length=None)
        else:
            part = pl.read_csv(path, infer_schema=False)
        if "practice_id" not in part.columns:
            part = part.with_columns(practice_id=pl.lit(path.parent.name.removeprefix("practice_id=")))
        lists = [c for c, kind in part.schema.items() if isinstance(kind, pl.List)]
        part = part.with_columns(pl.col(lists).cast(pl.List(pl.String)).list.join(";"))
        missing = [c for c in contract.names if c not in part.columns]
        part = part.with_columns(pl.lit(None, pl.String).alias(c) for c in missing)
        parts.append(part.select(pl.col(contract.names).cast(pl.String).replace("", None)))
    return pl.concat(parts).sort(contract.key)


@pytest.mark.parametrize("layout", ["fleet", "per_practice"])
def test_formats_agree(tmp_path: Path, layout: str) -> None:
    spec = {"practices": 4, "seed": 3, "median_clients": 30, "layout": layout}
    for kind in ("parquet", "csv", "ndjson"):
        make_fleet(FleetSpec(**spec, formats=kind), tmp_path / kind)  # type: ignore[arg-type]
    for name in ("practices", "staff", "hq_clients", "xpm_clients", "tax_clients", "xpm_groups", "policies"):
        wanted = read_back(tmp_path / "parquet", name, "parquet")
        assert wanted.height
        for kind in ("csv", "ndjson"):
            found = read_back(tmp_path / kind, name, kind)
            numbers = [c.name for c in tables("source")[name].columns if c.type == "number"]
            assert found.drop(numbers).equals(wanted.drop(numbers)), (name, kind)


def test_parts_of_a_fleet_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landing, "_CLIENTS_AT_ONCE", 150)
    make_fleet(FleetSpec(8, seed=5, median_clients=60, formats="parquet", layout="fleet"), tmp_path)
    parts = list((tmp_path / "snapshot_date=2024-01-15/xpm/clients").glob("part-*.parquet"))
    truth = pl.read_parquet(tmp_path / "truth/truth_clients.parquet")
    assert len(parts) > 1
    assert pl.read_parquet(parts)["UUID"].n_unique() == truth.filter(pl.col("product") == "xpm").height
    assert truth.group_by("entity_id").agg(pl.col("practice_id").n_unique())["practice_id"].max() == 1


def test_trouble_leaves_its_marks(tmp_path: Path) -> None:
    make_fleet(FleetSpec(150, seed=2, median_clients=5, layout="fleet", trouble=True), tmp_path)
    extracts = pl.read_csv(tmp_path / "snapshot_date=2024-01-15/extracts.csv")
    assert "ERROR" in extracts["status"]
    assert extracts.filter(pl.col("status") == "OK")["row_count"].null_count() > 0
    planted = {path.name for path in (tmp_path / "snapshot_date=2024-01-15").rglob("practice_id=*/*")}
    assert planted == {"late_arrivals.csv", "corrections.ndjson", "export_latin1.csv", "client_list.xml"}
