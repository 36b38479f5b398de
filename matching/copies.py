"""Copies: records of a list that are equal in all that is compared.

A record that stands in a list 20,000 times makes 200 million pairs that all say the same, and each bucket of
blocking that holds it would be over its limit. So only `MOST` of its copies are compared. The others take
part in what was found of the first: its cluster, and its pairs with whatever is no further copy. A name that
many copies hold is not common for that.
"""

from dataclasses import dataclass
from typing import Self

import polars as pl

from matching.spec import MatchSpec

MOST = 4
"""Copies that are compared. They tell that there are many; more would make their own values look common, and
duplicates frequent: from six on, copies of a name and a birth date did not find their partner."""


@dataclass(frozen=True)
class Copies:
    """A list without the copies beyond `MOST`. Rows are places among its sorted ids."""

    ids: pl.Series
    """All ids, sorted."""
    kept: pl.DataFrame
    """The records that are compared."""
    row: pl.Series
    """Row of each of them, in the order of their ids."""
    surplus: pl.DataFrame
    """row of each record that is not compared, with the first and the second of its copies."""
    later: pl.Series
    """Rows that are compared and copies of an earlier one of surplus records."""

    @classmethod
    def of(cls, frame: pl.DataFrame, spec: MatchSpec, id_column: str) -> Self:
        """Find the copies; the first are those of the smallest ids."""
        columns = {field.column for field in spec.fields} | ({spec.partition} if spec.partition else set())
        number = pl.DataFrame({"value": frame.select(sorted(columns)).hash_rows()})
        number = number.with_columns(copies=pl.len().over("value"))
        ids = frame[id_column].sort()
        if not (number["copies"] > MOST).any():
            rows, nothing = pl.int_range(frame.height, eager=True), pl.Series(dtype=pl.Int64)
            none = pl.DataFrame(schema=dict.fromkeys(("row", "first", "second"), pl.Int64))
            return cls(ids, frame, rows, none, nothing)
        frame, order = frame.sort(id_column), frame[id_column].arg_sort()
        several = number[order].with_columns(row=pl.int_range(pl.len())).filter(pl.col("copies") > MOST)
        row = pl.col("row")
        several = several.select(
            "row",
            first=row.first().over("value"),
            second=row.get(1).over("value"),
            number=pl.int_range(pl.len()).over("value"),
        )
        beyond = pl.col("number") >= MOST
        surplus = several.filter(beyond).select("row", "first", "second")
        kept = pl.int_range(frame.height, eager=True)
        kept = kept.filter(~kept.is_in(surplus["row"].implode()))
        return cls(ids, frame[kept], kept, surplus, several.filter(~beyond, pl.col("number") > 0)["row"])

    def clusters(self, row: pl.Series, cluster: pl.Series) -> pl.DataFrame:
        """id, cluster_id of all records, by those that were compared: row, and row that names the cluster."""
        found = pl.DataFrame({"row": row, "cluster": cluster})
        ends = self.surplus
        for end in ("first", "second"):
            named = found.rename({"row": end, "cluster": f"with_{end}"})
            ends = ends.join(named, on=end, how="left", maintain_order="left")
        together = pl.col("with_first") == pl.col("with_second")
        ends = ends.select("row", cluster=pl.when(together).then("with_first").otherwise("row"))
        found = pl.concat([found, ends]).sort("row")
        return pl.DataFrame({"id": self.ids, "cluster_id": self.ids.gather(found["cluster"])})


def between(pairs: pl.DataFrame, left: Copies, right: Copies) -> pl.DataFrame:
    """Pairs of two lists (left_row, right_row) and those of the copies that were not compared."""
    of_left = _of_surplus(pairs, ("left_row", "right_row"), left, right.later)
    of_right = _of_surplus(pairs, ("right_row", "left_row"), right, left.later)
    return pl.concat([pairs, of_left, of_right])


def inside(pairs: pl.DataFrame, copies: Copies) -> pl.DataFrame:
    """The same of one list; each copy that was not compared is beside the first as the second is."""
    ends = ("left_row", "right_row"), ("right_row", "left_row")
    found = [_of_surplus(pairs, end, copies, copies.later) for end in ends]
    of_first = pairs.join(copies.surplus, left_on=ends[0], right_on=["first", "second"])
    found.append(of_first.with_columns(right_row="row").select(pairs.columns))
    rows = pl.col("left_row", "right_row")
    low, high = pl.min_horizontal(rows), pl.max_horizontal(rows)
    return pl.concat([pairs, *(some.with_columns(left_row=low, right_row=high) for some in found)])


def _of_surplus(pairs: pl.DataFrame, ends: tuple[str, str], copies: Copies, later: pl.Series) -> pl.DataFrame:
    """The pairs of the first of copies, for each copy that was not compared in its place; of none `later`."""
    own, other = ends
    some = pairs.filter(~pl.col(other).is_in(later.implode()))
    some = some.join(copies.surplus, left_on=own, right_on="first")
    return some.with_columns(pl.col("row").alias(own)).select(pairs.columns)
