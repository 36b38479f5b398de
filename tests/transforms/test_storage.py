"""Files that are put into the landing zone: whole, never over another."""

from pathlib import Path

import pyarrow.fs as pafs
import pytest

from expectations.errors import UsageError
from transforms.storage import Storage, open_storage


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
