"""Practices in short form, as the files of a landing zone.

A case is one practice: a mapping with `case` (its name), `policy`, `connection`, `hq`, `xpm`, `tax`,
`decisions` and perhaps `links`. Records: `h1=ann:archived:o1` is Xero HQ client h1 with everything that is
known of Ann, archived, connected to organisation o1; `t1>x1=ann` a Tax record that names Practice Manager
client x1.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from expectations.contracts import tables
from tests.factories import rows
from transforms.sample.writer import Placing, write_landing

Row = dict[str, Any]
Case = Mapping[str, str]
PRODUCTS = {"h": "hq", "x": "xpm", "t": "tax"}
JUDGEMENTS = {"=": "match", "!": "no_match", "?": "unsure"}
ADMIN, STANDARD = "admin", "standard"
_DAY = dt.datetime(2024, 1, 10)

# Two records of one of them are joined without asking; `thin` leaves what is asked about, and so does `wed`
# (thin, with another family name) where both are connected to one organisation.
PEOPLE: dict[str, Row] = {
    "ann": {
        "first": "Annelise", "last": "Karlsen-Boyd", "born": dt.date(1961, 2, 3),
        "email": "annelise@karlsenboyd.example", "phone": "08 9321 4401",
        "line": "14 Jarrah Crescent", "city": "Albany", "post_code": "6330",
    },
    "bob": {
        "first": "Robert", "last": "Mwangi", "born": dt.date(1984, 11, 29),
        "email": "rmwangi@plumbing.example", "phone": "02 6021 7733",
        "line": "3/88 Kiewa Street", "city": "Albury", "post_code": "2640",
    },
    "cat": {
        "first": "Catriona", "last": "Fazekas", "born": dt.date(1973, 6, 17),
        "email": "cfazekas@vets.example", "phone": "07 4051 6120",
        "line": "201 Sheridan Parade", "city": "Cairns", "post_code": "4870",
    },
    "dan": {
        "first": "Dandelion", "last": "Okparaebo", "born": dt.date(1990, 4, 30),
        "email": "dokparaebo@bakers.example", "phone": "03 6231 5540",
        "line": "77 Salamanca Reach", "city": "Hobart", "post_code": "7000",
    },
}  # fmt: skip
NUMBERS = {"n1": "865414088", "n2": "459599230"}
"""Whole tax numbers that pass their check."""


def practice_id(number: int) -> str:
    return f"AU-{number:06d}"


def source_frames(cases: Iterable[Case]) -> dict[str, pl.DataFrame]:
    """Every source table of a fleet in which each case is the practice of its place."""
    made: dict[str, list[Row]] = {name: [] for name in tables("source")}
    for number, case in enumerate(cases):
        for name, found in _rows(case).items():
            made[name] += [{"practice_id": practice_id(number), **row} for row in found]
    return {name: rows(name, *found) for name, found in made.items()}


def landing(cases: Iterable[Case], root: Path) -> None:
    """Write these source tables as the files of one snapshot."""
    placing = Placing(fleet={"xpm_clients": "ndjson"})
    write_landing(source_frames(cases), root / "snapshot_date=2024-01-15", placing)


def _rows(case: Case) -> dict[str, list[Row]]:
    xpm = [_read(text) for text in case["xpm"].split()]
    jobs = [source_id for source_id, _, _, marks in xpm if "job" in marks]
    return {
        "practices": [_practice(case)],
        "staff": [
            {"user_id": "master", "hq_role": "master_admin", "xpm_edit_all": True},
            {"user_id": ADMIN, "hq_role": "admin", "xpm_edit_all": True},
            {"user_id": STANDARD, "hq_role": "standard", "xpm_edit_all": True},
        ],
        "hq_clients": [_hq(*_read(text)) for text in case["hq"].split()],
        "xpm_clients": [_xpm(*record) for record in xpm],
        "xpm_jobs": [{"ID": f"j-{uuid}", "ClientUUID": uuid, "State": "Completed"} for uuid in jobs],
        "tax_clients": [_tax(*_read(text)) for text in case["tax"].split()],
        "policies": [_policy(text, place) for place, text in enumerate(case["policy"].split("; ")) if text],
        **_decisions(case["decisions"].split()),
        **_links(case.get("links", "").split()),
    }


def _practice(case: Case) -> Row:
    connection = case["connection"] or "confirmed"
    opened = {"tool_opened_by": ADMIN, "tool_opened_at": _DAY} if connection == "tool_open" else {}
    base = {"practice_name": case["case"], "region": "AU", "connected_by": "master"}
    return base | opened | {"connection": "confirmed" if opened else connection}


def _links(texts: list[str]) -> dict[str, list[Row]]:
    """`k1@h1=ann:primary` a contact of h1, its primary one, `g1=h1,h2` a group, `r1=x1,x2` a director."""
    found: dict[str, list[Row]] = {
        name: [] for name in ("hq_contacts", "xpm_contacts", "hq_groups", "xpm_groups", "xpm_relationships")
    }
    for text in texts:
        key, _, rest = text.partition("=")
        source_id, _, client = key.partition("@")
        ends = rest.split(",")
        if client.startswith("h"):
            row: Row = {"hq_contact_id": source_id, "hq_client_id": client}
            found["hq_contacts"].append(row | _contact(rest, ["name", "email", "phone", "is_primary"]))
        elif client:
            row = {"UUID": source_id, "ClientUUID": client, "IsDeleted": "deleted" in rest}
            found["xpm_contacts"].append(row | _contact(rest, ["Name", "Email", "Phone", "IsPrimary"]))
        elif source_id.startswith("r"):
            row = {"UUID": source_id, "ClientUUID": ends[0], "RelatedClientUUID": ends[1], "Type": "Director"}
            found["xpm_relationships"].append(row)
        elif ends[0].startswith("h"):
            row = {"hq_group_id": source_id, "name": f"Family {source_id[1:]}", "hq_client_ids": ends}
            found["hq_groups"].append(row)
        else:
            row = {"UUID": source_id, "Name": f"Family {source_id[1:]}", "ClientUUIDs": ends}
            found["xpm_groups"].append(row)
    return found


def _contact(text: str, columns: list[str]) -> Row:
    name, *marks = text.split(":")
    person = PEOPLE[name]
    email = None if "thin" in marks else person["email"]
    values = [f"{person['first']} {person['last']}", email, None, "primary" in marks]
    return dict(zip(columns, values, strict=True))


def _read(text: str) -> tuple[str, str | None, Row, list[str]]:
    """Id, Practice Manager client that it names, what is known of the person, marks."""
    key, _, rest = text.partition("=")
    source_id, _, uuid = key.partition(">")
    name, *marks = rest.split(":")
    return source_id, uuid or None, PEOPLE[name], marks


def _mark(marks: list[str], pattern: str) -> str | None:
    return next((mark for mark in marks if re.fullmatch(pattern, mark)), None)


def _hq(source_id: str, _: str | None, person: Row, marks: list[str]) -> Row:
    wed = "wed" in marks
    thin = wed or "thin" in marks
    return {
        "hq_client_id": source_id,
        "business_structure": "Individual",
        "first_name": person["first"][0] if thin else person["first"],
        "last_name": "Prendergast" if wed else person["last"],
        "date_of_birth": None if thin else person["born"],
        "emails": [] if thin else [person["email"]],
        "phones": [] if thin else [person["phone"]],
        "address_line": None if thin else person["line"],
        "city": person["city"],
        "post_code": person["post_code"],
        "status": "archived" if "archived" in marks else "active",
        "organisation_id": _mark(marks, r"o\d"),
        "organisation_access": "invited" if "invited" in marks else None,
        "staff_ids": [mark for mark in marks if mark in ("u1", "u2")],
    }


def _xpm(source_id: str, _: str | None, person: Row, marks: list[str]) -> Row:
    thin = "thin" in marks
    first, number = person["first"][0] if thin else person["first"], _mark(marks, r"n\d")
    return {
        "UUID": source_id,
        "Name": f"{person['last']}, {first}",
        "BusinessStructure": "Individual",
        "FirstName": first,
        "LastName": person["last"],
        "DateOfBirth": None if thin else person["born"],
        "Email": None if thin else person["email"],
        "Phone": None if thin else person["phone"],
        "Address": None if thin else person["line"],
        "City": person["city"],
        "PostCode": person["post_code"],
        "IsArchived": "archived" in marks,
        "IsProspect": "prospect" in marks,
        "IsDeleted": "deleted" in marks,
        "TaxNumber": NUMBERS[number] if number else None,
        "BranchNumber": (_mark(marks, r"b\d") or "")[1:] or None,
        "Notes": "Prefers letters" if "full" in marks else None,
        "Fax": "08 9321 4499" if "full" in marks else None,
        "CustomFields": '{"Lawyer":"Haig"}' if "custom" in marks else None,
    }


def _tax(source_id: str, uuid: str | None, person: Row, marks: list[str]) -> Row:
    number = _mark(marks, r"n\d")
    return {
        "tax_client_id": source_id,
        "xpm_client_uuid": uuid,
        "first_name": person["first"],
        "last_name": person["last"],
        "name": f"{person['first']} {person['last']}",
        "date_of_birth": person["born"],
        "tax_number": NUMBERS[number] if number else None,
        "organisation_id": _mark(marks, r"o\d"),
    }


def _policy(text: str, place: int) -> Row:
    """`all_hq +drops_working_clients @standard unconfirmed`: who decided it, what was acknowledged."""
    name, *words = text.split()
    return {
        "policy": name,
        "acknowledged": [word[1:] for word in words if word[0] == "+"],
        "confirmed": "unconfirmed" not in words,
        "fill_blanks": "fill" in words,
        "decided_by": next((word[1:] for word in words if word[0] == "@"), ADMIN),
        "decided_at": _DAY + dt.timedelta(hours=place),
    }


def _decisions(texts: list[str]) -> dict[str, list[Row]]:
    """`h1+ x1-` selections, `h1=x1 h1!x1 h1?x1` judgements, `o1>x1 o1>none` organisation links."""
    said: Row = {"decided_by": ADMIN, "decided_at": _DAY}
    found: dict[str, list[Row]] = {"selections": [], "matches": [], "organisation_links": []}
    for text in texts:
        one, sign, other = re.fullmatch(r"(\w+)([-+=!?>])(\w*)", text).groups()  # type: ignore[union-attr]
        if sign in "+-":
            found["selections"].append(
                said | {"product": PRODUCTS[one[0]], "source_id": one, "keep": sign == "+"}
            )
        elif sign == ">":
            to = {} if other == "none" else {"product": PRODUCTS[other[0]], "source_id": other}
            found["organisation_links"].append(said | {"organisation_id": one} | to)
        else:
            ends = {"left_product": PRODUCTS[one[0]], "left_id": one}
            ends |= {"right_product": PRODUCTS[other[0]], "right_id": other}
            found["matches"].append(said | ends | {"judgement": JUDGEMENTS[sign]})
    return found
