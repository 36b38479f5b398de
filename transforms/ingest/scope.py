"""Whether a file can matter to the practices asked for, found out at a fraction of the cost of reading it.

A rerun of one practice would else read the files of the whole fleet. A file is passed over only where it is
certain that no row of it, and no refusal of the file as a whole, concerns a practice in scope.
"""

import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from expectations.contracts import table
from transforms.ingest.header import read_header
from transforms.ingest.job import Job, Prepared

_MOST = 20
"""Ids that are looked for in a text; of more, most files hold one."""
# An id of other characters may be written in several ways: with doubled quotes, escaped.
_PLAIN_ID = re.compile(r"[\w.-]+", re.ASCII)


def concerns(job: Job, item: Prepared) -> bool:
    """False where the file is sure to have nothing to do with the practices in scope."""
    if job.scope is None or item.file.practice_id is not None or item.file.table is None:
        return True
    if item.file.format == "parquet":
        practices = parquet_practices(job, item)
        return practices is None or not set(practices).isdisjoint(job.scope)
    if item.file.format == "xml" or len(job.scope) > _MOST or not all(map(_PLAIN_ID.fullmatch, job.scope)):
        return True
    content = Path(item.path).read_bytes()
    return any(id.encode() in content for id in job.scope) or not _sound(job, item, content)


def _sound(job: Job, item: Prepared, content: bytes) -> bool:
    """Whether the careful reader would not refuse the file as a whole on behalf of all practices."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    if item.file.format == "csv":
        return read_header(item.columns, table(item.file.table or ""), False).trouble is None
    if b"\\u" in content:  # an id in disguise
        return False
    try:
        first = json.loads(content.split(b"\n", 1)[0])
    except (ValueError, RecursionError):
        return False
    return isinstance(first, dict) and first.get("practice_id") in job.directory


def parquet_practices(job: Job, item: Prepared) -> tuple[str, ...] | None:
    """Practices of the directory in a Parquet file; None where none can be read."""
    try:
        names = [name for name in pq.read_schema(item.path).names if name.strip().lower() == "practice_id"]
        if len(names) != 1:
            return None
        column = pq.read_table(item.path, columns=names).column(0)
    except (pa.ArrowException, OSError):
        return None
    found = {str(value).strip() for value in column.unique().to_pylist()}
    return tuple(sorted(found & job.directory)) or None
