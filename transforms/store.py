"""The published store: a DuckLake catalog (SQLite) and its Parquet files in one folder.

The only file that knows DuckLake. Layout: `STORE/catalog.sqlite`, data under `STORE/data`, every table of
`data/contracts/published/` as a base table in schema `main`. See docs/decisions/0001-ducklake.md.
"""

import importlib.util
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import polars as pl

from expectations.contracts import table, tables
from expectations.errors import StoreError

T = TypeVar("T")

_ATTEMPTS = 10
_FIRST_WAIT_SECONDS = 0.05  # doubled after each attempt, at most _LONGEST_WAIT_SECONDS: 10 s in all
_LONGEST_WAIT_SECONDS = 2.0
_SQLITE_WAIT_MS = 10_000
_SETTINGS: dict[str, Any] = {
    "autoinstall_known_extensions": False,  # nothing may reach for the network
    "autoload_known_extensions": False,
}
# What DuckLake and SQLite say when another writer was first; trying again on its result is then right.
_CONFLICTS = ("database is locked", "conflict", "another transaction", "already exists")


class Writer:
    """One open transaction of the store."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con

    def read(self, sql: str, params: Mapping[str, Any] | None = None) -> pl.DataFrame:
        """Result of one SELECT, as this transaction sees the store."""
        return self._con.execute(sql, dict(params) if params else None).pl()

    def replace(
        self, name: str, frame: pl.DataFrame, practice_ids: Sequence[str], held: Collection[str] | None = None
    ) -> None:
        """Put `frame` (contract `name`) in the place of all rows of `practice_ids`.

        `held`: those of them that may have rows, where it is known: looking for rows costs more than a small
        table. Raises StoreError where `frame` holds a row of another practice.
        """
        if not practice_ids:
            return
        scope = pl.DataFrame({"practice_id": sorted(set(practice_ids))})
        strangers = frame.join(scope, on="practice_id", how="anti")
        if strangers.height:
            example = strangers["practice_id"][0]
            raise StoreError(
                f"table {name}: {strangers.height} rows belong to practices that are not being replaced, for"
                f" example {example!r}. Filter the frame to the practices in scope."
            )
        self._clear(name, scope if held is None else scope.filter(pl.col("practice_id").is_in(list(held))))
        self.append(name, frame)

    def _clear(self, name: str, scope: pl.DataFrame) -> None:
        if scope.is_empty():
            return
        low, high = (_literal(scope["practice_id"][i]) for i in (0, -1))
        self._con.register("scr_scope", scope)
        try:
            # The literal range lets DuckLake skip files by their statistics; the join alone would not.
            self._con.execute(
                f'delete from "{name}" where practice_id between {low} and {high}'
                " and practice_id in (select practice_id from scr_scope)"
            )
        finally:
            self._con.unregister("scr_scope")

    def append(self, name: str, frame: pl.DataFrame) -> None:
        """Add the rows of `frame` (contract `name`) to the table."""
        if frame.height == 0:
            return
        columns = ", ".join(f'"{c}"' for c in table(name).names)
        # Text goes as views, uncopied: there is nothing here that DuckDB could have Arrow filter.
        self._con.register("scr_rows", frame.to_arrow(compat_level=pl.CompatLevel.newest()))
        try:
            self._con.execute(f'insert into "{name}" ({columns}) select {columns} from scr_rows')
        finally:
            self._con.unregister("scr_rows")

    def delete(self, name: str, where: str, params: Mapping[str, Any] | None = None) -> None:
        """Take away the rows for which the SQL condition `where` holds; `$name` binds a parameter."""
        self._con.execute(f'delete from "{name}" where {where}', dict(params) if params else None)


class Store:
    """An open store. Made by `open_store`."""

    def __init__(self, con: duckdb.DuckDBPyConnection, path: Path) -> None:
        self._con = con
        self.path = path

    def read(self, sql: str, params: Mapping[str, Any] | None = None) -> pl.DataFrame:
        """Result of one SELECT over the last publication; `$name` binds a parameter.

        Raises StoreError with DuckDB's own words where the statement is wrong or the store cannot be read, or
        where a store opened with `read_only` is asked for files of any other folder.
        """
        try:
            return self._con.execute(sql, dict(params) if params else None).pl()
        except duckdb.PermissionException as error:
            said = str(error).splitlines()[0]
            raise StoreError(f"store {self.path}: only its own tables can be read ({said})") from error
        except duckdb.Error as error:
            raise StoreError(f"store {self.path}: {error}") from error

    def tables(self) -> list[str]:
        """Names of the tables that the store holds, sorted."""
        found = self.read(
            "select table_name from information_schema.tables"
            " where table_catalog = 'store' and table_schema = 'main' order by table_name"
        )
        return found["table_name"].to_list()

    def version(self) -> int:
        """Number of the last publication, to be given to `open_store` as `version` later."""
        return int(self.read("select max(snapshot_id) as v from ducklake_snapshots('store')").item())

    @contextmanager
    def still(self) -> Iterator["Store"]:
        """All reads inside see one and the same publication, whatever is written meanwhile."""
        self._con.execute("begin")
        try:
            yield self
        finally:
            self._con.execute("rollback")

    def write(self, work: Callable[[Writer], T]) -> T:
        """Run `work` in one transaction over all tables and return its result.

        A conflict with another writer rolls back and runs `work` again on what that writer left, so `work`
        may run several times. Raises StoreError where the store stays locked or cannot be written.
        """
        return _transaction(self._con, self.path, lambda: work(Writer(self._con)))


@contextmanager
def open_store(
    path: Path, *, read_only: bool = False, version: int | None = None, threads: int = 1, memory: str = "1GB"
) -> Iterator[Store]:
    """The store in folder `path`: for writing (made where there is none) or, with `read_only`, for reading.

    More `threads` help large reads alone. A frame is written by one: where there are others, DuckDB's client
    waits for it in a loop that takes as much of a processor as the writing itself.

    `version` reads an earlier publication (`Store.version`). Raises StoreError where there is no store to
    read, the tables do not fit the contracts, or the extension wheels are not installed.
    """
    path = path.expanduser().absolute()
    read_only = read_only or version is not None
    catalog = path / "catalog.sqlite"
    if read_only and not catalog.is_file():
        raise StoreError(f"no store at {path}: run `scr run --store {path}` first, or name another folder")
    con = _connect(threads, memory)
    try:
        _retry(lambda: _attach(con, path, read_only, version), path)
        if not read_only:
            _transaction(con, path, lambda: _migrate(con, path))
        yield Store(con, path)
    finally:
        con.close()


def _connect(threads: int, memory: str) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(":memory:", config=_SETTINGS | {"threads": threads, "memory_limit": memory})
    for extension in ("sqlite_scanner", "ducklake"):
        con.execute(f"load {_literal(str(_extension(extension)))}")
    return con


def _extension(name: str) -> Path:
    # The wheel's own loader wants unsigned extensions allowed in some versions; the file alone needs nothing.
    found = importlib.util.find_spec(f"duckdb_extension_{name}")
    for folder in (found.submodule_search_locations or []) if found else []:
        file = Path(folder) / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
        if file.is_file():
            return file
    package = f"duckdb-extension-{name.replace('_', '-')}"
    raise StoreError(
        f"DuckDB {duckdb.__version__} has no extension {name} here:"
        f" install {package}=={duckdb.__version__} (it is in requirements.lock)"
    )


def _attach(con: duckdb.DuckDBPyConnection, path: Path, read_only: bool, version: int | None) -> None:
    options = [
        f"data_path {_literal(str(path / 'data'))}",
        "override_data_path true",  # a store that was moved as a whole still finds its files
        f"meta_busy_timeout {_SQLITE_WAIT_MS}",
    ]
    if read_only:
        options.append("read_only")
    else:
        (path / "data").mkdir(parents=True, exist_ok=True)
        options += ["meta_journal_mode 'WAL'", "data_inlining_row_limit 0"]
    if version is not None:
        options.append(f"snapshot_version {int(version)}")
    target = _literal(f"ducklake:sqlite:{path / 'catalog.sqlite'}")
    con.execute(f"attach {target} as store ({', '.join(options)})")
    con.execute("use store")
    if read_only:
        # Users write queries themselves, and one over the store reads no other file of the machine. Only
        # SQLite's own reader does not ask: `sqlite_scan` still opens SQLite databases.
        con.execute(f"set allowed_directories = [{_literal(str(path))}]")
        con.execute("set enable_external_access = false")


def _migrate(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Make missing tables and add missing columns; anything else that differs is for a person to decide."""
    found: dict[str, dict[str, str]] = {}
    for name, column, kind in con.execute(
        "select table_name, column_name, data_type from duckdb_columns() where database_name = 'store'"
    ).fetchall():
        found.setdefault(name, {})[column] = kind
    for name, contract in sorted(tables("published").items()):
        if name not in found:
            con.execute(f'create table "{name}" ({contract.ddl})')
            continue
        wanted = {c.name: c.ddl for c in contract.columns}
        for column, kind in found[name].items():
            if wanted.get(column) != f'"{column}" {kind}':
                wants = wanted[column].split(" ", 1)[1] if column in wanted else "no such column"
                raise StoreError(
                    f"store {path}: table {name}, column {column} is {kind}, the contract says {wants}."
                    " Publish into a new folder (--store), or use the version of scr that made this store."
                )
        for column in wanted.keys() - found[name].keys():
            con.execute(f'alter table "{name}" add column {wanted[column]}')


def _transaction(con: duckdb.DuckDBPyConnection, path: Path, work: Callable[[], T]) -> T:
    def once() -> T:
        con.execute("begin")
        try:
            result = work()
            con.execute("commit")
        except BaseException:
            _rollback(con)
            raise
        return result

    return _retry(once, path)


def _retry(work: Callable[[], T], path: Path) -> T:
    wait = _FIRST_WAIT_SECONDS
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return work()
        except duckdb.Error as error:
            said = " ".join(str(error).split())
            if not any(sign in said.lower() for sign in _CONFLICTS):
                raise StoreError(f"store {path}: {said}") from error
            if attempt == _ATTEMPTS:
                raise StoreError(
                    f"store {path} is busy: {attempt} attempts met another writer ({said})."
                    " Nothing was written. Run again when the other run has ended."
                ) from error
        time.sleep(wait)
        wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
    raise AssertionError("the last attempt returns or raises")


def _rollback(con: duckdb.DuckDBPyConnection) -> None:
    try:
        con.execute("rollback")
    except duckdb.Error:
        return  # a failed commit has ended the transaction already


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
