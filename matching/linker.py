"""Linking two lists, and finding duplicates in one: `matching.link` and `matching.dedupe`."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

import duckdb
import polars as pl

from matching import alone, assign, copies, grouped, levels, silent
from matching.bare import is_bare
from matching.checks import check_lists, check_one_to_one, model_of, numbered
from matching.comparison import Comparison
from matching.copies import Copies
from matching.fields import prepare_fields
from matching.linking import Linking, comparisons_of, known_to, overlap_of, possible
from matching.marginal import FLOOR
from matching.model import Model
from matching.parallel import over
from matching.partners import clients, doubled, partnered, with_duplicates
from matching.prepare import Prepared
from matching.score import BITS
from matching.spec import MatchSpec
from matching.training import Observed
from transforms.sql import connect

OneToOne = bool | Literal["auto"]


def link(  # noqa: PLR0913, PLR0917  # the library's fixed surface
    left: pl.DataFrame,
    right: pl.DataFrame,
    spec: MatchSpec,
    id_column: str,
    one_to_one: OneToOne = "auto",
    model: Model | Path | str | None = None,
) -> pl.DataFrame:
    """Pairs of records of two lists that are likely the same.

    One row per pair: left_id, right_id (as in the lists, of their type), probability, is_match (the engine's
    own decision), weight (bits), and weight_<column> (bits) for every field of the specification; sorted by
    the ids. A clue that reads several fields, such as street, city and postcode, shows its bits at the first.
    Pairs without any clue that both records hold are not listed: nothing is known of them. No labels are
    needed; `model` uses a trained one, or a saved one by its file, of these fields or more. A field that is
    empty in all lists is no clue; nor, by a model, is one that was empty in all that it was trained on: its
    weights are 0. Where a name or a text is the only field nothing is trained, and no model used.
    `one_to_one` "auto" finds out whether a list holds duplicates. Where there are some, records that are one
    client share its partner; where there are many (always, with False), clusters of both lists decide, unless
    a model is given. Raises UsageError where a list, an option or the model cannot be used, for example a
    list that lacks a column or has an id twice, or a model that was trained without one of the fields.
    """
    check_one_to_one(one_to_one)
    check_lists({"left": left, "right": right}, spec, id_column)
    model = model_of(model)
    both = [Copies.of(frame, spec, id_column) for frame in (left, right)]
    with connect(threads=1) as con:
        linking = _linking(con, [one.kept for one in both], spec, id_column, model)
        pairs = _linked(linking, one_to_one, model, is_bare(spec))
    pairs = _with_ids(pairs, linking.prepared, *both)
    return _shown(pairs, linking.comparisons, spec)


def _linking(
    con: duckdb.DuckDBPyConnection,
    lists: Sequence[pl.DataFrame],
    spec: MatchSpec,
    id_column: str,
    model: Model | None,
) -> Linking:
    prepared = prepare_fields(lists, spec, id_column)
    if is_bare(spec):
        return Linking(con, prepared, comparisons_of(prepared)[:1])
    return Linking(
        con, prepared, known_to(model, prepared, spec.fields) if model else comparisons_of(prepared)
    )


def _linked(linking: Linking, wanted: OneToOne, model: Model | None, names_alone: bool) -> pl.DataFrame:
    """The pairs of two lists with probability and is_match."""
    if names_alone:
        pairs, observed, overlap = alone.scored(linking.prepared.frame, "cross"), None, 0.0
    else:
        pairs, model, observed = linking.scored("cross", model)
        overlap = overlap_of(model)
    pairs = _by_themselves(linking.with_lists(pairs))
    twice = doubled(pairs if wanted == "auto" else pairs.clear(), partial(linking.log_odds, model=model))
    parts = linking.prepared.frame["part_no"] if wanted is False else with_duplicates(pairs, twice)
    several = pl.col("part_no").is_in(parts.unique().implode())
    if model and linking.keys[1]:
        more = linking.of_the_rest(pairs.filter(~several))
        more_pairs = _by_themselves(linking.with_lists(linking.by_model(more, model)))
        pairs = pl.concat([pairs, more_pairs]).sort("l", "r")
        if observed:
            observed = replace(observed, candidates=pl.concat([observed.candidates, more]).sort("l", "r"))
    client = clients(linking.prepared.frame.height, twice)
    work: list[Callable[[], pl.DataFrame]] = [
        partial(partnered, pairs.filter(~several), linking.prepared.frame, overlap, client)
    ]
    full = pairs.filter(several)
    if full.height and observed:
        work.append(partial(_over_both, linking, full["part_no"].unique(), observed))
    else:
        work.append(lambda: full)
    done = over(lambda part: part(), work)
    return pl.concat(some.select(done[0].columns) for some in done)


def _over_both(linking: Linking, parts: pl.Series, between: Observed) -> pl.DataFrame:
    """Pairs of these partitions between two lists that hold duplicates, in view of the pairs inside them.

    Duplicates teach what matches look like, and clusters of both lists keep apart what single pairs join: a
    record that agrees with two of the other list who are not one client. `between`: of all partitions.
    """
    some = linking.prepared.frame.filter(pl.col("part_no").is_in(parts.implode()))
    inside = linking.observed("within", some)
    of_some = between.candidates.filter(pl.col("l").is_in(some["rid"].implode()))
    model, pairs = linking.trained([between, inside], pl.concat([of_some, inside.candidates]).sort("l", "r"))
    pairs = pairs.with_columns(log_odds=silent.log_odds(pairs, linking.comparisons))
    label = assign.clusters(linking.prepared.frame.height, pairs["l"], pairs["r"], pairs["log_odds"])
    pairs = pl.concat([pairs, linking.fellows(pairs, label, model)])
    return linking.with_lists(_in_clusters(pairs, label).filter(~pl.col("within")))


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
    is in one cluster, named by its smallest id. Of more than `copies.MOST` records equal in all that is
    compared, each further one stands beside the first, not beside the other copies; so it does in `link`.
    Errors as of `link`.
    """
    check_lists({"list": frame}, spec, id_column)
    model = model_of(model)
    held = Copies.of(frame, spec, id_column)
    with connect(threads=1) as con:
        linking = _linking(con, [held.kept], spec, id_column, model)
        if is_bare(spec):
            pairs = _by_themselves(alone.scored(linking.prepared.frame, "within"))
            label = alone.clusters(held.kept.height, pairs)
        else:
            pairs, *_ = linking.scored("within", model)
            pairs = pairs.with_columns(log_odds=silent.log_odds(pairs, linking.comparisons))
            label = assign.clusters(held.kept.height, pairs["l"], pairs["r"], pairs["log_odds"])
    pairs = _in_clusters(pairs, label)
    row = held.row.gather(linking.prepared.frame["id"])
    clusters = held.clusters(row, row.gather(label))
    pairs = _with_ids(pairs, linking.prepared, held)
    return _shown(pairs, linking.comparisons, spec), clusters


def train_model(lists: Sequence[pl.DataFrame], spec: MatchSpec, id_column: str) -> Model:
    """A model of one list or several, without labels, for `model` of `link` and `dedupe`, or to be saved.

    Raises UsageError where there is no list, are more than `checks.MOST_LISTS`, or one cannot be used.
    """
    check_lists(numbered(lists), spec, id_column)
    with connect(threads=1) as con:
        compared = [Copies.of(frame, spec, id_column).kept for frame in lists]
        prepared = prepare_fields(compared, spec, id_column)
        linking = Linking(con, prepared, comparisons_of(prepared))
        model = linking.scored("within" if len(lists) == 1 else "cross", None)[1]
    names = [comparison.name for comparison in possible(prepared, spec.fields)]
    return replace(model, unseen=[name for name in names if name not in model.levels])


def _by_themselves(pairs: pl.DataFrame) -> pl.DataFrame:
    return pairs.with_columns(probability=_probability(pairs["log_odds"])).with_columns(
        is_match=pl.col("probability") >= 0.5
    )


def _probability(log_odds: pl.Series) -> pl.Series:
    return 1 / (1 + (-log_odds.clip(-60, 60)).exp())


def _with_ids(
    pairs: pl.DataFrame, prepared: Prepared, left: Copies, right: Copies | None = None
) -> pl.DataFrame:
    """The pairs likely enough to be shown, with those of copies, and their ids; of one list or two."""
    pairs = pairs.filter(pl.col("probability") >= FLOOR)
    place, other = prepared.frame["id"], right or left
    pairs = pairs.with_columns(
        left.row.gather(place.gather(pairs["l"])).alias("left_row"),
        other.row.gather(place.gather(pairs["r"])).alias("right_row"),
    )
    pairs = copies.between(pairs, left, right) if right else copies.inside(pairs, left)
    return pairs.with_columns(
        left.ids.gather(pairs["left_row"]).alias("left_id"),
        other.ids.gather(pairs["right_row"]).alias("right_id"),
    )


def _shown(pairs: pl.DataFrame, comparisons: list[Comparison], spec: MatchSpec) -> pl.DataFrame:
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
