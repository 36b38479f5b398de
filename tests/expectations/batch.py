"""A batch of two practices that holds every rule, and ways to break it in the first of them."""

from typing import Any

import polars as pl

from expectations.contracts import Table, tables
from tests.factories import rows

A, B = "AU-000001", "NZ-000002"
Batch = dict[str, pl.DataFrame]


def every_table() -> dict[str, Table]:
    return tables("source") | tables("internal") | tables("published")


def empty() -> Batch:
    return {name: table.empty() for name, table in every_table().items()}


def sound() -> Batch:
    parts = [_practice(A, "1"), _practice(B, "2")]
    return empty() | {name: pl.concat([part[name] for part in parts]) for name in parts[0]}


def _practice(practice: str, n: str) -> Batch:
    """Client c1 of XPM x1, HQ h1 and Tax t1; c2 of x2; HQ h3 archived as c3; x4 deleted; x5 unreadable."""
    values = _sources(n) | _published(n) | _crosswalk(n)
    return {
        name: rows(name, *({"practice_id": practice, **row} for row in made)) for name, made in values.items()
    }


def _sources(n: str) -> dict[str, list[dict[str, Any]]]:
    client = {"has_job": False, "state": "active"}
    return {
        "source_client": [
            client
            | {"product": "hq", "source_id": f"h1{n}", "staff_ids": ["u1", "u2"], "organisation_id": "o1"},
            client | {"product": "hq", "source_id": f"h3{n}", "staff_ids": ["u1"]},
            client | {"product": "xpm", "source_id": f"x1{n}", "tax_number": "123 456 780"},
            client
            | {"product": "xpm", "source_id": f"x2{n}", "tax_number": "******321", "state": "archived"},
            client | {"product": "xpm", "source_id": f"x4{n}", "state": "deleted"},
            client | {"product": "tax", "source_id": f"t1{n}", "tax_number": "123456780"},
        ],
        "client_fate": [
            _fate("hq", f"h1{n}", "merged", f"c1{n}"),
            _fate("hq", f"h3{n}", "archived", f"c3{n}"),
            _fate("xpm", f"x1{n}", "survivor", f"c1{n}"),
            _fate("xpm", f"x2{n}", "survivor", f"c2{n}"),
            _fate("xpm", f"x4{n}", "excluded", None),
            _fate("tax", f"t1{n}", "merged", f"c1{n}"),
        ],
        "intake": [
            {"product": product, "entity": entity, "rows_read": rows_read, "accepted": True}
            for product, entity, rows_read in (
                ("hq", "clients", 2),
                ("hq", "contacts", 1),
                ("hq", "groups", 1),
                ("xpm", "clients", 3),
                ("xpm", "contacts", 2),
                ("xpm", "groups", 1),
                ("xpm", "relationships", 1),
                ("tax", "clients", 1),
            )
        ],
        "practices": [{}],
        "quarantine": [
            {
                "product": "xpm",
                "entity": "client",
                "source_id": f"x5{n}",
                "level": "row",
                "value": "12 Moon St",
            }
        ],
        "hq_contacts": [{"hq_contact_id": f"k1{n}", "hq_client_id": f"h1{n}"}],
        "xpm_contacts": [
            {"UUID": f"k2{n}", "ClientUUID": f"x1{n}"},
            {"UUID": f"k2{n}", "ClientUUID": f"x4{n}"},
        ],
        "hq_groups": [{"hq_group_id": f"g1{n}", "hq_client_ids": [f"h3{n}"]}],
        "xpm_groups": [{"UUID": f"g2{n}", "ClientUUIDs": [f"x1{n}", f"x2{n}"]}],
        "xpm_relationships": [{"UUID": f"r1{n}", "ClientUUID": f"x1{n}", "RelatedClientUUID": f"x2{n}"}],
    }


def _fate(product: str, source_id: str, outcome: str, client_id: str | None) -> dict[str, Any]:
    return {"product": product, "source_id": source_id, "outcome": outcome, "client_id": client_id}


def _published(n: str) -> dict[str, list[dict[str, Any]]]:
    xpm = {"survivor_product": "xpm"}
    contact = {"client_id": f"c1{n}", "is_primary": False}
    return {
        "unified_client": [
            xpm
            | {"client_id": f"c1{n}", "name": "Ann Lee", "state": "active", "notes": "Ring 0412 345 678"}
            | {"hq_client_id": f"h1{n}", "xpm_client_uuid": f"x1{n}", "tax_client_id": f"t1{n}"},
            xpm | {"client_id": f"c2{n}", "name": "Bo Co", "state": "archived", "xpm_client_uuid": f"x2{n}"},
            {"client_id": f"c3{n}", "name": "Cy Ltd", "state": "archived", "hq_client_id": f"h3{n}"},
        ],
        "unified_contact": [{"contact_id": f"p1{n}"}, {"contact_id": f"p2{n}"}],
        "client_contact": [
            contact | {"contact_id": f"p1{n}", "source_contact_id": f"k1{n}", "source_client_id": f"h1{n}"},
            contact
            | {"contact_id": f"p2{n}", "source_contact_id": f"k2{n}", "source_client_id": f"x1{n}"}
            | {"product": "xpm", "is_primary": True},
        ],
        "unified_group": [{"group_id": f"q1{n}"}, {"group_id": f"q2{n}"}],
        "group_member": [
            {"group_id": f"q1{n}", "client_id": f"c3{n}", "product": "hq"}
            | {"source_group_id": f"g1{n}", "source_client_id": f"h3{n}"},
            {"group_id": f"q2{n}", "client_id": f"c1{n}", "product": "xpm"}
            | {"source_group_id": f"g2{n}", "source_client_id": f"x1{n}"},
            {"group_id": f"q2{n}", "client_id": f"c2{n}", "product": "xpm"}
            | {"source_group_id": f"g2{n}", "source_client_id": f"x2{n}"},
        ],
        "relationship": [
            {"relationship_id": f"s1{n}", "client_id": f"c1{n}", "related_client_id": f"c2{n}"}
            | {"source_id": f"r1{n}"}
        ],
        "client_staff": [
            {"client_id": f"c1{n}", "user_id": "u1", "source_client_id": f"h1{n}"},
            {"client_id": f"c3{n}", "user_id": "u1", "source_client_id": f"h3{n}"},
        ],
        "dropped_link": [
            {"kind": "staff", "product": "hq", "source_id": "u2", "source_client_id": f"h1{n}"},
            {"kind": "contact", "product": "xpm", "source_id": f"k2{n}", "source_client_id": f"x4{n}"},
        ],
        "organisation_link": [{"organisation_id": "o1", "client_id": f"c1{n}", "state": "repointed"}],
        "field_value": [{"client_id": f"c1{n}", "field": "name", "value": "Ann Li", "source_id": f"h1{n}"}],
    }


def _crosswalk(n: str) -> dict[str, list[dict[str, Any]]]:
    lines = [
        ("hq", "client", f"h1{n}", "merged", f"c1{n}"),
        ("hq", "client", f"h3{n}", "archived", f"c3{n}"),
        ("xpm", "client", f"x1{n}", "survivor", f"c1{n}"),
        ("xpm", "client", f"x2{n}", "survivor", f"c2{n}"),
        ("xpm", "client", f"x4{n}", "excluded", None),
        ("xpm", "client", f"x5{n}", "quarantined", None),
        ("tax", "client", f"t1{n}", "merged", f"c1{n}"),
        ("hq", "contact", f"k1{n}", "survivor", f"p1{n}"),
        ("xpm", "contact", f"k2{n}", "survivor", f"p2{n}"),
        ("hq", "group", f"g1{n}", "survivor", f"q1{n}"),
        ("xpm", "group", f"g2{n}", "survivor", f"q2{n}"),
        ("xpm", "relationship", f"r1{n}", "survivor", f"s1{n}"),
    ]
    names = ("product", "entity", "source_id", "outcome", "unified_id")
    return {"crosswalk": [dict(zip(names, line, strict=True)) for line in lines]}


def put(batch: Batch, name: str, where: dict[str, Any], /, **values: Any) -> Batch:
    """The batch with `values` in the rows of practice A that are as `where` says."""
    mine = pl.all_horizontal(pl.col(c) == v for c, v in ({"practice_id": A} | where).items())
    assert batch[name].filter(mine).height, f"no such row in {name}"
    types = batch[name].schema
    changed = [
        pl.when(mine).then(pl.lit(v, dtype=types[c])).otherwise(pl.col(c)).alias(c) for c, v in values.items()
    ]
    return batch | {name: batch[name].with_columns(changed)}


def without(batch: Batch, name: str, /, **where: Any) -> Batch:
    """The batch without the rows of practice A that are as `where` says."""
    mine = pl.all_horizontal(pl.col(c) == v for c, v in ({"practice_id": A} | where).items())
    assert batch[name].filter(mine).height, f"no such row in {name}"
    return batch | {name: batch[name].filter(~mine)}


def add(batch: Batch, name: str, /, **values: Any) -> Batch:
    """The batch with one more row of practice A."""
    return batch | {name: pl.concat([batch[name], rows(name, {"practice_id": A, **values})])}
