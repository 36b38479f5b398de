"""The store on a real DuckLake: opening, replacing, reading, evolving, errors."""

import datetime as dt
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import polars as pl
import pytest

from expectations.contracts import table, tables
from expectations.errors import StoreError
from tests.factories import rows
from transforms import store as store_module
from transforms.store import Store, Writer, open_store


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with open_store(tmp_path_factory.mktemp("shared") / "store") as opened:
        yield opened


@pytest.fixture
def store(shared: Store) -> Store:
    """A store without clients: opening one anew costs more than most tests."""
    shared.write(lambda writer: writer.delete("unified_client", "true"))
    return shared


def _clients(practice_id: str, *client_ids: str) -> pl.DataFrame:
    return rows("unified_client", *[{"practice_id": practice_id, "client_id": i} for i in client_ids])


def _put(store: Store, practice_id: str, *client_ids: str) -> None:
    _replace(store, "unified_client", _clients(practice_id, *client_ids), practice_id)


def _replace(store: Store, name: str, frame: pl.DataFrame, practice_id: str = "P") -> None:
    store.write(lambda writer: writer.replace(name, frame, [practice_id]))


def _ids(store: Store) -> list[tuple[str, str]]:
    return store.read("select practice_id, client_id from unified_client order by all").rows()


def test_a_new_store_holds_every_table_of_the_contracts(store: Store) -> None:
    assert store.tables() == sorted(tables("published"))
    assert store.read("select * from unified_client").schema == table("unified_client").schema
    assert (store.path / "catalog.sqlite").is_file()
    kinds = store.read("select distinct table_type, table_schema from information_schema.tables")
    assert kinds.rows() == [("BASE TABLE", "main")]


def test_replace_touches_only_the_practices_named(store: Store) -> None:
    for practice in ("A", "B", "C"):
        _put(store, practice, "1", "2")
    _put(store, "B", "3")
    assert _ids(store) == [("A", "1"), ("A", "2"), ("B", "3"), ("C", "1"), ("C", "2")]
    store.write(lambda writer: writer.replace("unified_client", _clients("A"), ["A", "C"]))
    assert _ids(store) == [("B", "3")]


def test_replace_of_no_practice_changes_nothing(store: Store) -> None:
    _put(store, "A", "1")
    store.write(lambda writer: writer.replace("unified_client", _clients("A"), []))
    assert _ids(store) == [("A", "1")]


def test_replace_refuses_rows_of_another_practice(store: Store) -> None:
    _put(store, "A", "1")
    with pytest.raises(StoreError, match=r"unified_client: 1 rows belong to practices .* for example 'B'"):
        store.write(lambda writer: writer.replace("unified_client", _clients("B", "1"), ["A"]))
    assert _ids(store) == [("A", "1")]


def test_practice_ids_are_text_not_sql(store: Store) -> None:
    for practice in ("A", "x' or 'a' = 'a", '"; drop table run; --', "%"):
        _put(store, practice, "1")
    _put(store, "x' or 'a' = 'a", "2")
    assert [i for _, i in _ids(store)].count("1") == 3
    assert len(_ids(store)) == 4


def test_every_type_comes_back_as_it_went(store: Store) -> None:
    client = {
        "client_id": "ü'\"\\\n\t;,",
        "name": "Māori Ō'Brien 😀 \ufeff",
        "emails": ["a;b", "", "c'd"],
        "phones": [],
        "date_of_birth": dt.date(1800, 2, 28),
        "settings": '{"a": [1, null]}',
    }
    status = {"last_published_at": dt.datetime(2024, 1, 1, 2, 3, 4, 567_891), "days_left": -(2**40)}
    match = {"probability": 0.1 + 0.2}
    for name, values in (("unified_client", client), ("practice_status", status), ("match", match)):
        frame = rows(name, {"practice_id": "P"} | values)
        _replace(store, name, frame)
        assert store.read(f"select * from {name}").equals(frame, null_equal=True)


def test_all_or_nothing(store: Store) -> None:
    _put(store, "A", "1")
    version = store.version()

    def work(writer: Writer) -> None:
        writer.replace("unified_client", _clients("A", "2"), ["A"])
        assert writer.read("select client_id from unified_client").item() == "2"
        raise KeyError("in the middle")

    with pytest.raises(KeyError):
        store.write(work)
    assert _ids(store) == [("A", "1")]
    assert store.version() == version
    _put(store, "A", "3")
    assert _ids(store) == [("A", "3")]


def test_an_earlier_publication_can_be_read(store: Store) -> None:
    _put(store, "A", "1")
    version = store.version()
    _put(store, "A", "2")
    with open_store(store.path, version=version) as earlier:
        assert _ids(earlier) == [("A", "1")]
    assert _ids(store) == [("A", "2")]


def test_a_store_moved_as_a_whole_still_reads_and_writes(tmp_path: Path) -> None:
    with open_store(tmp_path / "here") as store:
        _put(store, "A", "1")
    shutil.move(tmp_path / "here", tmp_path / "there's")
    with open_store(tmp_path / "there's") as store:
        _put(store, "B", "1")
    with open_store(tmp_path / "there's", read_only=True) as store:
        assert _ids(store) == [("A", "1"), ("B", "1")]


def test_the_store_is_readable_without_this_project(store: Store) -> None:
    _put(store, "A", "1")
    con = duckdb.connect(config={"autoinstall_known_extensions": False})
    for name in ("sqlite_scanner", "ducklake"):
        con.execute(f"load '{store_module._extension(name)}'")
    con.execute(f"attach 'ducklake:sqlite:{store.path}/catalog.sqlite' as lake (read_only)")
    assert con.execute("select client_id from lake.main.unified_client").fetchall() == [("1",)]
    con.close()


def test_reading_needs_a_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no store at .*run `scr run"), open_store(tmp_path, read_only=True):
        pass
    assert list(tmp_path.iterdir()) == []


def test_reading_cannot_write(store: Store) -> None:
    with open_store(store.path, read_only=True) as reader:
        with pytest.raises(StoreError, match="read-only"):
            _put(reader, "A", "1")
        with pytest.raises(StoreError, match="read-only"):
            reader.read("drop table run")
    assert "run" in store.tables()


def test_a_reader_reads_no_file_but_those_of_the_store(store: Store, tmp_path: Path) -> None:
    _put(store, "A", "1")
    (tmp_path / "secret.csv").write_text("a\nhidden\n")
    with open_store(store.path, read_only=True) as reader:
        assert ("A", "1") in _ids(reader)
        for asked in ("read_csv('{0}/secret.csv')", "read_text('{0}/*')", "glob('{0}/*')"):
            with pytest.raises(StoreError, match="only its own tables can be read") as told:
                reader.read(f"from {asked.format(tmp_path)}")
            assert "hidden" not in str(told.value)


def test_a_wrong_query_is_told_in_the_words_of_the_engine(store: Store) -> None:
    with pytest.raises(StoreError, match="nosuch"):
        store.read("select nosuch from run")


def test_a_missing_column_and_a_missing_table_are_added(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        _put(store, "A", "1")
        store.read("alter table unified_client drop column notes")
        store.read("drop table intake")
    with open_store(tmp_path) as store:
        assert set(store.read("select * from unified_client").schema) == set(table("unified_client").names)
        _put(store, "B", "1")
        assert _ids(store) == [("A", "1"), ("B", "1")]
        assert "intake" in store.tables()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            "alter table run alter column counts type varchar[]",
            r"table run, column counts is VARCHAR\[\], the contract says VARCHAR\.",
        ),
        (
            "alter table run add column extra integer",
            r"column extra is INTEGER, the contract says no such column\. Publish into a new folder",
        ),
    ],
)
def test_any_other_difference_is_for_a_person(tmp_path: Path, change: str, message: str) -> None:
    with open_store(tmp_path) as store:
        try:
            store.read(change)
        except StoreError:  # DuckLake cannot change this type: make the table anew
            store.read("drop table run")
            store.read('create table run ("run_id" varchar, counts varchar[])')
    with pytest.raises(StoreError, match=message), open_store(tmp_path):
        pass


def test_a_damaged_catalog_is_named(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match=str(tmp_path)), open_store(tmp_path):
        pass


def test_still_reads_see_one_publication(store: Store) -> None:
    _put(store, "A", "1")
    with open_store(store.path, read_only=True) as reader:
        with reader.still():
            assert _ids(reader) == [("A", "1")]
            _put(store, "A", "2")
            assert _ids(reader) == [("A", "1")]
        assert _ids(reader) == [("A", "2")]


def test_nothing_is_fetched_and_nothing_unsigned_is_let_in(
    store: Store, store_settings: Mapping[str, Any]
) -> None:
    asked = "select value from duckdb_settings() where name in"
    asked += " ('autoinstall_known_extensions', 'autoload_known_extensions', 'allow_unsigned_extensions')"
    as_users_have_them = mock.patch.dict(store_module._SETTINGS, store_settings, clear=True)
    with as_users_have_them, open_store(store.path, read_only=True) as opened:
        assert opened.read(asked)["value"].to_list() == ["false"] * 3


def test_replace_looks_for_rows_of_the_held_practices_alone(store: Store) -> None:
    for practice in ("A", "B"):
        _put(store, practice, "1")
    both = pl.concat([_clients("A", "2"), _clients("B", "2")])
    store.write(lambda writer: writer.replace("unified_client", both, ["A", "B"], held=["A"]))
    assert _ids(store) == [("A", "2"), ("B", "1"), ("B", "2")]
