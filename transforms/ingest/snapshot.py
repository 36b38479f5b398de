"""Finds the newest snapshot of a landing zone and says which table each of its files belongs to."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from expectations.contracts import Table, table, tables
from expectations.errors import UsageError
from transforms.storage import Storage, open_storage

_DATED = re.compile(r"snapshot_date=(\d{4}-\d{2}-\d{2})")
_PRACTICE = re.compile(r"practice_id=(.*)")
_PACKED = (".gz", ".zst")
_XML_TABLES = frozenset({"xpm_clients", "xpm_groups", "xpm_jobs", "xpm_relationships"})


@dataclass(frozen=True)
class SourceFile:
    """One file of a snapshot."""

    number: int
    name: str
    """Path relative to the snapshot."""
    table: str | None
    """Source table; None where the place is not one of the contract's."""
    format: str
    """csv, ndjson, parquet or xml; empty where `trouble` says why it cannot be read."""
    practice_id: str | None
    """Practice of the path's `practice_id=` segment."""
    trouble: str | None = None

    @property
    def place(self) -> tuple[str, str]:
        """Product and entity as `quarantine` shows them."""
        if self.table:
            return place(table(self.table))
        parts = [p for p in self.name.split("/")[:2] if "=" not in p]
        return parts[0], parts[-1]


@dataclass(frozen=True)
class Snapshot:
    """The files of one night."""

    storage: Storage
    snapshot_date: dt.date
    files: tuple[SourceFile, ...]
    size: int
    """Bytes of all files, as they lie there."""

    def of(self, name: str) -> list[SourceFile]:
        """The files of one source table, readable or not."""
        return [f for f in self.files if f.table == name]


def place(contract: Table) -> tuple[str, str]:
    """Product and entity of a source table: `hq`, `client`; `links`, `client_sync`; `staff`, `staff`."""
    product, entity = folder(contract)
    return product, contract.entity or entity


def folder(contract: Table) -> tuple[str, str]:
    """Product and entity of a source table by its folder: `hq`, `clients`; `staff`, `staff`."""
    parts = (contract.path or contract.name).split("/")
    return parts[0], parts[-1]


def find_snapshot(landing: str | Path, snapshot_date: dt.date | None = None) -> Snapshot:
    """The newest `snapshot_date=…` folder under `landing`, or the one of the given date, with its files.

    Raises UsageError where there is none.
    """
    storage = open_storage(landing)
    dates = sorted(_dates(storage.folders()))
    if not dates:
        raise UsageError(
            f"{landing} holds no folder snapshot_date=YYYY-MM-DD: give the landing root with --landing."
        )
    if snapshot_date and snapshot_date not in dates:
        near = ", ".join(str(d) for d in dates[-5:])
        raise UsageError(f"{landing} holds no snapshot of {snapshot_date}; the last ones are: {near}.")
    day = snapshot_date or dates[-1]
    inside = storage.at(f"snapshot_date={day}")
    found = inside.files()
    files = tuple(_source_file(number, f.path) for number, f in enumerate(found))
    return Snapshot(inside, day, files, sum(f.size for f in found))


def _dates(names: Iterable[str]) -> Iterable[dt.date]:
    for name in names:
        if found := _DATED.fullmatch(name):
            try:
                yield dt.date.fromisoformat(found[1])
            except ValueError:
                continue  # 2024-02-31 is no snapshot


def _source_file(number: int, name: str) -> SourceFile:
    owner = _owner(name)
    practices = {unquote(f[1]) for part in name.split("/") if (f := _PRACTICE.fullmatch(part))}
    practice = practices.pop() if len(practices) == 1 else None
    if practices or practice == "":
        trouble: str | None = "The path names no practice or more than one: keep one practice_id=… segment."
        return SourceFile(number, name, owner, "", practice or None, trouble)
    if owner is None:
        trouble = "No list of the contract lies here: move the file to its product/entity folder."
        return SourceFile(number, name, None, "", practice, trouble)
    kind, trouble = _format(name, owner)
    return SourceFile(number, name, owner, kind, practice, trouble)


@cache
def _owners() -> dict[str, str]:
    return {contract.path or name: name for name, contract in tables("source").items()}


def _owner(name: str) -> str | None:
    parts = name.split("/")
    if len(parts) > 2 and (found := _owners().get("/".join(parts[:2]))):
        return found
    return _owners().get(parts[0].split(".")[0] if len(parts) == 1 else parts[0])


def _format(name: str, owner: str) -> tuple[str, str | None]:
    stem = name.lower()
    packed = stem.endswith(_PACKED)
    if packed:
        stem = stem.rsplit(".", 1)[0]
    ending = Path(stem).suffix.removeprefix(".")
    if ending in ("csv", "ndjson") or (ending == "parquet" and not packed):
        return ending, None
    if ending == "xml" and owner in _XML_TABLES:
        return ending, None
    shown = "".join(Path(name).suffixes[-2:]) or "none"
    return "", f"Files of ending {shown} are not read here: deliver .parquet, .csv or .ndjson."
