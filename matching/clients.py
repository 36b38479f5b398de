"""Matching inside the run: HQ, XPM and Tax clients of a batch of practices, with a saved model.

The model is fixed, so a practice alone gets the same answer as in the fleet. Tax records that name an
existing XPM client are compared with that client only; all others with every list, their own too.
"""

from dataclasses import replace

import duckdb
import polars as pl

from expectations.conform import conform
from matching import vectors
from matching.bands import banded, with_probability
from matching.belief import believed_m
from matching.blocking import blocked, candidates, keys_for, make_table
from matching.client_records import LISTS, client_records, tax_links
from matching.comparison import Comparison
from matching.contact_records import ReadContacts, read_contacts
from matching.evidence import with_evidence
from matching.key_report import KeyReport, key_report
from matching.linking import comparisons_of
from matching.model import Model, Stratum, load
from matching.namesakes import with_namesakes
from matching.options import MatchOptions
from matching.overlap import with_overlap
from matching.prepare import Prepared, finish
from matching.reasons import band_reason
from matching.score import BITS, score
from matching.training import train
from matching.unsynced import with_unsynced
from matching.vectors import STRATA
from transforms.sql import Frames

_LIKELY = 3.0
"""Log odds of pairs that the report of the blocking keys takes for matches."""
_UUID_PRIOR = 6.6
"""Bits of belief that a Tax record's own link to XPM is right (99 in 100) before its values are compared."""


def match_clients(
    con: duckdb.DuckDBPyConnection,
    frames: Frames,
    options: MatchOptions,
    run_id: str,
    contacts: ReadContacts | None = None,
) -> pl.DataFrame:
    """Table `match` for a batch.

    frames: comparable, practices, client_sync, source_client (Tax links, organisations), hq_contacts,
    xpm_contacts, effective_judgement. `contacts`: those of `frames`, where they are read already.
    Raises UsageError where the model file cannot be read.
    """
    prepared = prepare_clients(frames, contacts)
    comparisons = comparisons_of(prepared)
    propose_clients(con, frames, prepared)
    pairs = with_probability(scored_clients(con, prepared, comparisons, options), comparisons)
    pairs = banded(con, pairs, comparisons, options).with_columns(reason=band_reason(comparisons))
    found = with_evidence(pairs, prepared.frame, comparisons)
    return conform(found.with_columns(pl.lit(run_id).alias("run_id")), "match")


def propose_clients(con: duckdb.DuckDBPyConnection, frames: Frames, prepared: Prepared) -> None:
    """Make table `candidate(l, r)`: the pairs that the run compares; and those that a Tax record or a person
    names, `tax_link(l, r)` and `judged(l, r, judgement)`.

    A Tax record that names a client is compared with that one only, unless a person judged another.
    """
    linked, judged = _linked(frames, prepared), _judged(frames, prepared)
    pairs = blocked(prepared.frame, keys_for(prepared.filled), "all")
    named = pl.concat([linked, judged.select("l", "r")]).unique()
    bound = linked["r"].implode()
    pairs = pairs.filter(~pl.col("l").is_in(bound), ~pl.col("r").is_in(bound))
    pairs = pairs.join(named, on=["l", "r"], how="anti")
    make_table(con, "candidate", pl.concat([pairs, named]))
    make_table(con, "tax_link", linked)
    make_table(con, "judged", judged)


def scored_clients(
    con: duckdb.DuckDBPyConnection, prepared: Prepared, comparisons: list[Comparison], options: MatchOptions
) -> pl.DataFrame:
    """The pairs of table `candidate` with their subjects and odds, each by itself."""
    compared = vectors.compare(con, "candidate", prepared.records, comparisons, stratified=True)
    model = load(options.model)
    pairs = score(compared, comparisons, model)
    pairs = with_namesakes(pairs, prepared.frame, comparisons, model)
    pairs = _trust_tax_links(con, _with_subjects(pairs, prepared))
    pairs = with_unsynced(_with_clues(con, pairs, len(comparisons)), comparisons)
    return with_overlap(pairs)


def _with_clues(con: duckdb.DuckDBPyConnection, pairs: pl.DataFrame, clues: int) -> pl.DataFrame:
    """Pairs with a clue in common, or that a Tax record or a person names: nothing is known of others."""
    clueless = pl.all_horizontal(~pl.col("tax_link"), *(pl.col(f"c{k}") == 0 for k in range(clues)))
    judged = con.execute("select l, r from judged").pl()
    unknown = pairs.filter(clueless).select("l", "r").join(judged, on=["l", "r"], how="anti")
    return pairs.join(unknown, on=["l", "r"], how="anti", maintain_order="left") if unknown.height else pairs


def prepare_clients(frames: Frames, contacts: ReadContacts | None = None) -> Prepared:
    """Prepared records of a batch. `contacts`: those of `frames`, where they are read already."""
    return finish(client_records(frames, contacts or read_contacts(frames)))


def _linked(frames: Frames, prepared: Prepared) -> pl.DataFrame:
    """l, r: the client that a Tax record names, and the Tax record, where it exists."""
    links = tax_links(frames).select(
        "practice_id", tax_product=pl.lit("tax"), tax_id="source_id", xpm_product=pl.lit("xpm"), xpm_id="uuid"
    )
    return _numbered(links, prepared, {"l": "xpm", "r": "tax"}).select("l", "r")


def _judged(frames: Frames, prepared: Prepared) -> pl.DataFrame:
    """l, r, judgement: the pairs that a person judged, where both records exist."""
    said = _numbered(frames["effective_judgement"], prepared, {"l": "left", "r": "right"})
    ends = pl.min_horizontal("l", "r"), pl.max_horizontal("l", "r")
    said = said.select(ends[0].alias("l"), ends[1].alias("r"), "judgement")
    return said.filter(pl.col("l") != pl.col("r")).unique()


def _numbered(rows: pl.DataFrame, prepared: Prepared, sides: dict[str, str]) -> pl.DataFrame:
    """Rows of practice_id, and of each side product and id, with the numbers of records that exist."""
    for rid, side in sides.items():
        rows = rows.with_columns(
            list=pl.col(f"{side}_product").replace_strict(LISTS, return_dtype=pl.UInt8), id=f"{side}_id"
        )
        records = prepared.frame.select("list", "id", pl.col("rid").alias(rid), practice_id="part")
        # Few rows, or of one list: a join of all records would cost more.
        records = records.filter(pl.col("id").is_in(rows["id"].unique().implode()))
        rows = rows.join(records, on=["practice_id", "list", "id"])
    return rows


_LIVELY = {"active": 0, "archived": 1, "prospect": 2, "deleted": 3}


def _with_subjects(pairs: pl.DataFrame, prepared: Prepared) -> pl.DataFrame:
    """Adds practice_id, and of each side list, id, state (the smaller the livelier) and size of the list."""
    subject = prepared.frame.select(
        "list",
        "id",
        state=pl.col("state").replace_strict(_LIVELY, default=0, return_dtype=pl.UInt8),
        size=pl.len().over("part_no", "list"),
    )
    of_pair = [prepared.frame["part"].gather(pairs["l"]).alias("practice_id")]
    for side, name in (("l", "left"), ("r", "right")):
        of_pair += [subject[c].gather(pairs[side]).alias(f"{name}_{c}") for c in subject.columns]
    return pairs.with_columns(of_pair)


def _trust_tax_links(con: duckdb.DuckDBPyConnection, pairs: pl.DataFrame) -> pl.DataFrame:
    """Where a Tax record names the XPM client, belief in that link takes the place of the prior."""
    links = con.execute("select l, r, true as tax_link from tax_link").pl()
    pairs = pairs.join(links, on=["l", "r"], how="left", maintain_order="left").with_columns(
        pl.col("tax_link").fill_null(False)
    )
    stronger = pl.col("tax_link")
    return pairs.with_columns(
        pl.when(stronger)
        .then(pl.col("log_odds") + (_UUID_PRIOR - pl.col("prior")) / BITS)
        .otherwise("log_odds")
        .alias("log_odds"),
        pl.when(stronger).then(_UUID_PRIOR).otherwise("prior").alias("prior"),
    )


def train_clients(con: duckdb.DuckDBPyConnection, frames: Frames) -> tuple[Model, KeyReport]:
    """A new model from the clients of `frames`, without labels, and how the blocking keys did on them."""
    prepared = prepare_clients(frames)
    comparisons, keys = comparisons_of(prepared), keys_for(prepared.filled)
    candidates(con, prepared.frame, keys, "all")
    model, compared = train(con, prepared, comparisons, "all")
    model = with_unknown_kinds(model, comparisons)
    likely = score(compared, comparisons, model).filter(pl.col("log_odds") > _LIKELY)
    return model, key_report(con, prepared.frame, keys, likely.select("l", "r"))


_OF_PERSONS = ("given_name", "middle_name", "name_suffix", "family_name", "date_of_birth")


def with_unknown_kinds(model: Model, comparisons: list[Comparison]) -> Model:
    """The model with what persons and organisations teach of pairs of which one may be either.

    Such pairs are too few to learn from: training takes families for matches there. Only how often strangers
    agree is their own.
    """
    person, organisation, other = (model.strata.get(name) for name in STRATA)
    if person is None or organisation is None or other is None:
        return model
    m, r = dict(other.m), dict(other.r)
    for c in comparisons:
        known = person if c.name in _OF_PERSONS else organisation
        m[c.name] = [float(x) for x in believed_m(c)] if c.name == "full_name" else known.m[c.name]
        r[c.name] = known.r[c.name] if c.shared else other.u[c.name]
    rates = (organisation.overlap, organisation.duplicates, organisation.relatives)
    return replace(model, strata={**model.strata, "other": Stratum(m, r, other.u, *rates)})
