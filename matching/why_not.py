"""Why not: every other record of a practice against one, with all evidence, also far below the bands."""

from dataclasses import dataclass

import duckdb
import polars as pl

from matching.bands import banded, with_probability
from matching.blocking import make_table
from matching.clients import prepare_clients, propose_clients, scored_clients
from matching.evidence import with_evidence
from matching.linking import comparisons_of
from matching.options import MatchOptions
from matching.reasons import BARRED, absence_reason, band_reason
from transforms.sql import Frames

PRODUCTS = ("hq", "xpm", "tax")

_COMPARE_ALL = """
create or replace temp table proposed as select l, r from candidate;
create or replace temp table subject as
select rid, part_no from prepared where part = $practice_id and list = $list and id = $source_id;
create or replace temp table candidate as
select l, r from proposed
union
select least(one.rid, other.rid), greatest(one.rid, other.rid)
from subject as one
inner join prepared as other on one.part_no = other.part_no and one.rid <> other.rid;
"""
_MARKED = """
select
    scored.*,
    a.entity + b.entity as entities,
    proposed.l is not null as proposed,
    not scored.tax_link and (scored.l in (select r from tax_link) or scored.r in (select r from tax_link))
        as bound,
    scored.l in (select rid from subject) or scored.r in (select rid from subject) as mine
from scored
inner join prepared as a on a.rid = scored.l
inner join prepared as b on b.rid = scored.r
left join proposed on proposed.l = scored.l and proposed.r = scored.r
order by scored.l, scored.r
"""


@dataclass(frozen=True)
class Subject:
    """One source record."""

    practice_id: str
    product: str
    source_id: str


def pairs_of(
    con: duckdb.DuckDBPyConnection, frames: Frames, options: MatchOptions, subject: Subject
) -> pl.DataFrame:
    """Every pair of one record: columns of `match` without run_id.

    The likeliest first, but those that are never compared, such as a person and an organisation, last.

    frames: those of `clients.match_clients`, of the record's practice. Pairs that table `match` would not
    list have band `none`, and `reason` says what kept them out. No row where the record is unknown.
    """
    prepared = prepare_clients(frames)
    make_table(con, "prepared", prepared.frame.select("rid", "part", "part_no", "list", "id", "entity"))
    comparisons = comparisons_of(prepared)
    propose_clients(con, frames, prepared)
    at = {"practice_id": subject.practice_id, "list": PRODUCTS.index(subject.product)}
    for statement in con.extract_statements(_COMPARE_ALL):
        given = at | {"source_id": subject.source_id}
        con.execute(statement, {name: given[name] for name in statement.named_parameters})
    scored = _marked(con, scored_clients(con, prepared, comparisons, options))
    # Only what the run compares is a rival in the run; the others are seen as if they had been compared.
    compared = with_probability(scored.filter("proposed"), comparisons)
    listed = banded(con, compared, comparisons, options)
    listed = listed.with_columns(reason=band_reason(comparisons))
    others = pl.concat([compared, with_probability(scored, comparisons).filter(~pl.col("proposed"))])
    others = others.join(listed, on=["l", "r"], how="anti").with_columns(
        band=pl.lit("none"), decided_by=pl.lit("model"), reason=absence_reason(options)
    )
    mine = pl.concat([listed, others], how="diagonal").filter("mine")
    found = with_evidence(mine, prepared.frame, comparisons)
    ids = ["left_product", "left_id", "right_product", "right_id"]
    return found.sort(pl.col("reason").is_in(BARRED), -pl.col("probability"), *ids)


def _marked(con: duckdb.DuckDBPyConnection, scored: pl.DataFrame) -> pl.DataFrame:
    con.register("scored", scored)
    try:
        return con.execute(_MARKED).pl()
    finally:
        con.unregister("scored")
