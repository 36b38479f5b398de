"""From probabilities to bands: joined without asking, asked, or forbidden, and what decided it."""

import math
from collections.abc import Mapping

import duckdb
import polars as pl

from matching.comparison import Comparison
from matching.names import ENTITY, FAMILY, GIVEN, ORGANISATION
from matching.options import MatchOptions
from matching.score import BITS, settle

_TAX_LINK = 0.9
"""A Tax record's own link holds from this probability; below it a person is asked."""


def banded(
    con: duckdb.DuckDBPyConnection,
    pairs: pl.DataFrame,
    comparisons: list[Comparison],
    options: MatchOptions,
) -> pl.DataFrame:
    """The pairs of `match` with band and decided_by.

    pairs: of `score.compete` with practice_id, left_list, right_list, tax_link. A person's judgement beats
    everything; then contradicting valid numbers forbid; then the thresholds decide. A record joined by a
    person takes part in no other join between the same lists. Of three products a join that would tie two
    records of one list together is asked.
    """
    judged = con.execute("select l, r, judgement from judged").pl()
    pairs = pairs.join(judged, on=["l", "r"], how="left", maintain_order="left")
    pairs = settle(pairs, pl.col("tax_link"))
    pairs = pairs.with_columns(veto=_veto(comparisons), identified=_identified(comparisons))
    likely = pl.max_horizontal("probability", _without_numbers(comparisons)) >= options.near
    pairs = pairs.filter(
        (pl.max_horizontal("probability", "settled") >= options.near)
        | (pl.col("veto") & likely)
        | pl.col("judgement").is_not_null()
        | pl.col("tax_link")
    )
    sure = pl.col("settled") >= pl.when("tax_link").then(_TAX_LINK).otherwise(options.exact)
    sure &= ~_doubtful(comparisons) | pl.col("tax_link")
    model_band = (
        pl.when(pl.col("veto") & ~pl.col("tax_link"))
        .then(pl.lit("rejected"))
        .when(sure & ~pl.col("within") & ~pl.col("veto"))
        .then(pl.lit("exact"))
        .otherwise(pl.lit("near"))
    )
    by_person = pl.col("judgement").replace_strict(
        {"match": "exact", "no_match": "rejected", "unsure": "near"}, return_dtype=pl.String
    )
    pairs = pairs.with_columns(band=pl.coalesce(by_person, model_band))
    pairs = _consistent(_beside_people(pairs))
    return pairs.with_columns(decided_by=_decided_by(comparisons, options.exact))


_FORBIDDING = {"tax_number": (3,), "business_number": (1, 3), "company_number": (2,)}
"""Levels at which two valid numbers, or two branches of one business number, exclude one client."""
_AGREEING = {"tax_number": (1,), "business_number": (2,), "company_number": (1,)}


def _at(comparisons: list[Comparison], levels: Mapping[str, tuple[int, ...]]) -> list[tuple[int, pl.Expr]]:
    """Number of each named comparison that is there, and whether it is at one of its levels."""
    return [(k, pl.col(f"c{k}").is_in(levels[c.name])) for k, c in enumerate(comparisons) if c.name in levels]


def _without_numbers(comparisons: list[Comparison]) -> pl.Expr:
    """Probability if the forbidding numbers had not been compared."""
    forbidden = [pl.when(at).then(f"w{k}").otherwise(0.0) for k, at in _at(comparisons, _FORBIDDING)]
    bits = pl.col("log_odds") * BITS - (pl.sum_horizontal(forbidden) if forbidden else 0.0)
    probability: pl.Expr = 1 / (1 + (-bits.clip(-60, 60) / BITS).exp())
    return probability


_BARE = {
    "given_name": (GIVEN.size - 1,),
    "family_name": (FAMILY.size - 1,),
    "organisation_name": (ORGANISATION.size - 1, ORGANISATION.size - 2),
}
"""Names that differ: spouses and sister companies share all else, so only a number or birth date can join."""
_OTHER_ENTITY = {"entity": (ENTITY.size - 1, ENTITY.size - 2), "organisation_name": (2, 3)}
"""Organisations of different structure, or with another number in the name: only a number can join."""


def _doubtful(comparisons: list[Comparison]) -> pl.Expr:
    """Whether a person has to be asked, however likely the pair: see the tables above."""
    born = [at for _, at in _at(comparisons, {"date_of_birth": (1,)})]
    same_birth = pl.any_horizontal(born) if born else pl.lit(False)
    bare, other = (
        pl.any_horizontal([at for _, at in _at(comparisons, table)] or [pl.lit(False)])
        for table in (_BARE, _OTHER_ENTITY)
    )
    return ((bare & ~same_birth) | other) & ~pl.col("identified")


def _veto(comparisons: list[Comparison]) -> pl.Expr:
    found = [at for _, at in _at(comparisons, _FORBIDDING)]
    return pl.any_horizontal(found) if found else pl.lit(False)


def _identified(comparisons: list[Comparison]) -> pl.Expr:
    found = [at for _, at in _at(comparisons, _AGREEING)]
    return pl.any_horizontal(found) if found else pl.lit(False)


def _beside_people(pairs: pl.DataFrame) -> pl.DataFrame:
    """A record that a person joined is spoken for: drop its other, unjudged pairs between the same lists."""
    spoken = (pl.col("judgement") == "match") & ~pl.col("within")
    taken = spoken.fill_null(False).any().over("l", "right_list") | spoken.fill_null(False).any().over(
        "r", "left_list"
    )
    return pairs.filter(pl.col("judgement").is_not_null() | pl.col("within") | ~taken)


def _consistent(pairs: pl.DataFrame) -> pl.DataFrame:
    """An HQ to Tax join stands only where no XPM client stands between, or the same one on both sides."""
    joined = pairs.filter((pl.col("band") == "exact") & ~pl.col("within"))
    by_lists = {
        lists: joined.filter((pl.col("left_list") == lists[0]) & (pl.col("right_list") == lists[1]))
        for lists in ((0, 1), (1, 2))
    }
    of_hq = by_lists[0, 1].select("l", via_hq="r_as").unique("l", keep="first", maintain_order=True)
    of_tax = by_lists[1, 2].select("r", via_tax="l_as").unique("r", keep="first", maintain_order=True)
    pairs = pairs.join(of_hq, on="l", how="left", maintain_order="left")
    pairs = pairs.join(of_tax, on="r", how="left", maintain_order="left")
    hq_tax = (pl.col("left_list") == 0) & (pl.col("right_list") == 2) & (pl.col("band") == "exact")
    between = pl.col("via_hq").is_not_null() | pl.col("via_tax").is_not_null()
    doubtful = (
        hq_tax & between & ~pl.col("via_hq").eq_missing(pl.col("via_tax")) & pl.col("judgement").is_null()
    )
    return pairs.with_columns(band=pl.when(doubtful).then(pl.lit("near")).otherwise("band")).drop(
        "via_hq", "via_tax"
    )


def _decided_by(comparisons: list[Comparison], exact: float) -> pl.Expr:
    needed = math.log(exact / (1 - exact)) * BITS
    by_link: pl.Expr = pl.lit(False)
    for k, comparison in enumerate(comparisons):
        if comparison.name == "sync_link":
            without = pl.col("log_odds") * BITS - pl.col(f"w{k}")
            by_link = (pl.col(f"c{k}") == 1) & (without < needed) & (pl.col("band") == "exact")
    return (
        pl.when(pl.col("judgement").is_not_null())
        .then(pl.lit("person"))
        .when(pl.col("veto") | (pl.col("identified") & (pl.col("band") == "exact")))
        .then(pl.lit("identifier"))
        .when(by_link)
        .then(pl.lit("sync_link"))
        .when("tax_link")
        .then(pl.lit("tax_uuid"))
        .otherwise(pl.lit("model"))
    )
