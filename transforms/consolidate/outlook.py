"""What every policy would make of contacts, groups and organisations, chosen or not: nothing is estimated."""

import polars as pl

from transforms.consolidate.contact_outlook import contact_outlook
from transforms.consolidate.group_outlook import group_outlook
from transforms.consolidate.joined import Records
from transforms.consolidate.organisation_outlook import organisation_outlook
from transforms.sql import Frames

_COUNTS = ("contacts_changed", "groups_changed", "orphaned", "questions")


def followed(frames: Frames, records: Records, plan: pl.DataFrame) -> pl.DataFrame:
    """Practice number × policy: contacts_changed, groups_changed, orphaned organisations, questions.

    `frames`: those of `read_links`, `contact_near`, `effective_organisation`. By the rules of `link_tables`,
    but only what is counted is worked out.
    """
    numbers = records.record.select("practice", "practice_id").unique()
    parts = [
        contact_outlook(frames, records, plan),
        group_outlook(frames, numbers, plan),
        organisation_outlook(records, plan, frames["effective_organisation"]),
    ]
    return pl.concat(parts, how="diagonal").group_by("practice", "policy").agg(pl.col(_COUNTS).sum())
