"""A whole fleet in memory: every source table, and the truth about who is who."""

import datetime as dt

import polars as pl

from expectations.conform import conform
from expectations.contracts import tables
from transforms.sample import decisions, links, products
from transforms.sample.contacts import contact_truth, draw_contacts, hq_contacts, xpm_contacts
from transforms.sample.directory import directory, staff, with_office
from transforms.sample.entities import draw_entities, entity_id
from transforms.sample.households import draw_households, draw_members, draw_people
from transforms.sample.records import draw_records
from transforms.sample.roster import draw_roster
from transforms.sample.xpm import xpm_clients
from transforms.sql import Frames

# Lists that an extract delivers, as they are named in the table of extracts.
EXTRACTED = {
    name: (t.product, f"{t.entity}s") for name, t in tables("source").items() if t.product and t.entity
}


def draw_fleet(practices: pl.DataFrame, snapshot: dt.date, seed: int, cases: Frames | None = None) -> Frames:
    """Every source table by name, in the shape of its contract, and `truth_clients`, `truth_contacts`.

    `practices` holds the traits of each practice (`spec.draw_practices`); `cases` adds rows written by hand,
    with their own `truth_clients`. Nothing here reads clock or disk but the reference lists; the same
    input gives the same frames.
    """
    practices = with_office(practices, seed)
    households = draw_households(practices, seed)
    members = draw_members(households, practices)
    people = draw_people(households, members, seed)
    entities = draw_entities(households, members, people, seed)
    records = draw_records(draw_roster(entities, practices, seed), entities, practices, seed)
    contacts = {product: draw_contacts(records, people, product, seed) for product in ("hq", "xpm")}
    frames = _lists(records, entities, practices, snapshot, seed) | {
        "hq_contacts": hq_contacts(contacts["hq"]),
        "xpm_contacts": xpm_contacts(contacts["xpm"]),
        "matches": decisions.matches(records, practices, seed),
        "policies": decisions.policies(practices, seed),
        "truth_clients": records.select("practice_id", "product", "source_id", entity_id=entity_id()),
        "truth_contacts": pl.concat([contact_truth(p, frame) for p, frame in contacts.items()]),
    }
    for name, rows in (cases or {}).items():
        whole = pl.concat([frames[name], rows])
        frames[name] = conform(whole, name) if name in tables("source") else whole
    frames["selections"] = decisions.selections(frames["truth_clients"], practices, seed)
    frames["extracts"] = extracts(frames, practices, snapshot)
    return frames | {"truth_clients": frames["truth_clients"].sort("practice_id", "product", "source_id")}


def _lists(
    records: pl.DataFrame, entities: pl.DataFrame, practices: pl.DataFrame, snapshot: dt.date, seed: int
) -> dict[str, pl.DataFrame]:
    team = staff(practices, seed)
    books = products.draw_organisations(entities, seed)
    hq = products.hq_clients(records, books, team, snapshot, seed)
    return {
        "practices": directory(practices, snapshot, seed),
        "staff": team,
        "hq_clients": hq,
        "xpm_clients": xpm_clients(records, snapshot, seed),
        "tax_clients": products.tax_clients(records, books, snapshot, seed),
        "client_sync": links.client_sync(records, practices, seed),
        "hq_groups": links.hq_groups(links.draw_groups(records, "hq", seed)),
        "xpm_groups": links.xpm_groups(links.draw_groups(records, "xpm", seed)),
        "xpm_relationships": links.xpm_relationships(records, seed),
        "xpm_jobs": links.xpm_jobs(records, practices, seed),
        "organisation_links": decisions.organisation_links(hq, practices, seed),
    }


def extracts(frames: Frames, practices: pl.DataFrame, snapshot: dt.date) -> pl.DataFrame:
    """Contract table `extracts`: every list that a practice has, ended OK, with its number of rows."""
    has_xpm = practices.filter(pl.col("connection") != "no_account")["practice_id"]
    has_tax = practices.filter("has_tax", pl.col("connection") != "no_account")["practice_id"]
    owners = {"hq": practices["practice_id"], "xpm": has_xpm, "tax": has_tax}
    at = dt.datetime.combine(snapshot, dt.time(1))
    parts = [
        pl.DataFrame({"practice_id": owners[str(product)]})
        .join(
            frames[name].group_by("practice_id").len("row_count"),
            on="practice_id",
            how="left",
            maintain_order="left",
        )
        .select(
            "practice_id",
            product=pl.lit(product),
            entity=pl.lit(entity),
            status=pl.lit("OK"),
            error=pl.lit(None, pl.String),
            row_count=pl.col("row_count").cast(pl.Int64).fill_null(0),
            extracted_at=pl.lit(at, pl.Datetime("us")),
        )
        for name, (product, entity) in EXTRACTED.items()
    ]
    return conform(pl.concat(parts), "extracts")
