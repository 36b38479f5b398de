"""The Practice Manager API's client list as XML: contacts, groups and relationships inside each client."""

import json
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

import polars as pl

from expectations.contracts import table
from transforms.sql import Frames

XML_TABLES = ("xpm_clients", "xpm_contacts", "xpm_groups", "xpm_relationships")


def client_list(frames: Frames) -> str:
    """A detailed client list from the XPM tables of one practice; empty elements stand for no value."""
    contacts = _by(frames["xpm_contacts"], "ClientUUID")
    relations = _by(frames["xpm_relationships"], "ClientUUID")
    names = dict(frames["xpm_clients"].select("UUID", "Name").iter_rows())
    groups = _by(frames["xpm_groups"].explode("ClientUUIDs"), "ClientUUIDs")
    bodies = [
        _client(
            client,
            contacts.get(client["UUID"], []),
            groups.get(client["UUID"], []),
            [
                r | {"RelatedName": names.get(r["RelatedClientUUID"])}
                for r in relations.get(client["UUID"], [])
            ],
        )
        for client in frames["xpm_clients"].iter_rows(named=True)
    ]
    inner = "\n".join(bodies)
    return f'<Response api-method="List">\n<Status>OK</Status>\n<Clients>\n{inner}\n</Clients>\n</Response>\n'


def _by(frame: pl.DataFrame, column: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in frame.iter_rows(named=True):
        found.setdefault(row[column], []).append(row)
    return found


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return "" if value is None else escape(str(value))


def _element(name: str, value: object) -> str:
    return f"<{name}>{_text(value)}</{name}>"


def _elements(row: Mapping[str, Any], names: list[str]) -> str:
    return "".join(_element(name, row[name]) for name in names)


def _client(
    client: dict[str, Any],
    contacts: list[dict[str, Any]],
    groups: list[dict[str, Any]],
    ties: list[dict[str, Any]],
) -> str:
    parts = []
    for column in table("xpm_clients").columns:
        if column.name in ("practice_id", "Notes", "CustomFields"):
            continue
        value = client[column.name]
        if column.type == "date" and value:
            value = f"{value:%Y-%m-%d}T00:00:00"
        elif column.type == "timestamp" and value:
            value = f"{value:%Y-%m-%dT%H:%M:%S}"
        if column.xml and "/" in column.xml:
            outer, inner = column.xml.split("/")
            parts.append(f"<{outer}>{_element(inner, value)}</{outer}>" if value else "")
        else:
            parts.append(_element(column.name, value))
    people = "".join(f"<Contact>{_contact(c)}</Contact>" for c in contacts)
    member = "".join(f"<Group>{_elements(g, ['UUID', 'Name', 'Taxable'])}</Group>" for g in groups)
    tied = "".join(f"<Relationship>{_relationship(r)}</Relationship>" for r in ties)
    note = f"<Note><Title>Note</Title>{_element('Text', client['Notes'])}</Note>" if client["Notes"] else ""
    own = "".join(_custom_field(k, v) for k, v in json.loads(client["CustomFields"] or "{}").items())
    return (
        f"<Client>{''.join(parts)}<Contacts>{people}</Contacts><Notes>{note}</Notes><Groups>{member}</Groups>"
        f"<Relationships>{tied}</Relationships><CustomFields>{own}</CustomFields></Client>"
    )


def _contact(contact: dict[str, Any]) -> str:
    return _elements(
        contact,
        [
            "UUID",
            "Name",
            "Mobile",
            "Email",
            "Phone",
            "Position",
            "Salutation",
            "Addressee",
            "IsPrimary",
            "IsDeleted",
        ],
    )


def _relationship(tie: dict[str, Any]) -> str:
    related = _element("UUID", tie["RelatedClientUUID"]) + _element("Name", tie["RelatedName"])
    rest = _elements(tie, ["NumberOfShares", "Percentage", "StartDate", "EndDate"])
    return f"{_elements(tie, ['UUID', 'Type'])}<RelatedClient>{related}</RelatedClient>{rest}"


def _custom_field(name: str, value: object) -> str:
    kind, text = ("Boolean", str(value).lower()) if isinstance(value, bool) else ("Text", str(value))
    return f"<CustomField>{_element('Name', name)}{_element(kind, text)}</CustomField>"
