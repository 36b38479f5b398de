"""One source table, typed: values cast as its contract says, rows checked, double rows settled."""

import duckdb
import polars as pl

from expectations.conform import conform
from expectations.contracts import Table, table
from transforms.ingest.casts import expected, values_of
from transforms.ingest.doubles import find_doubles
from transforms.ingest.job import id_column
from transforms.ingest.ledger import LINES
from transforms.ingest.lines import Origin, with_lines
from transforms.ingest.raw import quoted, raw_schema
from transforms.ingest.snapshot import place
from transforms.sql import query

_LINE = pl.Schema(
    {
        "_rowid": pl.get_index_type(),
        "_file": pl.Int32(),
        "_place": pl.Int64(),
        "_row": pl.Int64(),
        "practice_id": pl.String(),
        "source_id": pl.String(),
        "column": pl.String(),
        "value": pl.String(),
        "level": pl.String(),
        "reason": pl.String(),
    }
)


def read_table(
    con: duckdb.DuckDBPyConnection, name: str, raw: pl.DataFrame, origin: Origin
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Source table `name` of its `raw` rows, and the lines (`LINES`) about these rows and their values."""
    contract = table(name)
    if not raw.height:
        return contract.empty(), pl.DataFrame(schema=LINES)
    raw = raw.cast(raw_schema(contract)).with_row_index("_rowid")
    values, unread = values_of(con, contract, raw)
    troubled = _troubled(con, contract, raw, values, unread)
    required = [pl.col(c.name).is_null() for c in contract.columns if c.required]
    lost = raw["_stated"].is_not_null() | values.select(pl.any_horizontal(required)).to_series()
    rows = values.hstack(raw.select("_rowid", "_file", "_place", "_row")).filter(~lost)
    doubles = find_doubles(con, contract, rows)
    found = pl.concat([_troubles(contract, troubled), doubles.cast(_LINE)])
    if doubles.height:
        rows = rows.filter(~pl.col("_rowid").is_in(doubles["_rowid"].implode()))
    return conform(rows.select(contract.names), name), _as_lines(contract, found, origin)


def _troubled(
    con: duckdb.DuckDBPyConnection,
    contract: Table,
    raw: pl.DataFrame,
    values: pl.DataFrame,
    unread: pl.DataFrame,
) -> pl.DataFrame:
    """Rows with something to report: values as they came, and per column whether it could not be read."""
    key = id_column(contract)
    told = raw.hstack(unread.select(pl.all().name.prefix("?"))).with_columns(
        _id=values[key] if key else pl.lit(None, pl.String)
    )
    rows = told.filter(pl.any_horizontal(pl.col("_stated").is_not_null(), *("?" + n for n in unread.columns)))
    lists = [c.name for c in contract.columns if c.type == "texts"]
    if not lists or not rows.height:
        return rows.with_columns(pl.lit(None, pl.String).alias(n) for n in lists)
    shown = ", ".join(f"{quoted(n)}::varchar as {quoted(n)}" for n in lists)
    return query(con, f"select * replace ({shown}) from troubled order by _rowid", {"troubled": rows})


def _troubles(contract: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """One line per value that could not be read; a required one, or a foreign practice, costs the row."""
    found = []
    for column in (c for c in contract.columns if "?" + c.name in rows.columns):
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
    if not found:
        return pl.DataFrame(schema=_LINE)
    lines = pl.concat(found)
    # One line of level row per lost row, so that rows read and rows quarantined add up to the rows found.
    first = pl.int_range(pl.len()).over("_rowid", "level") == 0
    return lines.with_columns(
        pl.when(first | (pl.col("level") == "value")).then("level").otherwise(pl.lit("value")).alias("level")
    )


def _line(rows: pl.DataFrame, column: str, value: pl.Expr, level: str, reason: pl.Expr) -> pl.DataFrame:
    told = {"column": pl.lit(column), "value": value, "level": pl.lit(level), "reason": reason}
    return rows.select("_rowid", "_file", "_place", "_row", "practice_id", source_id="_id", **told).cast(
        _LINE
    )


def _as_lines(contract: Table, found: pl.DataFrame, origin: Origin) -> pl.DataFrame:
    if not found.height:
        return pl.DataFrame(schema=LINES)
    rows = with_lines(found, origin)
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
