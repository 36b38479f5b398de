"""Opens a file: unpacked, as UTF-8, its header read; one that shows itself broken by then is rejected."""

import json
from pathlib import Path

from transforms.ingest.careful import first_record
from transforms.ingest.job import Job, Prepared
from transforms.ingest.snapshot import SourceFile
from transforms.ingest.text import encoding_of, encoding_trouble, physical_lines

_HEAD = 1 << 16
_TRUNCATED = "The file is truncated or corrupt: it cannot be unpacked. Extract it again."
_UNMARKED = "The file looks like UTF-16 without its byte order mark. Deliver UTF-8."


class _BrokenFileError(Exception):
    """Why a file cannot be used."""


def prepare(job: Job, file: SourceFile) -> Prepared | None:
    """The file as plain local bytes, UTF-8 where it is text; None where it was rejected."""
    try:
        return _opened(job, file)
    except _BrokenFileError as error:
        job.ledger.reject(file, str(error))
    except OSError:
        job.ledger.reject(file, _TRUNCATED)
    return None


def _opened(job: Job, file: SourceFile) -> Prepared:
    if file.trouble:
        with job.staging.storage.open(file.name) as body:
            raise _BrokenFileError(api_error(body.read(_HEAD)) or file.trouble)
    path = job.staging.local_path(file.name)
    if file.format in ("parquet", "xml"):
        return Prepared(file, path)
    head = _head(path)
    if told := api_error(head) or (_UNMARKED if b"\0" in head[:2] else None):
        raise _BrokenFileError(told)
    if encoding_of(head) == "utf-16":
        path = _as_utf8(job, path)
        head = _head(path)
    return Prepared(file, path, first_record(head) if file.format == "csv" else ())


def _head(path: str) -> bytes:
    with Path(path).open("rb") as stream:
        return stream.read(_HEAD)


def _as_utf8(job: Job, path: str) -> str:
    """Path of a UTF-8 copy of a UTF-16 file."""
    with Path(path).open("rb") as stream:
        if trouble := encoding_trouble(stream):
            raise _BrokenFileError(trouble)
    copy = job.staging.new_path()
    with Path(path).open("rb") as source, copy.open("w", encoding="utf-8", newline="") as target:
        target.writelines(physical_lines(source))
    return str(copy)


def api_error(head: bytes) -> str | None:
    """What an API error body such as `{"Title":"Unauthorized","Status":401}` says; None where it is none."""
    try:
        body = json.loads(head)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    told = {str(key).lower(): value for key, value in body.items()}
    if "status" not in told or "title" not in told or "practice_id" in told:
        return None
    return f"The file is an API error ({told['title']}, status {told['status']}), no list: extract it again."[
        :200
    ]
