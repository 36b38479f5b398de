"""SQLAlchemy's view of one open DuckDB connection, as far as Great Expectations asks for it.

duckdb-engine 0.17 by itself does not carry Great Expectations 1.24: rows are fetched after the connection
went back to its pool, whose rollback drops DuckDB's unread result, and tables are looked up in parts of
pg_catalog that DuckDB lacks. The hook is SQLAlchemy's ExecutionContext.post_exec:
https://docs.sqlalchemy.org/en/20/core/internals.html
"""

from typing import Any

import duckdb
from duckdb_engine import ConnectionWrapper
from duckdb_engine import Dialect as DuckDBDialect
from sqlalchemy import Connection, text
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


class Dialect(DuckDBDialect):  # type: ignore[misc]  # duckdb-engine ships no types
    """duckdb-engine's dialect with buffered results; finds tables through information_schema."""

    execution_ctx_cls = BufferedContext
    supports_statement_cache = False

    def has_table(self, connection: Connection, table_name: str, schema: str | None = None, **_: Any) -> bool:
        """Whether a table or view of that name is visible to the connection."""
        found = connection.execute(
            text(
                "select 1 from information_schema.tables where table_name = :name and table_schema = :schema"
            ),
            {"name": table_name, "schema": schema or "main"},
        )
        return found.first() is not None


registry.register("scr_duckdb", __name__, "Dialect")


def engine_options(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Keyword arguments for `sqlalchemy.create_engine(URL, …)` that make it work on `con` alone."""
    return {"creator": lambda: ConnectionWrapper(con), "poolclass": StaticPool}
