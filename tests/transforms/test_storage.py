"""Files that are put into the landing zone: whole, never over another; rows laid aside and read back."""

from pathlib import Path

import polars as pl
import pyarrow.fs as pafs
import pytest

from expectations.errors import UsageError
from transforms.storage import Shelf, Storage, open_storage


def test_a_file_is_there_whole_and_alone(tmp_path: Path) -> None:
    open_storage(tmp_path).put("decisions/matches/a.csv", b"one")
    assert (tmp_path / "decisions" / "matches" / "a.csv").read_bytes() == b"one"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.csv"]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    storage = open_storage(tmp_path)
    storage.put("a.csv", b"one")
    with pytest.raises(UsageError, match="is there already: nothing is overwritten"):
        storage.put("a.csv", b"two")
    assert (tmp_path / "a.csv").read_bytes() == b"one"


class Killed(pafs.LocalFileSystem):  # type: ignore[misc]  # pyarrow publishes no types
    """A disk whose writer is killed before the last step."""

    def move(self, src: str, dest: str) -> None:
        raise KeyboardInterrupt


def test_a_reader_takes_no_file_of_a_writer_that_was_killed(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        Storage(Killed(), str(tmp_path), True).put("decisions/a.csv", b"one")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".a.csv.part"]
    storage = open_storage(tmp_path)
    assert storage.files() == []
    storage.put("decisions/a.csv", b"one")
    assert [file.path for file in storage.files()] == ["decisions/a.csv"]


def test_a_folder_that_cannot_be_made_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "decisions").write_text("in the way")
    with pytest.raises(UsageError, match=r"cannot be written .*grant write access"):
        open_storage(tmp_path).put("decisions/a.csv", b"one")


@pytest.mark.parametrize("runs", [0, Shelf._RUNS])
def test_a_shelf_gives_the_rows_of_the_practices_asked_for_in_their_order(
    runs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Shelf, "_RUNS", runs)  # none: every row is sorted
    rows = pl.DataFrame(
        {
            "practice_id": ["P3", "P1", None, "P2", "P3", "P1", "P4"],
            "place": [0, 1, 2, 3, 4, 5, 6],
            "lists": [["a"], [], None, ["b", None], None, ["longer than twelve bytes"], []],
            "nothing": pl.Series([None] * 7, dtype=pl.Null),
        }
    )
    shelf = Shelf()
    shelf.put("some", rows)
    shelf.put("none", rows.clear())
    assert shelf.get("some", ["P3", "P1"]).rows() == rows[[1, 5, 0, 4]].rows()
    assert shelf.get("some", ["P1", "P2"])["place"].to_list() == [1, 5, 3]
    assert shelf.get("some", ["P9"]).height == shelf.get("some", ["P0"]).height == 0
    for name, practices in (("some", []), ("none", ["P1"])):
        assert shelf.get(name, practices).schema == rows.schema
        assert shelf.get(name, practices).height == 0
