"""Two rows with one key in one list: identical ones collapse, of differing ones the newest is kept."""

import duckdb
import polars as pl

from expectations.contracts import Table
from transforms.ingest.job import id_column
from transforms.ingest.raw import quoted

_SAME = "The same row is there more than once: it was read once."
_LOST = pl.Schema(
    {
        "_rowid": pl.Int64(),
        "_file": pl.Int32(),
        "_row": pl.Int64(),
        "practice_id": pl.String(),
        "source_id": pl.String(),
        "_same": pl.Boolean(),
    }
)
_OLDER = "Another row of the same key is newer (or, of one age, comes first by content): that one was read."


def settle_doubles(con: duckdb.DuckDBPyConnection, contract: Table) -> pl.DataFrame:
    """Mark the rows of `typed` that give way as dropped; one line of level row for each.

    The newest by the contract's `newest` column stays, then the first by content hash, wherever they stand.
    """
    key = ", ".join(quoted(c) for c in contract.key)
    same_key = " and ".join(f"d.{quoted(c)} is not distinct from t.{quoted(c)}" for c in contract.key)
    con.execute(
        f"create or replace temp table double_keys as select {key} from typed where not _dropped"
        " group by all having count(*) > 1"
    )
    if not con.execute("select 1 from double_keys limit 1").fetchall():
        return _lines(pl.DataFrame(schema=_LOST))
    newest = f"{quoted(contract.newest)} desc nulls last, " if contract.newest else ""
    place = f"partition by {key} order by {newest}_content, _file, _rowid"
    source = id_column(contract)
    con.execute(
        f"""
        create or replace temp table lost as
        with contenders as (
            select t.*, md5(concat_ws('|', {", ".join(_part(c) for c in contract.names)})) as _content
            from typed as t
            where not _dropped and exists (select 1 from double_keys as d where {same_key})
        ),
        ranked as (
            select *, row_number() over ({place}) as _place, first_value(_content) over ({place}) as _kept
            from contenders
        )
        select _rowid, _file, _row, practice_id, {quoted(source) if source else "null::varchar"} as source_id,
            _content = _kept as _same
        from ranked where _place > 1
        """
    )
    con.execute("update typed set _dropped = true where _rowid in (select _rowid from lost)")
    return _lines(con.execute("select * from lost order by _file, _rowid").pl())


def _lines(lost: pl.DataFrame) -> pl.DataFrame:
    reason = pl.when("_same").then(pl.lit(_SAME)).otherwise(pl.lit(_OLDER))
    return lost.select(
        "_rowid", "_file", "_row", "practice_id", "source_id",
        pl.lit(None, pl.String).alias("column"), pl.lit(None, pl.String).alias("value"),
        pl.lit("row").alias("level"), reason.alias("reason"),
    )  # fmt: skip


def _part(column: str) -> str:
    """A column's share of the content: its text, so framed that null, empty and two neighbours stay apart."""
    return f"coalesce(strlen({quoted(column)}::varchar) || ':' || {quoted(column)}::varchar, '-')"
