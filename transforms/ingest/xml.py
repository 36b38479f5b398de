"""Reads the Practice Manager API's own response bodies: client, group, job and relationship lists.

A body of HTTP 200 can say `<Status>ERROR</Status>`: that file is rejected, it is no empty list. A client list
feeds four tables: the clients themselves and the contacts, groups and relationships nested in them. `UUID` is
the id; where only the numeric `ID` is there, that. Numbers that the lists map to a UUID go to `Job.aliases`.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

import polars as pl
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from expectations.contracts import Column, table
from transforms.ingest.header import note_unknown
from transforms.ingest.job import Job, Prepared
from transforms.ingest.raw import rows_of_frame

_RECORD = {
    "xpm_clients": "client",
    "xpm_groups": "group",
    "xpm_jobs": "job",
    "xpm_relationships": "relationship",
}
_HANDLED = frozenset(
    {"id", "internalid", "contacts", "notes", "groups", "relationships", "customfields", "client", "clients"}
)
# Fields of the API (3.0, 3.1) that the contract leaves out, so that they are not reported every night.
_IGNORED = {
    "xpm_clients": """dateofdeath placeofbirthcity placeofbirthcountrycode industry weburl bankbsb
        bankaccountname bankaccountnumber bankname autobasoptincriteria""",
    "xpm_groups": "weburl",
    "xpm_jobs": """name description budget clientordernumber type startdate duedate completeddate manager
        partner assigned tasks milestones datecreatedutc datemodifiedutc weburl uuid contact""",
    "xpm_relationships": "relatedclient",
}
_VALUE_TAGS = ("text", "value", "number", "decimal", "boolean", "date", "link")
_LINE = "line of the start tag"

Row = dict[str, Any]


@dataclass
class _Found:
    """Rows of one file."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    aliases: list[tuple[str, str, str]] = field(default_factory=list)
    """Kind (client, group), numeric id, UUID."""
    unknown: set[str] = field(default_factory=set)

    def add(self, name: str, row: Row) -> None:
        self.rows.setdefault(name, []).append(row)


def read_xml_files(job: Job, items: Sequence[Prepared]) -> None:
    """Append the rows of response bodies; reject those that hold no list, with the reason."""
    frames: dict[str, list[pl.DataFrame]] = {}
    for at, item in enumerate(items):
        for name, rows in _read(job, item).items():
            frames.setdefault(name, []).append(_framed(name, rows).with_columns(_index=at))
    origins = [(item.file.number, item.file.practice_id) for item in items]
    for name, parts in sorted(frames.items()):
        job.keep(name, rows_of_frame(job, name, pl.concat(parts), origins))


def _read(job: Job, item: Prepared) -> dict[str, list[Row]]:
    """Source table → rows of one response body; none where it was rejected."""
    if not item.file.practice_id:
        job.ledger.reject(item.file, "An API answer names no practice: put it below a folder practice_id=….")
        return {}
    try:
        root = _parse(Path(item.path).read_bytes())
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as error:
        line = getattr(error, "position", (None,))[0]
        reason = (
            "The file is no whole XML document without entities (truncated or corrupt): extract it again."
        )
        job.ledger.reject(item.file, reason, line=line)
        return {}
    name = item.file.table or ""
    records, refusal = _records(root, _RECORD[name])
    if refusal:
        job.ledger.reject(item.file, refusal)
        return {}
    found = _Found()
    for record in records:
        _read_record(name, record, found)
    _collect_groups(found)
    job.aliases += [(item.file.practice_id, *alias) for alias in found.aliases]
    note_unknown(job.ledger, item.file, sorted(found.unknown))
    return found.rows


def _parse(body: bytes) -> Element:
    """The tree; each element notes the physical line of its start tag."""
    builder = TreeBuilder()
    parser = DefusedXMLParser(target=builder, forbid_dtd=True)
    reader = parser.parser

    def start(tag: str, attributes: object) -> None:
        del attributes  # the API writes none
        builder.start(tag.rsplit("}", 1)[-1], {_LINE: reader.CurrentLineNumber})

    # The parser's own handlers cost twice as much and know no lines.
    reader.StartElementHandler, reader.EndElementHandler = start, builder.end
    parser.feed(body)
    root: Element = parser.close()
    return root


def _records(root: Element, tag: str) -> tuple[list[Element], str | None]:
    """The records of a body, or the reason why it holds no list."""
    top = _children(root)
    status = _leaf(top.get("status"))
    if root.tag.lower() == "response" and (status or "").upper() not in ("OK", ""):
        told = _leaf(top.get("errordescription")) or "no description"
        return [], f"The API answered {status}: {told[:150]}. Extract the list again."
    if root.tag.lower() == f"{tag}s":
        return [e for e in root if e.tag.lower() == tag], None
    if f"{tag}s" in top:
        return [e for e in top[f"{tag}s"] if e.tag.lower() == tag], None
    if tag in top:
        return [e for e in root if e.tag.lower() == tag], None
    return [], f"The XML holds no list of {tag}s: extract it again."


@lru_cache(maxsize=8)  # one element after the other is asked for each of its columns
def _children(element: Element) -> dict[str, Element]:
    return {child.tag.lower(): child for child in reversed(element)}


def _leaf(element: Element | None) -> str | None:
    return (element.text or "").strip() or None if element is not None else None


def _at(element: Element, path: str) -> str | None:
    for part in path.split("/"):
        below = _children(element).get(part.lower())
        if below is None:
            return None
        element = below
    return _leaf(element)


def _id(element: Element | None) -> str | None:
    return (_at(element, "UUID") or _at(element, "ID")) if element is not None else None


def _read_record(name: str, record: Element, found: _Found) -> None:
    contract = table(name)
    fields = _children(record)
    row: Row = {
        "_row": _line(record),
        **{c.name: _field(record, fields, c) for c in contract.columns},
    }
    key = _id(record)
    kind = _RECORD[name]
    if number := _at(record, "ID"):
        found.aliases += [(kind, number, key)] if key and key != number else []
    row["ID" if name == "xpm_jobs" else "UUID"] = _at(record, "ID") if name == "xpm_jobs" else key
    if name == "xpm_jobs":
        row["ClientUUID"] = _at(record, "ClientUUID") or _id(fields.get("client"))
    elif name == "xpm_groups":
        members = fields.get("clients")
        row["ClientUUIDs"] = json.dumps([_id(c) for c in members if _id(c)] if members is not None else [])
    elif name == "xpm_relationships":
        row = _relationship(record, _at(record, "ClientUUID") or _id(fields.get("client")))
    else:
        row["Notes"], row["CustomFields"] = (
            _notes(fields.get("notes")),
            _custom_fields(fields.get("customfields")),
        )
        _read_nested(key, fields, found)
    found.add(name, row)
    known = _known(name)
    found.unknown |= {child.tag for child in record if child.tag.lower() not in known}


@cache
def _known(name: str) -> frozenset[str]:
    """Tags of a record that are read, or left out on purpose."""
    read = {(c.xml or c.name).split("/")[0].lower() for c in table(name).columns}
    return frozenset(read | _HANDLED | set(_IGNORED[name].split()))


def _field(record: Element, fields: dict[str, Element], column: Column) -> str | None:
    if column.xml and (value := _at(record, column.xml)):
        return value
    if column.xml and column.xml.endswith("/UUID"):
        return _id(fields.get(column.xml.split("/")[0].lower()))
    return _leaf(fields.get(column.name.lower()))


def _read_nested(client: str | None, fields: dict[str, Element], found: _Found) -> None:
    for contact in _inside(fields, "contacts", "contact"):
        row: Row = {c.name: _at(contact, c.name) for c in table("xpm_contacts").columns}
        found.add("xpm_contacts", row | {"_row": _line(contact), "UUID": _id(contact), "ClientUUID": client})
    for group in _inside(fields, "groups", "group"):
        if (number := _at(group, "ID")) and (uuid := _at(group, "UUID")):
            found.aliases.append(("group", number, uuid))
        row = {
            "UUID": _id(group),
            "Name": _at(group, "Name"),
            "Taxable": _at(group, "Taxable"),
            "_row": _line(group),
        }
        found.add("xpm_groups", row | {"members": [client] if client else []})
    for relationship in _inside(fields, "relationships", "relationship"):
        found.add("xpm_relationships", _relationship(relationship, client))


def _inside(fields: dict[str, Element], container: str, tag: str) -> Iterator[Element]:
    return (e for e in fields.get(container, ()) if e.tag.lower() == tag)


def _line(element: Element) -> int:
    return int(element.attrib[_LINE])


def _relationship(element: Element, client: str | None) -> Row:
    row: Row = {c.name: _at(element, c.name) for c in table("xpm_relationships").columns}
    related = _at(element, "RelatedClientUUID") or _id(_children(element).get("relatedclient"))
    return row | {
        "_row": _line(element),
        "UUID": _id(element),
        "ClientUUID": client,
        "RelatedClientUUID": related,
    }


def _notes(element: Element | None) -> str | None:
    """Notes as text, one line each: `title: text`."""
    if element is None or not len(element):
        return _leaf(element)
    parts = (": ".join(filter(None, (_at(n, "Title"), _at(n, "Text")))) or _leaf(n) for n in element)
    return "\n".join(p for p in parts if p) or None


def _custom_fields(element: Element | None) -> str | None:
    """Custom fields as a JSON object, name to value; values of one name are joined with a semicolon."""
    values: dict[str, str] = {}
    for entry in element if element is not None else ():
        name = _at(entry, "Name") or entry.tag
        value = next(
            (v for tag in _VALUE_TAGS if (v := _at(entry, tag))), None if len(entry) else _leaf(entry)
        )
        if value:
            values[name] = f"{values[name]}; {value}" if name in values else value
    return json.dumps(values, ensure_ascii=False, sort_keys=True) if values else None


def _collect_groups(found: _Found) -> None:
    """One row per group that the clients name, its members the clients that name it."""
    nested: dict[str | None, Row] = {}
    for row in found.rows.get("xpm_groups", []):
        if "members" in row:
            nested.setdefault(row["UUID"], row | {"members": []})["members"] += row["members"]
    if nested:
        groups = [{**row, "ClientUUIDs": json.dumps(row["members"])} for row in nested.values()]
        found.rows["xpm_groups"] = groups


def _framed(name: str, rows: list[Row]) -> pl.DataFrame:
    columns = table(name).names
    schema = {**dict.fromkeys(columns, pl.String()), "_row": pl.Int64()}
    data = {c: [row.get(c) for row in rows] for c in columns}
    return pl.DataFrame({**data, "_row": [row["_row"] for row in rows]}, schema=schema)
