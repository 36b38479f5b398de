"""Where files lie: the only place that touches paths of the landing zone, local or on an object store."""

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import IO, cast

import polars as pl
import pyarrow as pa
import pyarrow.fs as pafs

from expectations.errors import UsageError

_CODECS = {".gz": "gzip", ".zst": "zstd"}
_GLOB_MARKS = frozenset("*?[]{}")


@dataclass(frozen=True)
class StoredFile:
    """One file: path relative to the folder that was listed, and its size in bytes."""

    path: str
    size: int


@dataclass(frozen=True)
class Storage:
    """A folder, local or behind a URL such as `s3://bucket/landing`."""

    filesystem: pafs.FileSystem
    root: str
    local: bool

    def at(self, folder: str) -> "Storage":
        """The storage of a folder inside."""
        return Storage(self.filesystem, f"{self.root}/{folder}", self.local)

    def folders(self) -> list[str]:
        """Names of the folders directly inside, sorted."""
        return sorted(i.base_name for i in self._list(False) if i.type == pafs.FileType.Directory)

    def files(self) -> list[StoredFile]:
        """Every file at any depth, sorted by path. Names that begin with `.` or `_` are left out."""
        start = len(self.root) + 1
        found = [StoredFile(i.path[start:], i.size or 0) for i in self._list(True) if i.is_file]
        shown = (f for f in found if not any(part[:1] in "._" for part in f.path.split("/")))
        return sorted(shown, key=lambda f: f.path)

    def _list(self, recursive: bool) -> list[pafs.FileInfo]:
        selector = pafs.FileSelector(self.root, allow_not_found=True, recursive=recursive)
        return cast(list[pafs.FileInfo], self.filesystem.get_file_info(selector))

    def open(self, path: str) -> IO[bytes]:
        """Stream of a file's bytes; `.gz` and `.zst` are unpacked. Reading a truncated one raises OSError."""
        codec = _CODECS.get(Path(path).suffix.lower())
        raw = self.filesystem.open_input_stream(f"{self.root}/{path}", compression=None)
        return cast(IO[bytes], pa.CompressedInputStream(raw, codec) if codec else raw)

    def put(self, path: str, content: bytes) -> None:
        """Write a new file whole: under a hidden name, which no reader takes, and then renamed.

        Raises UsageError where a file of that name is there already or the place cannot be written.
        """
        place = f"{self.root}/{path}"
        folder, _, name = place.rpartition("/")
        hidden = f"{folder}/.{name}.part"
        try:
            if self.filesystem.get_file_info(place).type != pafs.FileType.NotFound:
                raise UsageError(f"{place} is there already: nothing is overwritten.")
            self.filesystem.create_dir(folder)
            with self.filesystem.open_output_stream(hidden) as stream:
                stream.write(content)
            self.filesystem.move(hidden, place)
        except OSError as error:
            raise UsageError(
                f"{place} cannot be written ({error}): grant write access to the folder."
            ) from error


def open_storage(location: str | Path) -> Storage:
    """The storage at a local folder or URL. Raises UsageError where the URL is of no known kind."""
    if "://" not in str(location):
        return Storage(pafs.LocalFileSystem(), str(Path(location).resolve()), True)
    try:
        filesystem, root = pafs.FileSystem.from_uri(str(location))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise UsageError(f"{location} cannot be opened ({error}): give a local folder or an URL.") from error
    return Storage(filesystem, root.rstrip("/"), isinstance(filesystem, pafs.LocalFileSystem))


@dataclass
class Staging:
    """Plain local copies of files that DuckDB cannot read where they lie."""

    storage: Storage
    folder: Path
    _copies: Iterator[int] = field(default_factory=count)

    def local_path(self, path: str) -> str:
        """A local path of the file's unpacked bytes. Raises OSError where it is truncated or corrupt."""
        place = f"{self.storage.root}/{path}"
        packed = Path(path).suffix.lower() in _CODECS
        # DuckDB takes a path for a pattern, so marks in a name would find other files or none.
        if self.storage.local and not packed and not _GLOB_MARKS & set(place):
            return place
        copy = self.new_path()
        with self.storage.open(path) as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        return str(copy)

    def new_path(self) -> Path:
        """A path in the scratch folder that nothing uses yet, whichever thread asks."""
        return self.folder / str(next(self._copies))


@contextmanager
def staging(storage: Storage) -> Iterator[Staging]:
    """A scratch folder for copies, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="scr-landing-") as folder:
        yield Staging(storage, Path(folder))


class Shelf:
    """Frames laid aside on the local disk and read back practice by practice; gone with the object."""

    _PIECE = 20_000
    """Rows written at a time: more leave the processor's cache, fewer make the reader many small pieces."""
    _RUNS = 500
    """Stretches of rows that are put in order one by one; of more it takes less to sort every row."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="scr-rows-"))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)

    def put(self, name: str, rows: pl.DataFrame) -> None:
        """Lay `rows` aside, which have `practice_id`; the rows of one practice keep their order."""
        runs = _runs(rows["practice_id"])
        if runs.height > self._RUNS:
            rows = rows.sort("practice_id", maintain_order=True)
        elif runs.height > 1:
            rows = pl.concat([rows.slice(*run) for run in runs.iter_rows()], rechunk=False)
        # Not packed: a million clients take 1.3 GB for a night, and are read without a copy.
        rows.write_ipc(self._folder / name, record_batch_size=self._PIECE)

    def get(self, name: str, practice_ids: Sequence[str]) -> pl.DataFrame:
        """The rows of the given practices."""
        with pa.memory_map(str(self._folder / name)) as file:
            rows = cast(pl.DataFrame, pl.from_arrow(pa.ipc.open_file(file).read_all()))
        if not practice_ids:
            return rows.clear()
        practice = rows["practice_id"]
        start = practice.search_sorted(min(practice_ids), "left")
        near = rows.slice(start, practice.search_sorted(max(practice_ids), "right") - start)
        wanted = near["practice_id"].is_in(list(practice_ids))
        return near if wanted.all() else near.filter(wanted)


def _runs(values: pl.Series) -> pl.DataFrame:
    """start, len: stretches of `values` in an order that sorts them; equal values keep theirs."""
    start = pl.col("len").cum_sum() - pl.col("len")
    runs = values.rle().struct.unnest().with_columns(start=start).sort("value", maintain_order=True)
    apart = pl.col("start") != (pl.col("start") + pl.col("len")).shift()
    stretches = runs.group_by(apart.fill_null(True).cum_sum().alias("stretch"), maintain_order=True)
    return stretches.agg(pl.col("start").first(), pl.col("len").sum()).drop("stretch")
