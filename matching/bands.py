"""From probabilities to bands: joined without asking, asked, or forbidden, and what decided it."""

import math
from collections.abc import Mapping

import duckdb
import polars as pl

from matching.comparison import Comparison
from matching.names import ENTITY, FAMILY, GIVEN, ORGANISATION
from matching.namesakes import same_name
from matching.options import SURE, MatchOptions
from matching.promise import kept_promise, one_partner
from matching.rivals import SAME, client_of, connected, marginals
from matching.score import BITS
from matching.twins import by_partners
from matching.vectors import STRATA

_TAX_LINK = 0.9
"""A Tax record's own link holds from this probability; below it a person is asked."""


def banded(
    con: duckdb.DuckDBPyConnection,
    pairs: pl.DataFrame,
    comparisons: list[Comparison],
    options: MatchOptions,
) -> pl.DataFrame:
    """The pairs of `match` with probability, band and decided_by.

    pairs: of `score.score` with practice_id, clients, left_list, right_list, left_state, right_state,
    tax_link. A person's judgement beats everything; then contradicting valid numbers forbid; then the promise
    decides what is joined, and `near` what is asked. A record joined to another list takes part in no other
    join or question with that list. Of three products a join that would tie two records of one list together
    is asked.
    """
    judged = con.execute("select l, r, judgement from judged").pl()
    pairs = _settled(pairs.join(judged, on=["l", "r"], how="left", maintain_order="left"))
    likely = pl.max_horizontal("probability", _without_numbers(comparisons)) >= options.near
    pairs = pairs.filter(
        (pl.max_horizontal("probability", "settled") >= options.near)
        | (pl.col("veto") & likely)
        | pl.col("judgement").is_not_null()
        | pl.col("tax_link")
    )
    pairs = _consistent(_beside_people(_model_bands(pairs, options)))
    # Of a joined pair the published probability is that of the join: its lesser twin in the list is no rival.
    # But what people said has no part in it.
    joined = (pl.col("band") == "exact") & pl.col("judgement").is_null() & pl.col("sure")
    ahead = joined & (~pl.col("heard") | (pl.col("probability") > 0.5))
    pairs = pairs.with_columns(probability=pl.when(ahead).then("settled").otherwise("probability"))
    return worth_asking(pairs).with_columns(decided_by=_decided_by(comparisons, options))


def with_probability(pairs: pl.DataFrame, comparisons: list[Comparison]) -> pl.DataFrame:
    """Adds probability, veto, identified, doubtful, and belief that two records of a list are one client.

    pairs: of `score.score` with left_list, right_list, tax_link.
    """
    pairs = pairs.with_columns(veto=_veto(comparisons), identified=_identified(comparisons))
    pairs = pairs.with_columns(doubtful=_doubtful(comparisons))
    usable = pl.col("within") & ~pl.col("veto") & ~pl.col("doubtful")
    pairs = pairs.with_columns(
        belief=pl.when(usable).then(1 / (1 + (-pl.col("log_odds")).exp())).otherwise(0.0)
    )
    nobody = pl.repeat(0.0, pairs.height, eager=True)
    pairs = pairs.with_columns(marginals(pairs, pairs["log_odds"], nobody, pairs["tax_link"]))
    pairs = pairs.with_columns(by_partners(pairs))
    return pairs.with_columns(
        belief=pl.when(usable).then(pl.min_horizontal("probability", "belief")).otherwise(0.0)
    )


def _settled(pairs: pl.DataFrame) -> pl.DataFrame:
    """Adds settled, the probability that a join by it is right, whether an answer is heard in it, and the
    clients l_as, r_as.

    Records of one list that are likely one client, or that people judged one, are no rivals of each other,
    and a pair that people refused is nobody's rival.
    """
    said = pl.col("judgement")
    one = pairs.filter(pl.col("within") & (said == "match"))
    client = client_of(pairs, one)
    pairs = pairs.with_columns(
        client.gather(pairs["l"]).alias("l_as"), client.gather(pairs["r"]).alias("r_as")
    )
    odds = pl.when(said == "match").then(math.inf).when(said == "no_match").then(-math.inf)
    same = pl.when(said == "match").then(1.0).when(said == "no_match").then(0.0)
    known = pairs.select(odds=odds.otherwise("log_odds"), same=same.otherwise("belief"))
    # Elsewhere nothing is known beyond what `probability` was worked out from.
    other = pairs.select(said.is_not_null() | (pl.col("within") & (known["same"] >= SAME))).to_series()
    rows = connected(pairs, other)
    settled = marginals(pairs[rows], known["odds"][rows], known["same"][rows], pairs["tax_link"][rows])
    heard = connected(pairs, pairs.select(said.is_not_null()).to_series())
    pairs = pairs.with_columns(
        settled=pairs["probability"].scatter(rows, settled),
        heard=pl.repeat(False, pairs.height, eager=True).scatter(heard, True),
    )
    unsaid = pl.col("within") & pl.col("judgement").is_null()
    return pairs.with_columns(settled=pl.when(unsaid).then("probability").otherwise("settled"))


_OF_PARTNERS = ("row", "l_as", "r_as", "left_list", "right_list", "log_odds", "left_state", "right_state")


def _model_bands(pairs: pl.DataFrame, options: MatchOptions) -> pl.DataFrame:
    """Adds band; leaves out pairs of records that are joined elsewhere in the other list."""
    between = ~pl.col("within") & ~pl.col("veto") & pl.col("judgement").is_null() & ~pl.col("tax_link")
    joinable = pairs.select(between & ~pl.col("doubtful")).to_series()
    pairs = pairs.with_columns(sure=kept_promise(pairs, joinable, options)).with_row_index("row")
    unsure = (pl.col("judgement") == "unsure").fill_null(False) & ~pl.col("within")
    partner = one_partner(pairs.filter(pl.col("sure") | unsure).select(*_OF_PARTNERS))
    pairs = pairs.join(partner.select("row", "chosen", "tied"), on="row", how="left", maintain_order="left")
    joined = pl.col("sure") & pl.col("chosen").fill_null(False) & ~pl.col("tied").fill_null(False)
    linked = pl.col("tax_link") & (pl.col("settled") >= _TAX_LINK) & ~pl.col("veto")
    model_band = (
        pl.when(pl.col("veto") & ~pl.col("tax_link"))
        .then(pl.lit("rejected"))
        .when(joined | linked)
        .then(pl.lit("exact"))
        .otherwise(pl.lit("near"))
    )
    by_person = pl.col("judgement").replace_strict(
        {"match": "exact", "no_match": "rejected", "unsure": "near"}, return_dtype=pl.String
    )
    return (
        pairs.with_columns(band=pl.coalesce(by_person, model_band))
        .with_columns(pl.col("tied").fill_null(False))
        .drop("row", "chosen")
    )


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
    "family_name": (FAMILY.size - 1, FAMILY.size - 2),
    "organisation_name": (ORGANISATION.size - 1, ORGANISATION.size - 2),
}
"""Names that differ: spouses and sister companies share all else, so only a number or birth date can join."""
_OTHER_GIVEN = {"given_name": (4, GIVEN.size - 1, GIVEN.size - 2)}
"""Another given name: twins share all else and the birth date too, so only a number can join."""
_OTHER_ENTITY = {"entity": (ENTITY.size - 1, ENTITY.size - 2), "organisation_name": (2, 3)}
"""Organisations of different structure, or with another number in the name: only a number can join."""


def _doubtful(comparisons: list[Comparison]) -> pl.Expr:
    """Whether a person has to be asked, however likely the pair: see the tables above.

    So it is where one may be a person or an organisation and the names are not the same: the firm that bears
    the founder's name shares all else with him and his trust.
    """
    born = [at for _, at in _at(comparisons, {"date_of_birth": (1,)})]
    same_birth = pl.any_horizontal(born) if born else pl.lit(False)
    bare, given, other = (
        pl.any_horizontal([at for _, at in _at(comparisons, table)] or [pl.lit(False)])
        for table in (_BARE, _OTHER_GIVEN, _OTHER_ENTITY)
    )
    kind = (pl.col("stratum") == STRATA.index("other")) & ~same_name(comparisons)
    return ((bare & ~same_birth) | given | other | kind) & ~pl.col("identified")


def _veto(comparisons: list[Comparison]) -> pl.Expr:
    found = [at for _, at in _at(comparisons, _FORBIDDING)]
    return pl.any_horizontal(found) if found else pl.lit(False)


def _identified(comparisons: list[Comparison]) -> pl.Expr:
    found = [at for _, at in _at(comparisons, _AGREEING)]
    return pl.any_horizontal(found) if found else pl.lit(False)


def _beside_people(pairs: pl.DataFrame) -> pl.DataFrame:
    """A record that is joined is spoken for: drop its other, unjudged pairs between the same lists.

    What a person joined speaks against other joins too.
    """
    joined = (pl.col("band") == "exact") & ~pl.col("within") & ~pl.col("tax_link")
    said = joined & (pl.col("judgement") == "match").fill_null(False)
    # The end of each pair, and the list that it looks into, as one number.
    pairs = pairs.with_columns(
        from_l=pl.col("l").cast(pl.Int64) * 3 + pl.col("right_list"),
        from_r=pl.col("r").cast(pl.Int64) * 3 + pl.col("left_list"),
    )
    taken, by_person = (
        pl.any_horizontal(
            pl.col(end).is_in(pl.col(end).filter(who).implode()) for end in ("from_l", "from_r")
        )
        for who in (joined, said)
    )
    open_still = (pl.col("band") == "near") & ~pl.col("tax_link")
    spare = by_person | (taken & open_still)
    kept = pairs.filter(pl.col("judgement").is_not_null() | pl.col("within") | ~spare)
    return kept.drop("from_l", "from_r")


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


def _decided_by(comparisons: list[Comparison], options: MatchOptions) -> pl.Expr:
    by_model = (pl.col("band") == "exact") & pl.col("judgement").is_null() & ~pl.col("tax_link")
    surely = options.exact or SURE
    needed = math.log(surely / (1 - surely)) if surely < 1 else math.inf
    by_link: pl.Expr = pl.lit(False)
    for k, comparison in enumerate(comparisons):
        if comparison.name == "sync_link":
            without = pl.col("log_odds") - pl.col(f"w{k}") / BITS
            by_link = (pl.col(f"c{k}") == 1) & by_model & (without < needed)
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


def worth_asking(pairs: pl.DataFrame) -> pl.DataFrame:
    """Without open pairs whose answer another question gives: of several between two clients the first stays.

    Clients are records as joined so far. Asked first are pairs of HQ and XPM, then the likelier ones.
    """
    if pairs.is_empty():
        return pairs
    client = client_of(pairs, pairs.filter(pl.col("band") == "exact"))
    ends = [client.gather(pairs[side]) for side in "lr"]
    asked = (pl.col("band") == "near") & pl.col("judgement").is_null() & ~pl.col("tax_link")
    asked_rows = pairs.select(
        "l", "r", asked=asked, one=pl.min_horizontal(*ends), two=pl.max_horizontal(*ends),
        later=(pl.col("left_list") != 0) | (pl.col("right_list") != 1), against=-pl.col("settled"),
    ).with_row_index("row").filter("asked").sort("later", "against", "l", "r")  # fmt: skip
    first = asked_rows.filter(pl.col("one") != pl.col("two")).unique(["one", "two"], keep="first")
    spare = asked_rows.join(first, on="row", how="anti")["row"]
    return pairs.filter(pl.repeat(True, pairs.height, eager=True).scatter(spare, False))
