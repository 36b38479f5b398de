"""SQLAlchemy's view of one open DuckDB connection, as far as Great Expectations asks for it.

duckdb-engine 0.17 by itself does not carry Great Expectations 1.24: it fetches rows after the connection went
back to its pool, whose rollback drops DuckDB's unread result. The hook is SQLAlchemy's
ExecutionContext.post_exec: https://docs.sqlalchemy.org/en/20/core/internals.html
"""

from typing import Any

import duckdb
from duckdb_engine import ConnectionWrapper
from duckdb_engine import Dialect as DuckDBDialect
from sqlalchemy.dialects import registry
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.pool import StaticPool

URL = "scr_duckdb:///:memory:"
"""Connection string of an engine over a connection that is handed in: see `engine_options`."""


class BufferedContext(DefaultExecutionContext):
    """Takes all rows of a result before the connection goes back to its pool."""

    def post_exec(self) -> None:
        """Buffer the result, where the statement has one."""
        if self.cursor.description:
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
                self.cursor,
                initial_buffer=self.cursor.fetchall(),
                alternate_description=self.cursor.description,
            )


class Dialect(DuckDBDialect):
    """duckdb-engine's dialect with buffered results."""

    execution_ctx_cls = BufferedContext  # type: ignore[assignment]  # psycopg2's reads server-side cursors
    supports_statement_cache = False  # else SQLAlchemy warns; duckdb-engine itself says no


class Borrowed(ConnectionWrapper):
    """A connection that stays open when the engine over it is collected: it belongs to who handed it in."""

    def close(self) -> None:
        """Leave the connection open."""


registry.register("scr_duckdb", __name__, "Dialect")


def engine_options(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Keyword arguments for `sqlalchemy.create_engine(URL, …)` that make it work on `con` alone."""
    return {"creator": lambda: Borrowed(con), "poolclass": StaticPool}
