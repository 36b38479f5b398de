"""The stages between reading and publishing, for one batch of practices: one line each.

A stage that leaves scratch tables gets a cursor of its own: they go with it, and get in nobody's way. A frame
is let go of behind its last reader.
"""

import gc
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import polars as pl

from expectations.contracts import tables
from expectations.gate import Verdict, check
from flows.landing import match_options
from flows.night import Inputs
from flows.progress import Clock
from matching.clients import match_clients
from matching.contact_records import read_contacts
from matching.contacts import match_contacts
from transforms.clients import SOURCES, source_clients
from transforms.consolidate import Options, consolidate
from transforms.decisions import effective
from transforms.ingest import read_batch
from transforms.link_texts import masked_links
from transforms.normalise import comparable
from transforms.status import practice_status

Made = dict[str, pl.DataFrame]


@dataclass(frozen=True)
class Computed:
    """What the stages made of a batch."""

    frames: Made
    """Every table of the store but `run`, and `practices`; `practice_status` says what is to be published."""
    verdict: Verdict | None = None
    """The gate's results, where Data Docs are asked for."""


def compute(
    inputs: Inputs, con: duckdb.DuckDBPyConnection, clock: Clock, practice_ids: Sequence[str]
) -> Computed:
    """Every stage of a batch from raw rows to its status, by way of `con`. Writes nothing to the store."""
    run_id, settings = inputs.request.run_id, inputs.settings
    frames: Made = {}
    with clock.stage("read"), con.cursor() as own:
        frames |= clock.made(read_batch(own, inputs.landed, practice_ids, inputs.last_intake, run_id))
    with clock.stage("clients"), con.cursor() as own:
        frames |= clock.made({"source_client": source_clients(own, frames)})
        frames |= masked_links(frames)
    for name in SOURCES:  # `source_client` holds them all
        del frames[name]
    with clock.stage("normalise"):
        frames |= clock.made({"comparable": comparable(frames["source_client"], frames["practices"])})
    with clock.stage("decide"), con.cursor() as own:
        frames |= clock.made(effective(own, frames, run_id))
    with clock.stage("match"), con.cursor() as own:
        contacts = read_contacts(frames)
        match = match_clients(own, frames, match_options(settings), run_id, contacts)
        frames |= clock.made({"match": match})
    del frames["comparable"]  # the widest frame
    with clock.stage("contacts"), con.cursor() as own:
        frames |= clock.made(match_contacts(own, frames, contacts=contacts))
    del contacts
    with clock.stage("consolidate"), con.cursor() as own:
        options = Options(include_prospects=settings.include_prospects)
        frames |= clock.made(consolidate(own, frames, options, run_id))
    with clock.stage("validate"):
        verdict = check(con, frames, run_id)
        frames |= clock.made({"validation_failure": verdict.failures})
    gc.collect()  # Great Expectations leaves cycles that hold the frames of the batch until some later one
    with clock.stage("status"), con.cursor() as own:
        status = practice_status(own, frames, inputs.last_status, inputs.status_facts)
        frames |= clock.made({"practice_status": status})
    written = {name: frame for name, frame in frames.items() if name in {"practices", *tables("published")}}
    return Computed(written, verdict if inputs.request.data_docs else None)
