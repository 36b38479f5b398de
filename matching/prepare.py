"""Prepared records: one row per record of every list, with all that blocking and comparison need.

`rid` numbers the records in the order of partition, list and id, so that nothing depends on row order.
"""

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.columns import Records
from matching.parallel import over
from transforms import normalise
from transforms.normalise.lists import coded, lists_of

FEW = 12
HUB = 50
"""A value held by more records of a list than FEW, and by more than one in HUB, is a hub: it tells little."""

OWN = "own "
"""Before the names of columns that are compared by themselves, so that none meets a column with a role."""
_RICH = 0.5
"""Share of records from which lists are not sparse."""
_MULTI = ("emails", "phones", "websites", "people")
_WEIGHED = ("given", "family", "org", "whole", "dob")
_DERIVED = ("given", "family", "org", "whole", "street")

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Prepared:
    """Prepared records."""

    frame: pl.DataFrame
    """rid UInt32, part String, list UInt8, id (String; in the library a record's place in its list), and the
    columns that `levels` compares."""
    free: tuple[tuple[str, str], ...] = ()
    """Fields without a role, compared by themselves: (prepared column, kind)."""

    @cached_property
    def records(self) -> Records:
        """The records as comparisons read them."""
        return Records(self.frame)

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
    frame: pl.DataFrame,
    free: tuple[tuple[str, str], ...] = (),
    own: int = 1,
    by_entity: bool = False,
) -> Prepared:
    """Add what is derived from the normalised columns, and number the records.

    `frame`: in the order of part, list and id; the values of its list columns sorted. `own`: a value held by
    at most so many records of each list counts as theirs alone. `by_entity`: whether a company is sought
    among the companies of its list; the run finds the share of matches of all records.
    """
    frame = frame.with_row_index("rid").with_columns(_absent(frame), part_no=pl.col("part").rle_id())
    lists = _Lists.of(frame)
    texts = dict.fromkeys([*_WEIGHED, *_DERIVED, *(column for column, _ in free)])
    held = frame.columns
    parts = [partial(_of_values, frame[column], lists) for column in texts if column in held]
    parts += [partial(_by_rarity, frame[column], lists, own) for column in _MULTI if column in held]
    parts += [partial(_address_counts, frame, lists)] if "street" in held else []
    parts += [partial(_sizes, frame, lists, by_entity)]
    found = [one for some in over(lambda part: part(), parts) for one in some]
    frame = frame.with_columns(*found, org_other=pl.coalesce("trading", "trustee"))
    return Prepared(frame, free)


def _absent(frame: pl.DataFrame) -> list[pl.Expr]:
    """Columns that the comparisons read and `frame` has not."""
    texts = ("given", "family", "org", "trading", "trustee", "structure", "dob_from")
    columns = [pl.lit(None, pl.String).alias(name) for name in texts]
    columns += [pl.lit(False).alias("middle_of_given"), pl.lit(0, pl.UInt8).alias("entity")]
    return [column for column in columns if column.meta.output_name() not in frame.columns]


@dataclass(frozen=True)
class _Lists:
    """The lists of all partitions."""

    number: Ints
    """The list of each record: part_no times the lists of a partition, and its number there."""
    records: Ints
    """Size of each list."""
    of_part: int
    """Lists of a partition."""

    @classmethod
    def of(cls, frame: pl.DataFrame) -> "_Lists":
        of_part = int(frame["list"].max() or 0) + 1  # type: ignore[arg-type]
        number = frame["part_no"].to_numpy().astype(np.int64) * of_part + frame["list"].to_numpy()
        parts = number.max(initial=0) // of_part + 1
        return cls(number, np.bincount(number, minlength=parts * of_part), of_part)

    def most(self, value: Ints, rid: Ints | None = None) -> tuple[Ints, NDArray[np.bool_]]:
        """How many records of one list hold the value at most, and whether they are too many anywhere.

        value: a number for each value, 0 or more; rid: the record that holds it (else each record one).
        """
        lists = len(self.records)
        wide = value * lists + (self.number if rid is None else self.number[rid])
        distinct, place, holders = np.unique(wide, return_inverse=True, return_counts=True)
        many = (holders > FEW) & (holders * HUB > self.records[distinct % lists])
        first = np.flatnonzero(np.diff(distinct // self.of_part, prepend=-1))
        several = np.diff(first, append=len(distinct))
        most, hub = np.maximum.reduceat(holders, first), np.logical_or.reduceat(many, first)
        return np.repeat(most, several)[place], np.repeat(hub, several)[place]


_DOUBLE = {letter * 2: letter for letter in "bcdfgklmnprstvz"}


def _code(column: str) -> pl.Expr:
    """Consonant code of a name: the first letter, then consonants by sound."""
    rest = pl.col(column).str.slice(1).str.replace_many(_DOUBLE)
    for written, sound in (("ph", "f"), ("ck", "k"), ("sch", "s"), ("th", "t"), ("c", "k"), ("q", "k")):
        rest = rest.str.replace_all(written, sound, literal=True)
    rest = rest.str.replace_all("x", "k", literal=True).str.replace_all("[aeiouyhw ]", "")
    return (pl.col(column).str.slice(0, 1) + rest).alias(f"{column}_code")


def _sizes(frame: pl.DataFrame, lists: _Lists, by_entity: bool) -> list[pl.Series]:
    """size and peers: records of the longest list, and those among them of the record's entity type."""
    size = lists.most(np.zeros(frame.height, np.int64))[0]
    peers = lists.most(frame["entity"].to_numpy().astype(np.int64))[0] if by_entity else size
    return [pl.Series("size", size, pl.Float32), pl.Series("peers", peers, pl.Float32)]


def _of_values(texts: pl.Series, lists: _Lists) -> list[pl.Series]:
    """What is derived from one column alone, worked out once for each distinct value, for names recur; and
    n_<column>: the most records of one list with the value."""
    column, found = texts.name, list[pl.Series]()
    code, distinct = coded(texts)
    if column in _DERIVED:
        found += _derived(distinct.alias(column)).select(pl.all().gather(code)).get_columns()
    if column not in _DERIVED or column in _WEIGHED:
        most, _ = lists.most((code.fill_null(-1) + 1).to_numpy())
        found.append(pl.Series(f"n_{column}", most, pl.Float32))
    return found


def _derived(values: pl.Series) -> pl.DataFrame:
    column, wanted = values.name, list[pl.Expr | pl.Series]()
    if column in ("given", "family", "org"):
        wanted.append(_code(column))
    if column in ("whole", "street", "org"):
        wanted.append(pl.col(column).str.split(" ").list.sort().list.join(" ").alias(f"{column}_sorted"))
    if column == "given":
        wanted.append(normalise.nickname_roots(values).alias("given_roots"))
        wanted.append(normalise.is_given_name(values).alias("given_known"))
    if column == "org":
        words = pl.col("org").str.split(" ")
        initials = words.list.eval(pl.element().str.head(1)).list.join("")
        long = words.list.eval(pl.element().filter(pl.element().str.len_chars() >= 2).unique().sort())
        wanted += [
            long.alias("org_tokens"),
            pl.when(words.list.len() >= 3).then(initials).alias("org_acronym"),
        ]
    return values.to_frame().select(wanted)


def _by_rarity(values: pl.Series, lists: _Lists, own: int) -> list[pl.Series]:
    """Split a list column into values of few records (`_own`) and of a family (`_family`), without hubs."""
    held = values.to_frame("value").with_row_index("rid").explode("value", empty_as_null=False)
    held = held.drop_nulls("value")
    most, hub = lists.most(coded(held["value"])[0].to_numpy(), held["rid"].to_numpy())
    split = {"own": most <= own, "family": (most > own) & ~hub}
    return [
        lists_of(some["rid"], some["value"], len(values)).alias(f"{values.name}_{name}")
        for name, which in split.items()
        for some in [held.filter(which)]
    ]


def _address_counts(frame: pl.DataFrame, lists: _Lists) -> list[pl.Series]:
    """address_count and address_hub: records of one list that share the address, and whether too many."""
    parts = ("house", "street", "post_code")
    known = frame.select("rid", *parts).filter(pl.coalesce("house", "street").is_not_null())
    address = coded(known.select(pl.concat_str(pl.col(parts).fill_null("\0"), separator="\x1f")).to_series())[
        0
    ]
    most, hub = lists.most(address.to_numpy(), known["rid"].to_numpy())
    nothing = pl.DataFrame({"address_count": np.zeros(frame.height, np.int32), "address_hub": False})
    return [nothing[c].scatter(known["rid"], v) for c, v in zip(nothing.columns, (most, hub), strict=True)]
