"""Text files: encoding, physical lines, and the careful readers of CSV and NDJSON.

DuckDB reads whole files fast but can't say where a broken one is broken, nor go on behind the break. These
readers can: one broken record costs that record, never the ones behind it.
"""

import codecs
import io
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import IO, Any, cast

Record = tuple[int, list[str], str | None]
"""Physical line on which the record begins, its fields, and why it cannot be used (None: it can)."""

_FIELD = re.compile(r' *"((?:[^"]|"")*+)"(?=,|\r|\n|\Z)|([^,\r\n]*)')
_OPEN = re.compile(r'(?: *"(?:[^"]|"")*+",|(?! *")[^,\r\n]*,)* *"(?:[^"]|"")*+\Z')
_LONGEST_RECORD = 16_000_000
"""Characters: a quoted value that is longer counts as one whose quote was never closed."""

_DOUBLE_KEY = "A key is there more than once (in one case or another): keep one of them."
UNCLOSED = "A quote is not closed: the line was left out and reading went on with the next one."


def encoding_of(head: bytes) -> str:
    """Encoding by byte order mark; UTF-8 where there is none."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig"


def encoding_trouble(stream: IO[bytes]) -> str | None:
    """Where the stream stops being text of its encoding, or None. Raises OSError where it is truncated."""
    head = stream.read(1 << 20)
    name = encoding_of(head)
    decoder, start, line = codecs.getincrementaldecoder(name)(), 0, 1
    while True:
        pending = len(decoder.getstate()[0])
        try:
            text = decoder.decode(head, final=not head)
        except UnicodeDecodeError as error:
            line += error.object[: error.start].count(b"\n")
            label = "UTF-16" if name == "utf-16" else "UTF-8"
            at = start - pending + error.start
            return f"The file is not {label} text: byte {at} (line {line}) cannot be read. Deliver UTF-8."
        if not head:
            return None
        start, line = start + len(head), line + text.count("\n")
        head = stream.read(1 << 20)


def physical_lines(stream: IO[bytes], errors: str = "strict") -> Iterator[str]:
    """Lines with their endings: LF, CRLF or CR. Raises UnicodeDecodeError where it is not text."""
    reader = io.BufferedReader(cast(io.RawIOBase, stream))  # Arrow's streams are raw streams
    text = io.TextIOWrapper(reader, encoding=encoding_of(reader.peek(4)[:4]), errors=errors, newline="")
    try:
        yield from text
    finally:  # the stream is the caller's to close, and may be closed by now
        with suppress(ValueError):
            text.detach()
            reader.detach()


def split_fields(text: str) -> list[str] | None:
    """Fields of one CSV record, or None where its quotes are not in order."""
    if '"' not in text:
        return text.rstrip("\r\n").split(",")
    fields, at, end = [], 0, len(text.rstrip("\r\n"))
    while found := _FIELD.match(text, at):
        quoted, plain = found.groups()
        if quoted is None and plain.lstrip(" ").startswith('"'):
            return None
        fields.append(quoted.replace('""', '"') if quoted is not None else plain)
        at = found.end()
        if at >= end:
            return fields
        if text[at] != ",":
            return None
        at += 1
    return None


def csv_records(lines: Iterable[str]) -> Iterator[Record]:
    """Records of a CSV file, the header included. Blank lines are no records.

    A record whose quote is never closed, or has text behind it, costs its first line alone. So does a record
    over several lines one of which is a whole record by itself: its quote was closed by another one's.
    """
    source, waiting, number, width = iter(lines), deque[str](), 0, 0
    while (text := waiting.popleft() if waiting else next(source, None)) is not None:
        number += 1
        if not text.strip():
            continue
        fields, used = split_fields(text), [text]
        if fields is None and _OPEN.match(text.rstrip("\r\n")):
            fields = _complete(used, waiting, source)
        swallowed = width and any(len(split_fields(line) or ()) == width for line in used[1:])
        if fields is None or swallowed:
            waiting.extendleft(reversed(used[1:]))
            yield number, _readable_part(text), UNCLOSED
            continue
        width = width or len(fields)
        ragged = f"The row has {len(fields)} fields where the header has {width}: quote commas inside values."
        yield number, fields, ragged if len(fields) != width else None
        number += len(used) - 1


def _complete(used: list[str], waiting: deque[str], source: Iterator[str]) -> list[str] | None:
    """Fields of a record that goes on over the next lines, which are added to `used`; None: it never ends."""
    size = len(used[0])
    while (
        size < _LONGEST_RECORD and (text := waiting.popleft() if waiting else next(source, None)) is not None
    ):
        used.append(text)
        size += len(text)
        if '"' in text:
            whole = "".join(used)
            if (fields := split_fields(whole)) is not None:
                return fields
            if not _OPEN.match(whole.rstrip("\r\n")):
                return None
    return None


def _readable_part(text: str) -> list[str]:
    """The fields before the first quote: enough to say whose record it was."""
    return text[: text.index('"')].split(",")[:-1]


class _Float(float):
    """A JSON number that knows how it was written: ids stay as they came."""

    written: str


def _parse_float(text: str) -> _Float:
    number = _Float(text)
    number.written = text
    return number


def no_constant(text: str) -> None:
    """For `parse_constant` of `json`: NaN and the infinities are no JSON. Raises ValueError."""
    raise ValueError(f"{text} is no JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there more than once")
    return found


_DECODER = json.JSONDecoder(parse_float=_parse_float, parse_constant=no_constant, object_pairs_hook=_object)


def ndjson_records(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any], str | None, str]]:
    """Physical line, object, why it cannot be used (None: it can) and the text of each line."""
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            value = _DECODER.decode(text.strip())
        except (ValueError, RecursionError) as error:
            yield number, {}, f"The line is not valid JSON ({str(error).split(':')[0]}): mend it.", text
            continue
        if not isinstance(value, dict):
            yield number, {}, "The line is JSON but not an object: one object a line is expected.", text
            continue
        names = {key.strip().lower() for key in value}
        yield number, value, None if len(names) == len(value) else _DOUBLE_KEY, text


def json_text(value: Any) -> str | None:
    """A JSON value as text: strings as they are, numbers as written, lists and objects as compact JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, _Float):
        return value.written
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
