"""Prepared records: one row per record of every list, with all that blocking and comparison need.

`rid` numbers the records in the order of partition, list and id, so that nothing depends on row order.
"""

from dataclasses import dataclass

import duckdb
import polars as pl

from transforms import normalise

FEW = 12
HUB = 50
"""A value held by more records of a list than FEW, and by more than one in HUB, is a hub: it tells little."""

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


def finish(
    con: duckdb.DuckDBPyConnection,
    frame: pl.DataFrame,
    free: tuple[tuple[str, str], ...] = (),
    own: int = 1,
    by_entity: bool = False,
) -> Prepared:
    """Add what is derived from the normalised columns, number the records and register them.

    `own`: a value held by at most so many records of each list counts as theirs alone. `by_entity`: whether
    a company is sought among the companies of its list; the run finds the share of matches of all records.
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
    frame = frame.with_columns(records=pl.len().over("part_no", "list"))
    frame = frame.with_columns(_derived(frame))
    for column in _MULTI:
        if column in frame.columns:
            frame = _by_rarity(frame, column, own)
    if "street" in frame.columns:
        frame = _address_counts(frame)
    frame = _with_frequencies(frame, free, by_entity).drop("records")
    con.register("prepared_frame", frame)
    con.execute("create or replace temp table prepared as select * from prepared_frame")
    con.unregister("prepared_frame")
    return Prepared(frame, free)


def _with_frequencies(
    frame: pl.DataFrame, free: tuple[tuple[str, str], ...], by_entity: bool
) -> pl.DataFrame:
    """Add size: records of the longest list of the partition; peers: as many, with `by_entity` those of the
    record's own entity; n_<column>: most of one list with the value."""
    names = ("given", "family", "org", "whole", "dob")
    weighed = [*(c for c in names if c in frame.columns), *(c for c, _ in free)]
    held = {f"n_{column}": pl.len().over("part_no", "list", column) for column in weighed}
    most = {f"n_{column}": pl.col(f"n_{column}").max().over("part_no", column) for column in weighed}
    # In steps: a window over a window is worked out again for every group.
    frame = frame.with_columns(**held)
    frame = frame.with_columns(size=pl.col("records").max().over("part_no"), **most)
    kinds = ("part_no", "entity") if by_entity else ("part_no",)
    frame = frame.with_columns(peers=pl.len().over("list", *kinds))
    frame = frame.with_columns(pl.col("peers").max().over(kinds))
    return frame.with_columns(pl.col("size", "peers", *most).cast(pl.Float32))


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


def _by_rarity(frame: pl.DataFrame, column: str, own: int) -> pl.DataFrame:
    """Split a list column into values of few records (`_own`) and of a family (`_family`), without hubs."""
    held = frame.select("rid", "part_no", "list", "records", value=column)
    held = _with_holders(held.explode("value", empty_as_null=True).drop_nulls("value"), "value")
    values = held.sort("rid", "value").group_by("rid", maintain_order=True)
    few = pl.col("holders") <= own
    split = {f"{column}_own": few, f"{column}_family": ~few & ~pl.col("hub")}
    lists = values.agg(pl.col("value").filter(which).alias(name) for name, which in split.items())
    frame = frame.join(lists, on="rid", how="left", maintain_order="left", validate="1:1")
    return frame.with_columns(pl.col(*split).fill_null([]))


def _address_counts(frame: pl.DataFrame) -> pl.DataFrame:
    """Add address_count and address_hub: records of one list that share the address, and whether too many."""
    address = ("house", "street", "post_code")
    known = pl.coalesce("house", "street").is_not_null()
    held = _with_holders(frame.filter(known).select("rid", "part_no", "list", "records", *address), *address)
    counts = held.select("rid", address_count=pl.col("holders").cast(pl.Int32), address_hub="hub")
    frame = frame.join(counts, on="rid", how="left", maintain_order="left", validate="1:1")
    return frame.with_columns(pl.col("address_count").fill_null(0), pl.col("address_hub").fill_null(False))


def _with_holders(held: pl.DataFrame, *value: str) -> pl.DataFrame:
    """Add holders, the records of one list that hold the value at most, and hub, whether they are too many.

    held: part_no, list, records (of the list) and the columns that make up the value, a row per holder.
    """
    held = held.with_columns(holders=pl.len().over("part_no", "list", *value))
    holders = pl.col("holders")
    held = held.with_columns(hub=(holders > FEW) & (holders * HUB > pl.col("records")))
    return held.with_columns(
        holders.max().over("part_no", *value), pl.col("hub").any().over("part_no", *value)
    )
