"""Which level of a comparison holds for each of many pairs of records.

Values stand for themselves as numbers: equal texts have one number, a hash of 64 bits. With these DuckDB
answers most conditions, as they are written. Those that must read texts (`comparison.of_values`) are worked
out once for each two values, those that are dear and seldom true (`comparison.where`) only where they may be,
and either only for pairs that no level before has decided. Lists in common are found by such numbers too.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from matching.columns import LENGTH, Bools, Ints, Records
from matching.comparison import MARKED, Comparison

_NAME = r'(?:"([^"]+)"|(\w+))'
_COLUMN = re.compile(rf"\b([lr])\.{_NAME}")
_TOKEN = re.compile(rf"(\blen\()?\b([lr])\.{_NAME}(?(1)\))|'([^']*)'")
"""A column of either side, maybe its number of values, or a text."""
_SIMILARITY = re.compile(r'(jaro_winkler_similarity\("l\.([^"]+)", "r\.\2"\)) >= ([\d.]+)')
_ANY = re.compile(r"list_has_any\(l\.(\w+), r\.\1\)")
_MIX = np.uint64(0x9E3779B97F4A7C15)
_AS_IS = pl.CompatLevel.newest()
_MACROS = """
create or replace temp macro jaccard_words(a, b) as
    len(list_intersect(string_split(a, ' '), string_split(b, ' ')))
    / len(list_distinct(list_concat(string_split(a, ' '), string_split(b, ' '))))
"""

_AT_ONCE = 2_000_000
"""Values of two lists that are held side by side at once, about."""

FEW = 20_000
"""So many pairs are compared by their values in one query: many queries would cost more."""


@dataclass
class Pairs:
    """Pairs of records, by their place in `records`."""

    con: duckdb.DuckDBPyConnection
    records: Records
    left: Ints
    right: Ints
    known: dict[str, Bools] = field(default_factory=dict)
    """Marked conditions and lists in common that were worked out: their truth for each pair."""
    having: dict[tuple[str, ...], tuple[Ints, "Pairs"]] = field(default_factory=dict)
    """The pairs of which both sides have one of these columns at least, and their places."""

    def only(self, rows: Ints) -> "Pairs":
        """The pairs at these places."""
        some = {mark: truth[rows] for mark, truth in self.known.items()}
        return Pairs(self.con, self.records, self.left[rows], self.right[rows], some)

    def all_levels(self, comparisons: Sequence[Comparison]) -> list[NDArray[np.uint8]]:
        """The level of each pair by each comparison."""
        self.con.execute(_MACROS)
        if len(self.left) > FEW or not comparisons:
            return [self.levels(comparison) for comparison in comparisons]
        found = self._by_texts([self._as_written(comparison) for comparison in comparisons])
        return [level.to_numpy() for level in found]

    def _as_written(self, comparison: Comparison) -> str:
        """Expression of the level over values."""

        def lacks(side: str, column: str) -> str:
            is_list = self.records.values(column).dtype == pl.List
            return f'coalesce(len({side}."{column}"), 0) = 0' if is_list else f'{side}."{column}" is null'

        sides = [" and ".join(lacks(side, c) for c in comparison.needs) for side in "lr" if comparison.needs]
        missing = " or ".join(f"({condition})" for condition in (*sides, comparison.missing))
        conditions = [missing, *(level.condition for level in comparison.levels)]
        return MARKED.sub(lambda mark: mark["condition"], _first_of(conditions))

    def levels(self, comparison: Comparison) -> NDArray[np.uint8]:
        """The level of each pair."""
        if not comparison.needs:
            return self._level(comparison)
        level = np.zeros(len(self.left), np.uint8)
        if comparison.needs not in self.having:
            has = np.logical_or.reduce([self.records.has(column) for column in comparison.needs])
            rows = np.flatnonzero(has[self.left] & has[self.right])
            self.having[comparison.needs] = rows, self.only(rows)
        rows, pairs = self.having[comparison.needs]
        if len(rows):
            level[rows] = pairs._level(comparison)
        return level

    def _level(self, comparison: Comparison) -> NDArray[np.uint8]:
        conditions = [comparison.missing, *(level.condition for level in comparison.levels)]
        by_numbers = next((i for i, c in enumerate(conditions) if _reads_texts(c)), len(conditions))
        level = self.first(conditions[:by_numbers])
        rows = np.flatnonzero(level == by_numbers)
        if len(rows) and by_numbers < len(conditions):
            level[rows] = by_numbers + self.only(rows).first(conditions[by_numbers:])
        return level

    def first(self, conditions: Sequence[str]) -> NDArray[np.uint8]:
        """Place of the first of the conditions that is true for each pair; their number where none is."""
        sql = _first_of(conditions)
        self._work_out(sql)
        names = {mark: f"known {i}" for i, mark in enumerate(self.known)}
        sql = MARKED.sub(lambda m: f'"{names[m[0]]}"', sql)
        sql = _ANY.sub(lambda m: f'"{names[m[0]]}"', sql)
        columns = {name: pl.Series(self.known[mark]) for mark, name in names.items() if f'"{name}"' in sql}
        absent: list[str] = []

        def numbered(token: re.Match[str]) -> str:
            if token[5] is not None:
                return f"{_hash(token[5])}::ubigint"
            column = (LENGTH if token[1] else "") + (token[3] or token[4])
            name = f"{token[2]}.{column}"
            if name not in columns:
                side = self.left if token[2] == "l" else self.right
                if self.records.values(column).dtype == pl.String:
                    columns[name] = pl.Series(self.records.number(column)[side])
                    absent.append(f'nullif("{name}", 0::ubigint) as "{name}"')
                else:
                    columns[name] = self.records.values(column).gather(side)
            return f'"{name}"'

        sql = _TOKEN.sub(numbered, sql)
        made = f"* replace ({', '.join(absent)})" if absent else "*"
        return self._select(columns, [sql], made)[0].to_numpy(writable=True)

    def _work_out(self, sql: str) -> None:
        of_column: dict[str, dict[str, str]] = {}
        for mark in MARKED.finditer(sql):
            if mark[0] in self.known:
                continue
            if mark["column"]:
                of_column.setdefault(mark["column"], {})[mark[0]] = mark["condition"]
            else:
                self.known[mark[0]] = self._where(mark["guard"], mark["condition"])
        for column, marks in of_column.items():
            self.known |= dict(zip(marks, self._of_values(column, list(marks.values())), strict=True))
        for mark in _ANY.finditer(MARKED.sub("", sql)):
            if mark[0] not in self.known:
                self.known[mark[0]] = self._in_common(mark[1])

    def _where(self, guard: str, condition: str) -> Bools:
        rows = np.flatnonzero(self.first([guard]) == 0)
        truth = np.zeros(len(self.left), np.bool_)
        if len(rows):
            truth[rows] = self.only(rows)._by_texts([_truth(condition)])[0].to_numpy()
        return truth

    def _of_values(self, column: str, conditions: list[str]) -> list[Bools]:
        """Truth of conditions that the values of one column decide, once for each two values."""
        number = self.records.number(column)
        one, other = number[self.left], number[self.right]
        held = np.flatnonzero((one != 0) & (other != 0))
        encoded = pa.array(one[held] * _MIX + other[held]).dictionary_encode()
        place = encoded.indices.to_numpy()
        # Of the pairs of records that have the same two values one will do.
        some = np.empty(len(encoded.dictionary), np.int64)
        some[place] = held
        truths = [np.zeros(len(one), np.bool_) for _ in conditions]
        for truth, found in zip(
            truths, self.only(some)._by_texts(list(map(_truth, conditions))), strict=True
        ):
            truth[held] = found.to_numpy()[place]
        return truths

    def _by_texts(self, expressions: list[str]) -> list[pl.Series]:
        """Expressions over the values themselves."""
        columns: dict[str, pl.Series] = {}
        # By number: to DuckDB columns called "Sex" and "sex" would be one.
        number: dict[str, int] = {}

        def named(token: re.Match[str]) -> str:
            column = token[2] or token[3]
            name = f"{token[1]}.{number.setdefault(column, len(number))}"
            if name not in columns:
                side = self.left if token[1] == "l" else self.right
                columns[name] = self.records.values(column).gather(side)
            return f'"{name}"'

        found = [_COLUMN.sub(named, expression) for expression in expressions]
        return self._select(columns, found)

    def _select(
        self, columns: dict[str, pl.Series], expressions: list[str], made: str = "*"
    ) -> list[pl.Series]:
        """Expressions over columns of these names, or what is `made` of them, row by row."""
        con, sql = self.con, ", ".join(f'{one} as "{i}"' for i, one in enumerate(expressions))
        found = sorted(_SIMILARITY.findall(sql), key=lambda one: -float(one[2]))
        # Below the least similarity that any condition asks for, its exact value does not matter.
        similar = {call: f"{call[:-1]}, {least})" for call, _, least in found}
        for i, call in enumerate(similar):
            sql = sql.replace(f"{call} >=", f'"similarity {i}" >=')
        inner = "".join(f', {call} as "similarity {i}"' for i, call in enumerate(similar.values()))
        frame = pl.DataFrame({"row": np.arange(len(self.left), dtype=np.uint32)} | columns)
        con.register("some_pairs", frame.to_arrow(compat_level=_AS_IS))
        rows = con.execute(f'select "row", {sql} from (select {made}{inner} from some_pairs)').pl()
        con.unregister("some_pairs")
        if not rows["row"].is_sorted():
            rows = rows.sort("row")
        return rows.drop("row").get_columns()

    def _in_common(self, column: str) -> Bools:
        """Whether the lists of both sides have a value in common."""
        begin, values = self.records.listed(column)
        held, value = np.diff(begin), values.hash().to_numpy()
        both = np.flatnonzero((held > 0)[self.left] & (held > 0)[self.right])
        block = (held[self.left[both]] * held[self.right[both]]).cumsum() // _AT_ONCE
        truth = np.zeros(len(self.left), np.bool_)
        for rows in np.split(both, np.flatnonzero(np.diff(block)) + 1):
            left, right = self.left[rows], self.right[rows]
            width = held[right]
            size = held[left] * width
            # Each value of the left list beside each of the right one.
            row = np.repeat(np.arange(len(rows)), size)
            place = np.arange(len(row)) - np.repeat(size.cumsum() - size, size)
            down, across = np.divmod(place, width[row])
            same = value[begin[left[row]] + down] == value[begin[right[row]] + across]
            truth[rows[row[same]]] = True
        return truth


def _first_of(conditions: Sequence[str]) -> str:
    """Expression: place of the first condition that is true, their number where none is."""
    cases = " ".join(f"when {condition} then {i}" for i, condition in enumerate(conditions))
    return f"(case {cases} else {len(conditions)} end)::utinyint"


def _truth(condition: str) -> str:
    """Expression: whether the condition is true."""
    # In a case DuckDB mostly works out no more of a condition than it must; only `if` keeps it from an error.
    return f"(case when {condition} then true else false end)"


def _reads_texts(condition: str) -> bool:
    return any(mark["column"] for mark in MARKED.finditer(condition))


@cache
def _hash(text: str) -> int:
    return int(pl.Series([text]).hash()[0])
