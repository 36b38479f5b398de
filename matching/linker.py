"""Linking two lists, and finding duplicates in one: `matching.link` and `matching.dedupe`."""

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import duckdb
import polars as pl

from expectations.errors import UsageError
from matching import alone, assign, free, grouped, levels, silent, vectors
from matching.bare import is_bare
from matching.blocking import candidates, keys_for
from matching.buckets import Scope
from matching.checks import check_list, check_one_to_one, model_of
from matching.comparison import Comparison
from matching.fields import prepare_fields
from matching.marginal import MOST_BOOST, marginals, unpaired
from matching.model import Model
from matching.parallel import over
from matching.prepare import Prepared
from matching.score import BITS, score
from matching.spec import MatchSpec
from matching.training import Observed, fitted, observe
from transforms.sql import connect

FLOOR = 0.001
"""Pairs of a lower probability are not returned."""
_DUPLICATES = 0.05
"""A list of which more than this share has two sure partners is taken to hold duplicates."""
_SURE = 0.95
"""Probability from which a partner is sure."""
_USUAL = 20
"""Records of belief in the share of duplicates that is usual, against that of one partition."""


def link(  # noqa: PLR0913, PLR0917  # the library's fixed surface
    left: pl.DataFrame,
    right: pl.DataFrame,
    spec: MatchSpec,
    id_column: str,
    one_to_one: bool | Literal["auto"] = "auto",
    model: Model | Path | str | None = None,
) -> pl.DataFrame:
    """Pairs of records of two lists that are likely the same.

    One row per pair: left_id, right_id (as in the lists, of their type), probability, is_match (the engine's
    own decision), weight (bits), and weight_<column> (bits) for every field of the specification; sorted by
    the ids. A clue that reads several fields, such as street, city and postcode, shows its bits at the first.
    Pairs without any clue that both records hold are not listed: nothing is known of them. No labels are
    needed; `model` uses a trained one, or a saved one by its file. `one_to_one` "auto" finds out whether a
    list holds duplicates. Where one may (always, with False), clusters of both lists decide, unless a model
    is given. Raises UsageError where a list, an option or the model cannot be used, for example a list that
    lacks a column or has an id twice.
    """
    check_one_to_one(one_to_one)
    for name, frame in (("left", left), ("right", right)):
        check_list(frame, spec, id_column, name)
    model = model_of(model)
    with connect(threads=1) as con:
        prepared = prepare_fields(con, [left, right], spec, id_column)
        comparisons = comparisons_of(prepared)
        observed, overlap = None, 0.0
        if is_bare(spec):
            comparisons, pairs = comparisons[:1], alone.scored(prepared.frame, "cross")
        else:
            pairs, trained, observed = _scored(con, prepared, comparisons, "cross", model)
            overlap = max(stratum.overlap for stratum in trained.strata.values())
        pairs = _by_themselves(_with_lists(pairs, prepared))
        single = pl.repeat(one_to_one is True, pairs.height, eager=True)
        if one_to_one == "auto":
            single = _duplicate_free(pairs)
        decided = [partial(_one_to_one, pairs.filter(single), prepared, overlap)] if single.any() else []
        several = pairs.filter(~single)
        if several.height and observed:
            parts = several["part_no"].unique()
            decided.append(partial(_over_both, con, prepared, comparisons, parts, observed))
        elif several.height or not decided:
            decided.append(lambda: several)
        found = over(lambda decide: decide(), decided)
    pairs = pl.concat(some.select(found[0].columns) for some in found)
    pairs = _with_ids(pairs, prepared, left[id_column], right[id_column])
    return _shown(pairs, comparisons, spec)


def _over_both(
    con: duckdb.DuckDBPyConnection,
    prepared: Prepared,
    comparisons: list[Comparison],
    parts: pl.Series,
    between: Observed,
) -> pl.DataFrame:
    """Pairs of these partitions between two lists that hold duplicates, in view of the pairs inside them.

    Duplicates teach what matches look like, and clusters of both lists keep apart what single pairs join: a
    record that agrees with two of the other list who are not one client. `between`: of all partitions.
    """
    some = prepared.frame.filter(pl.col("part_no").is_in(parts.implode()))
    _propose(con, prepared, "within", some)
    inside = observe(con, prepared, comparisons, "within", some)
    model = fitted([between, inside], comparisons, cautiously=True)
    of_some = between.candidates.filter(pl.col("l").is_in(some["rid"].implode()))
    compared = pl.concat([of_some, inside.candidates]).sort("l", "r")
    pairs = _known(score(compared, comparisons, model), comparisons)
    pairs = pairs.with_columns(log_odds=silent.log_odds(pairs, comparisons))
    label = assign.clusters(prepared.frame.height, pairs["l"], pairs["r"], pairs["log_odds"])
    between_lists = ~pl.col("within")
    return _with_lists(_in_clusters(pairs, label).filter(between_lists), prepared)


def _in_clusters(pairs: pl.DataFrame, label: pl.Series) -> pl.DataFrame:
    """Pairs with is_match and probability in view of the clusters they make up; label: of each record."""
    return pairs.with_columns(
        is_match=label.gather(pairs["l"]) == label.gather(pairs["r"]),
        probability=_probability(grouped.log_odds(pairs, label)),
    )


def dedupe(
    frame: pl.DataFrame, spec: MatchSpec, id_column: str, model: Model | Path | str | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Pairs inside one list that are likely the same, and clusters (id, cluster_id).

    Pairs as of `link`; their probability takes the clusters into account, their weight does not. Each record
    is in one cluster, named by its smallest id. Errors as of `link`.
    """
    check_list(frame, spec, id_column, "list")
    model = model_of(model)
    with connect(threads=1) as con:
        prepared = prepare_fields(con, [frame], spec, id_column)
        comparisons = comparisons_of(prepared)
        if is_bare(spec):
            comparisons, pairs = comparisons[:1], alone.scored(prepared.frame, "within")
        else:
            pairs, *_ = _scored(con, prepared, comparisons, "within", model)
            pairs = pairs.with_columns(log_odds=silent.log_odds(pairs, comparisons))
    pairs = _by_themselves(_with_lists(pairs, prepared))
    if is_bare(spec):
        label = alone.clusters(frame.height, pairs)
    else:
        label = assign.clusters(frame.height, pairs["l"], pairs["r"], pairs["log_odds"])
    pairs = _in_clusters(pairs, label)
    ids = frame[id_column].sort().gather(prepared.frame["id"])
    clusters = pl.DataFrame({"id": ids, "cluster_id": ids.gather(label)}).sort("id")
    pairs = _with_ids(pairs, prepared, frame[id_column], frame[id_column])
    return _shown(pairs, comparisons, spec), clusters


def train_model(lists: Sequence[pl.DataFrame], spec: MatchSpec, id_column: str) -> Model:
    """A model of one list or several, without labels, for `model` of `link` and `dedupe`, or to be saved.

    Raises UsageError where there is no list, or one cannot be used.
    """
    if not lists:
        raise UsageError("no list to train on; give one, or several that hold the same clients")
    for number, frame in enumerate(lists, 1):
        check_list(frame, spec, id_column, f"list {number}")
    scope: Scope = "within" if len(lists) == 1 else "cross"
    with connect(threads=1) as con:
        prepared = prepare_fields(con, lists, spec, id_column)
        comparisons = comparisons_of(prepared)
        _propose(con, prepared, scope)
        return fitted([observe(con, prepared, comparisons, scope)], comparisons, cautiously=True)


def _propose(
    con: duckdb.DuckDBPyConnection, prepared: Prepared, scope: Scope, frame: pl.DataFrame | None = None
) -> None:
    """Candidates of all records, or of those of `frame`."""
    keys = keys_for(prepared.filled, prepared.free, prepared.is_sparse)
    candidates(con, prepared.frame if frame is None else frame, keys, scope)


def comparisons_of(prepared: Prepared) -> list[Comparison]:
    """The comparisons that the prepared columns allow."""
    kinds = {"identifier": free.identifier, "masked": free.masked, "category": free.category}
    kinds |= {"year": free.year, "text": free.text}
    return levels.of_columns(prepared.filled) + [kinds[kind](column) for column, kind in prepared.free]


def _scored(
    con: duckdb.DuckDBPyConnection,
    prepared: Prepared,
    comparisons: list[Comparison],
    scope: Scope,
    model: Model | None,
) -> tuple[pl.DataFrame, Model, Observed | None]:
    """The candidates by a model, the model, and what it was trained on, where none is given."""
    _propose(con, prepared, scope)
    observed = None
    if model is None:
        observed = observe(con, prepared, comparisons, scope)
        model, compared = fitted([observed], comparisons, cautiously=True), observed.candidates
    else:
        compared = vectors.compare(
            con, "candidate", prepared.records, comparisons, "structure" in prepared.filled
        )
    return _known(score(compared, comparisons, model), comparisons), model, observed


def _known(scored: pl.DataFrame, comparisons: list[Comparison]) -> pl.DataFrame:
    # The belief that nearly everybody has a partner would make a match of a pair that nothing is known of.
    return scored.filter(
        pl.any_horizontal(pl.lit(False), *(pl.col(f"c{k}") > 0 for k in range(len(comparisons))))
    )


def _with_lists(pairs: pl.DataFrame, prepared: Prepared) -> pl.DataFrame:
    lists = prepared.frame["list"]
    return pairs.with_columns(
        prepared.frame["part_no"].gather(pairs["l"]).alias("part_no"),
        lists.gather(pairs["l"]).alias("left_list"),
        lists.gather(pairs["r"]).alias("right_list"),
    )


def _one_to_one(pairs: pl.DataFrame, prepared: Prepared, overlap: float) -> pl.DataFrame:
    """The pairs where each record has one partner at most; log_odds with the belief in partners.

    Pairs that this belief does not lift to `FLOOR` are left out, and are nobody's rivals.
    """
    keys = ["part_no", "left_list", "right_list"]
    sizes = prepared.frame.group_by("part_no", "list").agg(n=pl.len())
    ends = pairs.with_row_index("row").select("row", "l", "r", *keys, "log_odds")
    expected = None
    # How many have a partner is told by the likely pairs, and tells then how likely all are.
    likely = pl.col("log_odds") > math.log(FLOOR)
    for some in (ends.filter(likely), ends):
        boosts = some.select(keys).join(
            unpaired(sizes, overlap, expected), on=keys, how="left", maintain_order="left"
        )
        scored = some.with_columns(pl.col("log_odds") + boosts["boost"]).filter(likely)
        odds = scored["log_odds"].clip(-60, 60).exp()
        scored = scored.with_columns(marginals(scored["l"], scored["r"], odds))
        expected = scored.group_by(keys).agg(matches=pl.col("probability").sum())
    chosen = assign.one_to_one(scored.select("l", "r", weight=pl.col("log_odds")))
    return pairs[scored["row"]].with_columns(
        scored["log_odds"], scored["probability"], is_match=chosen & (scored["probability"] >= 0.5)
    )


def _duplicate_free(pairs: pl.DataFrame) -> pl.Series:
    """Whether neither list of each pair's partition holds duplicates: hardly a record has two sure partners.

    A small partition is judged by its own records and by what is usual.
    """
    sure = pairs.filter(pl.col("probability") >= _SURE)
    shares = []
    for side in ("l", "r"):
        records = sure.group_by("part_no", side).agg(several=pl.len() > 1)
        usual = float(records["several"].mean() or 0.0) if records.height else 0.0  # type: ignore[arg-type]
        share = (pl.col("several").sum() + _USUAL * usual) / (pl.len() + _USUAL)
        shares.append(records.group_by("part_no").agg(share.alias("share")))
    full = pl.concat(shares).filter(pl.col("share") > _DUPLICATES)["part_no"]
    return ~pairs["part_no"].is_in(full.implode())


def _by_themselves(pairs: pl.DataFrame) -> pl.DataFrame:
    return pairs.with_columns(probability=_probability(pairs["log_odds"])).with_columns(
        is_match=pl.col("probability") >= 0.5
    )


def _probability(log_odds: pl.Series) -> pl.Series:
    return 1 / (1 + (-log_odds.clip(-60, 60)).exp())


def _with_ids(pairs: pl.DataFrame, prepared: Prepared, left: pl.Series, right: pl.Series) -> pl.DataFrame:
    """Adds left_id and right_id out of the ids of the left and the right list."""
    place = prepared.frame["id"]
    return pairs.with_columns(
        left.sort().gather(place.gather(pairs["l"])).alias("left_id"),
        right.sort().gather(place.gather(pairs["r"])).alias("right_id"),
    )


def _shown(pairs: pl.DataFrame, comparisons: list[Comparison], spec: MatchSpec) -> pl.DataFrame:
    pairs = pairs.filter(pl.col("probability") >= FLOOR)
    by_field: dict[str, list[str]] = {field.column: [] for field in spec.fields}
    for k, comparison in enumerate(comparisons):
        by_field[levels.field_of(comparison, spec.fields)].append(f"w{k}")
    weights = [
        (pl.sum_horizontal(names) if names else pl.lit(0.0)).alias(f"weight_{column}")
        for column, names in by_field.items()
    ]
    shown = pairs.select(
        "left_id",
        "right_id",
        "probability",
        "is_match",
        (pl.col("log_odds") * BITS).alias("weight"),
        *weights,
    )
    return shown.sort("left_id", "right_id")
