"""Prepared records: one row per record of every list, with all that blocking and comparison need.

`rid` numbers the records in the order of partition, list and id, so that nothing depends on row order.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import polars as pl

from transforms import normalise

FEW = 12
"""A value held by more records of a list than this, or by 2 % of it, is a hub and tells nothing."""

OWN = "own "
"""Before the names of columns that are compared by themselves, so that none meets a column with a role."""
_RICH = 0.5
"""Share of records from which lists are not sparse."""
_MULTI = ("emails", "phones", "websites", "people")


@dataclass(frozen=True)
class Prepared:
    """Prepared records; DuckDB sees them as table `prepared`."""

    frame: pl.DataFrame
    """rid UInt32, part String, list UInt8, id (String; in the library a record's place in its list), and the
    columns that `levels` compares."""
    free: tuple[tuple[str, str], ...] = ()
    """Fields without a role, compared by themselves: (prepared column, kind)."""

    @property
    def filled(self) -> list[str]:
        """Columns that hold any value."""
        return [column.name for column in self.frame if column.null_count() < len(column)]

    @property
    def is_sparse(self) -> bool:
        """Whether most records hold no three of: birth date, e-mail, phone, registered number."""
        numbers = [column for column, kind in self.free if kind == "identifier"]
        numbers += [c for c in ("tax_last3", "business_number", "company_number") if c in self.frame.columns]
        clues = [pl.any_horizontal(pl.col(c).is_not_null() for c in numbers)] if numbers else []
        clues += [pl.col(c).is_not_null() for c in ("dob",) if c in self.frame.columns]
        clues += [pl.col(c).list.len() > 0 for c in ("emails", "phones") if c in self.frame.columns]
        if not clues:
            return True
        rich = self.frame.select((pl.sum_horizontal(clues) >= 3).mean()).item()
        return float(rich or 0) < _RICH


@cache
def _sql(name: str) -> str:
    return (Path(__file__).parent / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def finish(
    con: duckdb.DuckDBPyConnection, frame: pl.DataFrame, free: tuple[tuple[str, str], ...] = (), own: int = 1
) -> Prepared:
    """Add what is derived from the normalised columns, number the records and register them.

    `own`: a value held by at most so many records of each list counts as theirs alone.
    """
    absent = [
        name
        for name in ("given", "family", "org", "trading", "trustee", "structure", "dob_from")
        if name not in frame.columns
    ]
    frame = frame.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    if "middle_of_given" not in frame.columns:
        frame = frame.with_columns(middle_of_given=pl.lit(False))
    if "entity" not in frame.columns:
        frame = frame.with_columns(pl.lit(0, pl.UInt8).alias("entity"))
    frame = frame.sort("part", "list", "id").with_row_index("rid")
    frame = frame.with_columns(pl.col("part").rle_id().alias("part_no"))
    frame = frame.with_columns(_derived(frame))
    for column in _MULTI:
        if column in frame.columns:
            frame = _by_rarity(con, frame, column, own)
    if "street" in frame.columns:
        frame = _address_counts(con, frame)
    frame = _with_frequencies(frame, free)
    con.register("prepared_frame", frame)
    con.execute("create or replace temp table prepared as select * from prepared_frame")
    con.unregister("prepared_frame")
    return Prepared(frame, free)


def _with_frequencies(frame: pl.DataFrame, free: tuple[tuple[str, str], ...]) -> pl.DataFrame:
    """Add size: records of the longest list of the partition; n_<column>: most of one list with the value."""
    names = ("given", "family", "org", "whole", "dob")
    weighed = [*(c for c in names if c in frame.columns), *(c for c, _ in free)]
    held = {f"n_{column}": pl.len().over("part_no", "list", column) for column in weighed}
    most = {f"n_{column}": pl.col(f"n_{column}").max().over("part_no", column) for column in weighed}
    # In steps: a window over a window is worked out again for every group.
    frame = frame.with_columns(size=pl.len().over("part_no", "list"), **held)
    frame = frame.with_columns(size=pl.col("size").max().over("part_no"), **most)
    return frame.with_columns(pl.col("size", *most).cast(pl.Float32))


def _code(column: str) -> pl.Expr:
    """Consonant code of a name: the first letter, then consonants by sound."""
    rest = pl.col(column).str.slice(1)
    for written, sound in (("ph", "f"), ("ck", "k"), ("sch", "s"), ("th", "t"), ("c", "k"), ("q", "k")):
        rest = rest.str.replace_all(written, sound, literal=True)
    rest = rest.str.replace_all("x", "k", literal=True).str.replace_all("[aeiouyhw ]", "")
    return (pl.col(column).str.slice(0, 1) + rest).alias(f"{column}_code")


def _derived(frame: pl.DataFrame) -> list[pl.Expr | pl.Series]:
    found: list[pl.Expr | pl.Series] = []
    for column in ("given", "family", "org", "whole", "street"):
        if column in frame.columns:
            found += _of_values(frame[column])
    if "given" in frame.columns:
        found.append(normalise.nickname_roots(frame["given"]).alias("given_roots"))
        found.append(normalise.is_given_name(frame["given"]).alias("given_known"))
    if "org" in frame.columns:
        found.append(pl.coalesce("trading", "trustee").alias("org_other"))
    return found


def _of_values(values: pl.Series) -> list[pl.Series]:
    """What is derived from one column alone, worked out once for each distinct value: names recur."""
    column, wanted = values.name, list[pl.Expr]()
    if column in ("given", "family", "org"):
        wanted.append(_code(column))
    if column in ("whole", "street", "org"):
        wanted.append(_sorted_words(column).alias(f"{column}_sorted"))
    if column == "org":
        words = pl.col("org").str.split(" ")
        initials = words.list.eval(pl.element().str.head(1)).list.join("")
        long = words.list.eval(pl.element().filter(pl.element().str.len_chars() >= 2).unique().sort())
        wanted += [
            long.alias("org_tokens"),
            pl.when(words.list.len() >= 3).then(initials).alias("org_acronym"),
        ]
    distinct = values.unique(maintain_order=True).drop_nulls().to_frame().with_columns(wanted)
    rows = values.to_frame().join(distinct, on=column, how="left", maintain_order="left", validate="m:1")
    return rows.drop(column).get_columns()


def _sorted_words(column: str) -> pl.Expr:
    return pl.col(column).str.split(" ").list.sort().list.join(" ")


def _by_rarity(con: duckdb.DuckDBPyConnection, frame: pl.DataFrame, column: str, own: int) -> pl.DataFrame:
    """Split a list column into values of few records (`_own`) and of a family (`_family`), without hubs."""
    sql = _sql("rarity").replace("{column}", column)
    con.register("unsplit", frame.select("rid", "part_no", "list", column))
    split = con.execute(sql, {"own": own, "few": FEW}).pl().sort("rid")
    con.unregister("unsplit")
    return pl.concat([frame, split.drop("rid")], how="horizontal")


def _address_counts(con: duckdb.DuckDBPyConnection, frame: pl.DataFrame) -> pl.DataFrame:
    con.register("unsplit", frame.select("rid", "part_no", "list", "house", "street", "post_code"))
    counts = con.execute(_sql("address_counts"), {"few": FEW}).pl().sort("rid")
    con.unregister("unsplit")
    return pl.concat([frame, counts.drop("rid")], how="horizontal")
