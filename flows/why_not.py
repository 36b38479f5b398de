"""Recomputes the pairs of one record from the landing zone: what `scr explain --why-not` shows."""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from expectations.errors import UsageError
from flows.config import Settings
from flows.landing import match_options, reading
from matching.why_not import Subject, pairs_of
from transforms.lookup import unknown_ids


@dataclass(frozen=True)
class Question:
    """Which of the record's pairs are asked for."""

    snapshot_date: dt.date
    """Snapshot that the store was made from."""
    most: int = 3
    """The likeliest so many of those that table `match` does not list."""
    against: tuple[str, str] | None = None
    """Product and id: the pair with this record alone, whatever its band."""


def recompute(settings: Settings, subject: Subject, question: Question) -> pl.DataFrame:
    """Pairs in the shape of `transforms.lookup.Explanation.pairs`; band `none`: not listed in `match`.

    Raises UsageError where the snapshot is not in the landing zone, or lacks one of the records.
    """
    scope = [subject.practice_id]
    with reading(settings, question.snapshot_date, scope) as landing, landing.con.cursor() as con:
        frames = landing.frames(scope)
        for product, source_id in ((subject.product, subject.source_id), question.against or ("", "")):
            _check(frames["source_client"], product, source_id)
        pairs = _seen_from(subject, pairs_of(con, frames, match_options(settings), subject))
    if question.against:
        product, source_id = question.against
        return pairs.filter(pl.col("product") == product, pl.col("source_id") == source_id)
    return pairs.filter(pl.col("band") == "none").head(question.most)


def _check(clients: pl.DataFrame, product: str, source_id: str) -> None:
    known = clients.filter(pl.col("product") == product)["source_id"].to_list()
    if product and source_id not in known:
        raise UsageError(
            "among the readable clients of the landing zone there is "
            + unknown_ids(f"{product} record", [source_id], known)
        )


def _seen_from(subject: Subject, pairs: pl.DataFrame) -> pl.DataFrame:
    left = (pl.col("left_product") == subject.product) & (pl.col("left_id") == subject.source_id)
    return pairs.select(
        "band",
        "probability",
        "decided_by",
        "reason",
        this_is_left=left,
        product=pl.when(left).then("right_product").otherwise("left_product"),
        source_id=pl.when(left).then("right_id").otherwise("left_id"),
        evidence="evidence",
    )
