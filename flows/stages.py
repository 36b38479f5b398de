"""The stages between reading and publishing, for one batch of practices: one line each.

A stage that leaves scratch tables gets a cursor of its own: they go with it, and get in nobody's way.
"""

from collections.abc import Sequence

import polars as pl

from expectations.gate import check
from flows.config import Settings
from flows.landing import match_options
from flows.night import OpenNight
from matching.clients import match_clients
from matching.contacts import match_contacts
from transforms.clients import source_clients
from transforms.consolidate import Options, consolidate
from transforms.decisions import effective
from transforms.ingest import read_batch
from transforms.normalise import comparable

Made = dict[str, pl.DataFrame]


def compute(night: OpenNight, practice_ids: Sequence[str]) -> Made:
    """Every frame of the batch, from raw rows to validation failures. Writes nothing to the store."""
    run_id, clock = night.request.run_id, night.clock
    frames: Made = {}
    with clock.stage("read"), night.con.cursor() as con:
        frames |= clock.made(read_batch(con, night.landed, practice_ids, night.last_intake, run_id))
    with clock.stage("clients"), night.con.cursor() as con:
        frames |= clock.made({"source_client": source_clients(con, frames)})
    with clock.stage("normalise"):
        frames |= clock.made({"comparable": comparable(frames["source_client"], frames["practices"])})
    with clock.stage("decide"), night.con.cursor() as con:
        frames |= clock.made(effective(con, frames, run_id))
    with clock.stage("match"), night.con.cursor() as con:
        frames |= clock.made({"match": match_clients(con, frames, match_options(night.settings), run_id)})
    with clock.stage("contacts"), night.con.cursor() as con:
        frames |= clock.made(match_contacts(con, frames))
    del frames["comparable"]  # the widest frame, and nobody needs it any more
    with clock.stage("consolidate"), night.con.cursor() as con:
        frames |= clock.made(consolidate(con, frames, _consolidation(night.settings), run_id))
    with clock.stage("validate"):
        frames |= clock.made({"validation_failure": _validated(night, frames)})
    return frames


def _validated(night: OpenNight, frames: Made) -> pl.DataFrame:
    verdict = check(night.con, frames, night.request.run_id)
    if night.request.data_docs:
        night.verdicts.append((night.clock.batch, verdict))
    return verdict.failures


def _consolidation(settings: Settings) -> Options:
    return Options(include_prospects=settings.include_prospects)
