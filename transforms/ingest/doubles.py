"""Two rows with one key in one list: identical ones collapse, of differing ones the newest is kept."""

import duckdb
import polars as pl

from expectations.conform import ascends
from expectations.contracts import Table
from transforms.ingest.job import id_column
from transforms.ingest.raw import quoted
from transforms.sql import query

_SAME = "The same row is there more than once: it was read once."
_LOST = pl.Schema(
    {
        "_rowid": pl.get_index_type(),
        "_file": pl.Int32(),
        "_place": pl.Int64(),
        "_row": pl.Int64(),
        "practice_id": pl.String(),
        "source_id": pl.String(),
        "_same": pl.Boolean(),
    }
)
_OLDER = "Another row of the same key is newer (or, of one age, comes first by content): that one was read."


def find_doubles(con: duckdb.DuckDBPyConnection, contract: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that give way to another of their key: `_rowid`, `_file`, `_place`, … and why.

    The newest by the contract's `newest` column stays, then the first by content hash, wherever they stand.
    """
    key = list(contract.key)
    if ascends(rows.select(key)) or rows.select(pl.struct(key).n_unique()).item() == rows.height:
        return _lines(pl.DataFrame(schema=_LOST))
    names = ", ".join(quoted(c) for c in key)
    newest = f"{quoted(contract.newest)} desc nulls last, " if contract.newest else ""
    place = f"partition by {names} order by {newest}_content, _file, _place"
    source = id_column(contract)
    sql = f"""
        with hashed as (
            select *, md5(concat_ws('|', {", ".join(_part(c) for c in contract.names)})) as _content
            from contenders
        ),
        ranked as (
            select *, row_number() over ({place}) as _rank, first_value(_content) over ({place}) as _kept
            from hashed
        )
        select _rowid, _file, _place, _row, practice_id,
            {quoted(source) if source else "null::varchar"} as source_id, _content = _kept as _same
        from ranked where _rank > 1
        order by _file, _place
        """
    return _lines(query(con, sql, {"contenders": rows.filter(pl.struct(key).is_duplicated())}))


def _lines(lost: pl.DataFrame) -> pl.DataFrame:
    reason = pl.when("_same").then(pl.lit(_SAME)).otherwise(pl.lit(_OLDER))
    return lost.select(
        "_rowid", "_file", "_place", "_row", "practice_id", "source_id",
        pl.lit(None, pl.String).alias("column"), pl.lit(None, pl.String).alias("value"),
        pl.lit("row").alias("level"), reason.alias("reason"),
    )  # fmt: skip


def _part(column: str) -> str:
    """A column's share of the content: its text, so framed that null, empty and two neighbours stay apart."""
    return f"coalesce(strlen({quoted(column)}::varchar) || ':' || {quoted(column)}::varchar, '-')"
