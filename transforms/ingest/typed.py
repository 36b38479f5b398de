"""One source table, typed: values cast as its contract says, rows checked, double rows settled."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import polars as pl

from expectations.conform import conform
from expectations.contracts import Column, Table, table
from transforms.ingest.casts import expected, trouble_sql, value_sql
from transforms.ingest.doubles import settle_doubles
from transforms.ingest.job import id_column
from transforms.ingest.ledger import LINES
from transforms.ingest.lines import Origin, with_lines
from transforms.ingest.raw import has_rows, quoted, raw_name
from transforms.ingest.snapshot import place

_LINE = pl.Schema(
    {
        "_rowid": pl.Int64(),
        "_file": pl.Int32(),
        "_row": pl.Int64(),
        "practice_id": pl.String(),
        "source_id": pl.String(),
        "column": pl.String(),
        "value": pl.String(),
        "level": pl.String(),
        "reason": pl.String(),
    }
)


@dataclass(frozen=True)
class Picked:
    """Which practices are read."""

    ids: tuple[str, ...]
    """Sorted."""
    neighbours: bool
    """Whether they are all the landed practices between the first and the last of them."""

    @property
    def where(self) -> str:
        """SQL that is true for their rows."""
        # A range costs a tenth of a join on rows of sixty columns.
        listed = "practice_id in (select unnest($ids))"
        return "practice_id between $ids[1] and $ids[-1]" if self.neighbours and self.ids else listed


def picked(ids: Sequence[str], landed: Sequence[str]) -> Picked:
    """The practices `ids` out of those `landed` (sorted), in whose rows no other practice is named."""
    wanted = tuple(sorted(set(ids)))
    first = landed.index(wanted[0]) if wanted and wanted[0] in landed else 0
    return Picked(wanted, tuple(landed[first : first + len(wanted)]) == wanted)


def read_table(
    con: duckdb.DuckDBPyConnection, name: str, practices: Picked | None, origin: Origin
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Source table `name` of the practices (None: all), and the lines (`LINES`) about its rows and values."""
    contract = table(name)
    if not has_rows(con, name):
        return contract.empty(), pl.DataFrame(schema=LINES)
    _cast(con, contract, practices)
    troubled = _troubled(con, contract)
    found = pl.concat([_troubles(contract, troubled), settle_doubles(con, contract)])
    lines = with_lines(con, name, found, origin)
    columns = ", ".join(quoted(c) for c in contract.names)
    frame = con.execute(f"select {columns} from typed where not _dropped").pl()
    con.execute("drop table typed")
    return conform(frame.cast(contract.schema), name), _as_lines(contract, lines, origin)


def _cast(con: duckdb.DuckDBPyConnection, contract: Table, practices: Picked | None) -> None:
    """Temporary table `typed`: the rows with typed values, `_bad` where something is to be reported."""
    values = ", ".join(f"{value_sql(c)} as {quoted(c.name)}" for c in contract.columns)
    bad = " or ".join(trouble_sql(c) for c in contract.columns)
    lost = " or ".join(f"{quoted(c.name)} is null" for c in contract.columns if c.required)
    where, params = (f"where {practices.where}", {"ids": list(practices.ids)}) if practices else ("", {})
    con.execute(
        "create or replace temp table typed as"
        f" with cast_rows as (select rowid as _rowid, _file, _row, _stated, {values},"
        f" (_stated is not null or {bad}) as _bad from {raw_name(contract.name)} {where})"
        f" select *, (_stated is not null or {lost}) as _dropped from cast_rows",
        params,
    )


def _troubled(con: duckdb.DuckDBPyConnection, contract: Table) -> pl.DataFrame:
    """Rows with something to report: values as they came, and per column whether it could not be read."""
    columns = ", ".join(
        f"r.{quoted(c.name)}::varchar as {quoted(c.name)}, {_unread(c)} as {quoted('?' + c.name)}"
        for c in contract.columns
    )
    key = id_column(contract)
    source_id = f"t.{quoted(key)}" if key else "null::varchar"
    return con.execute(
        f"select t._rowid, t._file, t._row, t._stated, {source_id} as _id, {columns}"
        f" from typed as t join {raw_name(contract.name)} as r on r.rowid = t._rowid where t._bad"
    ).pl()


def _unread(column: Column) -> str:
    if column.type == "texts":
        return trouble_sql(column).replace(quoted(column.name), f"r.{quoted(column.name)}")
    there = "true" if column.required else f"r.{quoted(column.name)} is not null"
    return f"(t.{quoted(column.name)} is null and {there})"


def _troubles(contract: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """One line per value that could not be read; a required one, or a foreign practice, costs the row."""
    found = []
    for column in contract.columns:
        bad = rows.filter(pl.col("?" + column.name))
        if bad.height:
            value = pl.col(column.name)
            empty = f"{column.name} is required and empty: fill it."
            wrong = f"{column.name} {expected(column)}."
            reason = pl.when(value.is_null()).then(pl.lit(empty)).otherwise(pl.lit(wrong))
            level = "row" if column.required else "value"
            found.append(_line(bad, column.name, value, level, reason))
    moved = rows.filter(pl.col("_stated").is_not_null())
    if moved.height:
        reason = pl.lit("The row names another practice than its path: put it where it belongs.")
        found.append(_line(moved, "practice_id", pl.col("_stated"), "row", reason))
    lines = pl.concat(found) if found else pl.DataFrame(schema=_LINE)
    # One line of level row per lost row, so that rows read and rows quarantined add up to the rows found.
    first = pl.int_range(pl.len()).over("_rowid", "level") == 0
    return lines.with_columns(
        pl.when(first | (pl.col("level") == "value")).then("level").otherwise(pl.lit("value")).alias("level")
    )


def _line(rows: pl.DataFrame, column: str, value: pl.Expr, level: str, reason: pl.Expr) -> pl.DataFrame:
    told = {"column": pl.lit(column), "value": value, "level": pl.lit(level), "reason": reason}
    return rows.select("_rowid", "_file", "_row", "practice_id", source_id="_id", **told).cast(_LINE)


def _as_lines(contract: Table, rows: pl.DataFrame, origin: Origin) -> pl.DataFrame:
    product, entity = place(contract)
    numbers = rows["_file"].unique().to_list()
    names = pl.DataFrame(
        {"_file": numbers, "file": [origin.file(n).name for n in numbers]},
        schema={"_file": pl.Int32, "file": pl.String},
    )
    lines = rows.join(names, on="_file", how="left").with_columns(
        pl.lit(product).alias("product"), pl.lit(entity).alias("entity"), pl.col("_row").alias("line")
    )
    return lines.select(LINES.names()).cast(LINES)
