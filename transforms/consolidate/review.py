"""Questions to people: only those whose answer changes the published result."""

import duckdb
import polars as pl

from transforms.consolidate.contradictions import implied_duplicates, kept_apart, overruled
from transforms.consolidate.joined import Records, components
from transforms.consolidate.policy import what_if
from transforms.sql import run_sql

# Numbers that people type to get past a form; two clients that hold one do not share a tax number.
_PLACEHOLDERS = ("123456789", "123456782", "987654321", "12345678", "1234567890")
_OVERRULED = ("by_person", "no_left_rid", "no_right_rid")
_DECIDES = ("decides_survivor", "decides_organisation")
# What becomes of the two records after a yes, and as things stand: outcome, and the record it becomes.
_FATES = tuple(
    f"{side}_{when}{what}" for side in ("left", "right") for when in ("then", "now") for what in ("", "_rid")
)


def open_pairs(records: Records, plan: pl.DataFrame) -> pl.DataFrame:
    """Policy × open pair that changes something: question, rids, kind, probability, fates, decides_*, waits.

    Open are near pairs, and exact pairs that stayed apart because people's answers contradict each other:
    `contradicted`, with the columns of `overruled`; and what answers imply without saying it: `through_rid`.
    """
    of = records.record.select("rid", "practice", "product", "set_id")
    # Who said no to one record of a client has said no to the others that are joined with it.
    refused = kept_apart(records).with_columns(refused=True)
    pairs = (
        records.edges.filter(pl.col("band").is_in(["near", "exact"]))
        .join(of, left_on="left_rid", right_on="rid")  # many to one
        .join(of, left_on="right_rid", right_on="rid", suffix="_right")  # many to one
        .filter(pl.col("set_id") != pl.col("set_id_right"))
        .select(
            "practice",
            "left_rid",
            "right_rid",
            "probability",
            "reason",
            contradicted=pl.col("band") == "exact",
            kind=pl.when(pl.col("product") == pl.col("product_right"))
            .then(pl.lit("duplicate"))
            .when(pl.col("by_uuid"))
            .then(pl.lit("tax_link"))
            .otherwise(pl.lit("match")),
        )
        .join(overruled(records), on=["left_rid", "right_rid"], how="left")  # one to at most one
        .join(refused, on=["left_rid", "right_rid"], how="left")  # one to at most one
        .filter(pl.col("contradicted") | pl.col("refused").is_null())
        .sort("left_rid", "right_rid")
        .with_row_index("question")
        .with_columns(pl.col("question").cast(pl.Int64))
    )
    effect = what_if(records, plan, pairs).filter("changes")
    asked = _with_waiting(effect.join(pairs, on="question"), records)  # many to one
    return pl.concat([asked, _implied(records, plan)], how="diagonal")


def _with_waiting(asked: pl.DataFrame, records: Records) -> pl.DataFrame:
    """Adds `waits`, whether another answer comes first, and `waits_without`, the same without a policy."""
    never_blocks = {name: pl.lit(False) for name in _DECIDES}
    without = asked.unique("question", keep="first", maintain_order=True)
    without = without.with_columns(**never_blocks, policy=pl.lit(""))
    waiting = without.filter(_waits(without, records))["question"]
    return asked.with_columns(
        _waits(asked, records).alias("waits"), waits_without=pl.col("question").is_in(waiting.implode())
    )


def _waits(asked: pl.DataFrame, records: Records) -> pl.Series:
    """Whether a match is of one record with several others of which it is asked whether they are one client.

    That comes first: if they are, the record is most likely theirs. What may block never waits.
    """
    double = pl.col("kind") == "duplicate"
    may_wait = (pl.col("kind") == "match") & ~pl.any_horizontal("contradicted", *_DECIDES)
    waits = pl.repeat(False, asked.height, eager=True)
    for policy in asked["policy"].unique().sort():
        here = pl.col("policy") == policy
        client = pl.Series(components(asked.filter(here & double), records.record.height))
        for mine, other in (("left_rid", "right_rid"), ("right_rid", "left_rid")):
            in_list = records.record["product"].gather(asked[other]).alias("in_list")
            others = asked.select("policy", mine, other, "kind", in_list, client=client.gather(asked[other]))
            of_one = (pl.col("client").n_unique() == 1) & (pl.col(other).n_unique() > 1)
            waits |= others.select(here & of_one.over("policy", mine, "in_list", "kind")).to_series()
    return waits & asked.select(may_wait).to_series()


def _implied(records: Records, plan: pl.DataFrame) -> pl.DataFrame:
    """The questions on `implied_duplicates`, under every policy; numbered below zero, as no others are."""
    found = implied_duplicates(records).with_row_index("number")
    found = found.select(
        "practice",
        "left_rid",
        "right_rid",
        "through_rid",
        question=-1 - pl.col("number").cast(pl.Int64),
        kind=pl.lit("duplicate"),
        contradicted=pl.lit(False),
        **dict.fromkeys((*_DECIDES, "waits", "waits_without"), pl.lit(False)),
    )
    return found.join(plan.select("policy").unique(), how="cross")


def shared_numbers(con: duckdb.DuckDBPyConnection, records: Records, plan: pl.DataFrame) -> pl.DataFrame:
    """Policy × pair of survivors with one whole tax number: practice, left_rid, right_rid."""
    whole = records.clients["tax_number"].str.replace_all(r"[\s.\-/kK]", "")
    numbered = (
        records.record.select("rid", "practice")
        .with_columns(
            number=whole,
            branch=records.clients["branch_number"].str.strip_chars_start("0").replace("", None),
        )
        .filter(
            pl.col("number").str.contains(r"^\d{8,10}$")
            & ~pl.col("number").is_in(_PLACEHOLDERS)
            & ~pl.col("number").is_in([digit * size for digit in "0123456789" for size in (8, 9, 10)])
        )
        .filter(pl.struct("practice", "number").is_duplicated())
    )
    lives = plan.filter("lives", pl.col("rid").is_in(numbered["rid"].implode()))
    tables = {"plan": lives.select("policy", "rid", "target"), "numbered": numbered}
    return run_sql(con, "consolidate/shared_numbers", tables)


def undecided(
    con: duckdb.DuckDBPyConnection, records: Records, plan: pl.DataFrame, chosen: pl.DataFrame
) -> pl.DataFrame:
    """Clients that a chosen selection leaves undecided: practice, left_rid, right_rid (HQ, XPM), others."""
    selecting = plan.filter(pl.col("policy") == "selection", "undecided")
    selecting = selecting.join(chosen, on=["practice", "policy"], how="semi")
    asked = records.record[selecting["rid"]].filter("needs", pl.col("keep").is_null())
    found = run_sql(con, "consolidate/undecided", {"record": asked})
    return found.select(
        "practice",
        left_rid=pl.coalesce("hq_rid", "xpm_rid"),
        right_rid=pl.when(pl.col("hq_rid").is_not_null()).then("xpm_rid"),
        others="others",
    )


def chosen_questions(
    pairs: pl.DataFrame, shared: pl.DataFrame, selections: pl.DataFrame, chosen: pl.DataFrame
) -> pl.DataFrame:
    """The questions under the chosen policies; without one, what would matter under any (never blocking).

    `chosen`: practice, policy, one row per practice with a policy. A `duplicate` never blocks.
    """
    keys = ["practice", "policy"]
    decides = pl.col("decides_survivor") | pl.col("decides_organisation")
    matter = (
        pairs.filter(~pl.col("waits"))
        .join(chosen, on=keys, how="semi")
        .with_columns(blocking=(pl.col("kind") != "duplicate") & (decides | pl.col("contradicted")))
    )
    no_policy = (
        pairs.filter(~pl.col("waits_without"))
        .join(chosen, on="practice", how="anti")
        .unique("question")
        .with_columns(
            blocking=pl.lit(False),
            **dict.fromkeys(_DECIDES, pl.lit(False)),
            **{name: pl.lit(None, dtype=pairs.schema[name]) for name in _FATES},
        )
    )
    numbers = shared.join(chosen, on=keys, how="semi").with_columns(kind=pl.lit("shared_tax_number"))
    select = selections.with_columns(kind=pl.lit("selection"))
    sure = [frame.with_columns(blocking=pl.lit(True)) for frame in (numbers, select)]
    columns = ["kind", "blocking", "left_rid", "right_rid"]
    more = ["probability", "reason", "through_rid", "contradicted", *_OVERRULED, *_DECIDES, *_FATES]
    return pl.concat(
        [
            *(frame.select(*columns, *more) for frame in (matter, no_policy)),
            *(frame.select(*columns, pl.col("^others$")) for frame in sure),
        ],
        how="diagonal",
    ).with_columns(pl.col("contradicted", *_DECIDES).fill_null(False))
