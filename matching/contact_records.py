"""Contacts prepared for matching: normalised, and those that are one person beyond doubt brought together."""

from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching import assign
from transforms import normalise
from transforms.sql import Frames, query

_SQL = (Path(__file__).parent / "sql" / "contact_records.sql").read_text(encoding="utf-8")
_NAME = ["given", "middle", "family", "suffix"]
_ENDS = ["practice_id", "product", "source_id"]
_MEN, _WOMEN = r"(?i)\b(?:mr|sir|mstr)\b", r"(?i)\b(?:mrs|ms|miss|madam|mdm|lady|dame)\b"


def contact_records(con: duckdb.DuckDBPyConnection, frames: Frames) -> pl.DataFrame:
    """One row per contact that is not deleted, of both products, sorted by practice, product and id.

    practice_id, product, source_id; given, middle, family, suffix and `gender` (m, f, as a form of address
    says); emails, phones (E.164; the practice's own left out) and clients, lists; `twin`: row number of the
    smallest contact that is the same person beyond doubt.
    Takes hq_contacts, xpm_contacts, practices, match.
    """
    tables = {name: frames[name] for name in ("hq_contacts", "xpm_contacts")}
    rows = query(con, _SQL, {**tables, "joined_client": _joined_clients(frames["match"])}).unnest("names")
    practices = frames["practices"]
    parts = normalise.person_name(rows["first_name"], None, rows["last_name"], rows["name"])
    found = rows.select(
        *_ENDS,
        **dict(zip(_NAME, parts.select("given_name", "middle_name", "family_name", "name_suffix"), strict=True)),
        gender=pl.when(pl.col("name").str.contains(_MEN)).then(pl.lit("m"))
        .when(pl.col("name").str.contains(_WOMEN)).then(pl.lit("f")),
        emails=_without(normalise.emails(rows["emails"]), rows, _own(practices, "email")),
        phones=_without(_phones(rows, practices), rows, _own(practices, "phone")),
        clients="clients",
    )  # fmt: skip
    return found.with_columns(twin=pl.Series(_twins(found)))


def _joined_clients(match: pl.DataFrame) -> pl.DataFrame:
    """practice_id, product, source_id, client: one row per client that a match joins to another."""
    exact = match.filter(pl.col("band") == "exact")
    sides = [
        exact.select("practice_id", product=f"{side}_product", source_id=f"{side}_id")
        for side in ("left", "right")
    ]
    both = pl.concat(sides)
    ends = both.unique().sort(_ENDS).with_row_index("end")
    numbers = both.join(ends, on=_ENDS, how="left", maintain_order="left")["end"].to_numpy().astype(np.int64)
    label = assign.joined(ends.height, numbers[: exact.height], numbers[exact.height :])
    name = ends.select(pl.concat_str("product", "source_id", separator=" ")).to_series()
    return ends.select(*_ENDS, client=name.gather(label))


def _phones(rows: pl.DataFrame, practices: pl.DataFrame) -> pl.Series:
    region = rows.join(
        practices.select("practice_id", "region"), on="practice_id", how="left", maintain_order="left"
    )
    return normalise.phones(rows.select(pl.concat_list("phones", "mobiles")).to_series(), region["region"])


def _own(practices: pl.DataFrame, kind: str) -> pl.DataFrame:
    """practice_id, value: the practice's own e-mails or phones, which tell nothing of a person."""
    read = normalise.emails(practices["email"]) if kind == "email" else (
        normalise.phones(practices["phone"], practices["region"])
    )  # fmt: skip
    return practices.select("practice_id", value=read).explode("value").drop_nulls()


def _without(values: pl.Series, rows: pl.DataFrame, own: pl.DataFrame) -> pl.Series:
    """`values`, one list a row, but those of the practice itself."""
    mine = rows.select("practice_id").join(
        own.group_by("practice_id").agg(mine="value"), on="practice_id", how="left", maintain_order="left"
    )["mine"]  # fmt: skip
    lists = pl.DataFrame({"value": values, "mine": mine})
    left = pl.col("value").list.set_difference(pl.col("mine"))
    return lists.select(pl.when(pl.col("mine").is_null()).then("value").otherwise(left)).to_series()


def _twins(found: pl.DataFrame) -> NDArray[np.int64]:
    """Smallest row of the contacts with the same whole name (no mere initial) and an e-mail or phone.

    Contacts and what they hold are the two sides of one graph, so that a value of many costs no pairs.
    """
    whole = pl.col("given").str.len_chars().fill_null(2) > 1
    keyed = found.with_row_index("row").filter(whole, pl.col("family").is_not_null()).select(
        "row", *_NAME, "gender", "practice_id", value=pl.concat_list("emails", "phones")
    )  # fmt: skip
    held = keyed.explode("value").drop_nulls("value")
    node = pl.struct("practice_id", *_NAME, "gender", "value").rank("dense")
    edges = held.select("row", node=node)
    left = edges["row"].to_numpy().astype(np.int64)
    right = edges["node"].to_numpy().astype(np.int64) - 1 + found.height
    nodes = found.height + (edges["node"].n_unique())
    return assign.joined(nodes, left, right)[: found.height]
