"""Linking two lists, and finding duplicates in one: `matching.link` and `matching.dedupe`."""

from typing import Literal

import duckdb
import polars as pl

from expectations.errors import UsageError
from matching import alone, assign, free, levels, vectors
from matching.bare import is_bare
from matching.blocking import Scope, candidates, keys_for
from matching.comparison import Comparison
from matching.em import fit
from matching.model import Model
from matching.prepare import Prepared, prepare_fields
from matching.score import BITS, compete, score
from matching.spec import MatchSpec
from matching.vectors import STRATA
from transforms.sql import connect

FLOOR = 0.001
"""Pairs of a lower probability are not returned."""
_SAMPLE = 400_000
"""Non-candidate pairs drawn for training, about."""
_DUPLICATES = 0.05
"""A list of which more than this share has two strong partners is taken to hold duplicates."""


def link(  # noqa: PLR0913, PLR0917  # the library's fixed surface
    left: pl.DataFrame,
    right: pl.DataFrame,
    spec: MatchSpec,
    id_column: str,
    one_to_one: bool | Literal["auto"] = "auto",
    model: Model | None = None,
) -> pl.DataFrame:
    """Pairs of records of two lists that are likely the same.

    One row per pair: left_id, right_id, probability, is_match (the engine's own decision), weight (bits), and
    weight_<column> (bits) for every field of the specification; sorted by the ids. A clue that reads several
    fields, such as street, city and postcode, shows its bits at the first. No labels are needed; `model` uses
    a trained one. `one_to_one` "auto" finds out whether a list holds duplicates. Raises UsageError where a
    list lacks a column or ids are double or empty.
    """
    for name, frame in (("left", left), ("right", right)):
        _check(frame, spec, id_column, name)
    with connect() as con:
        prepared = prepare_fields(con, [left, right], spec, id_column)
        comparisons = comparisons_of(prepared)
        if is_bare(spec):
            comparisons, pairs = comparisons[:1], alone.scored(prepared.frame, "cross")
        else:
            pairs, _ = _scored(con, prepared, comparisons, "cross", model)
    pairs = _with_lists(pairs, prepared)
    if one_to_one == "auto":
        one_to_one = not _holds_duplicates(pairs)
    if one_to_one:
        pairs = compete(pairs)
        chosen = assign.one_to_one(pairs.select("l", "r", weight=pl.col("log_odds")))
        pairs = pairs.with_columns(is_match=chosen & (pl.col("probability") >= 0.5))
    else:
        pairs = _alone(pairs)
    return _shown(pairs, prepared, comparisons, spec)


def dedupe(
    frame: pl.DataFrame, spec: MatchSpec, id_column: str, model: Model | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Pairs inside one list that are likely the same, and clusters (id, cluster_id).

    Pairs as of `link`. Each record is in one cluster, named by its smallest id. Errors as of `link`.
    """
    _check(frame, spec, id_column, "list")
    with connect() as con:
        prepared = prepare_fields(con, [frame], spec, id_column)
        comparisons = comparisons_of(prepared)
        if is_bare(spec):
            comparisons, pairs = comparisons[:1], alone.scored(prepared.frame, "within")
        else:
            pairs, _ = _scored(con, prepared, comparisons, "within", model)
    pairs = _alone(_with_lists(pairs, prepared))
    joined = pairs.filter("is_match")
    if is_bare(spec):
        label = alone.clusters(frame.height, pairs)
    else:
        label = assign.clusters(
            frame.height, joined["l"].cast(pl.Int64).to_numpy(), joined["r"].cast(pl.Int64).to_numpy()
        )
    ids = prepared.frame["id"]
    clusters = pl.DataFrame({"id": ids, "cluster_id": ids.gather(label)}).sort("id")
    return _shown(pairs, prepared, comparisons, spec), clusters


def train(
    con: duckdb.DuckDBPyConnection, prepared: Prepared, comparisons: list[Comparison], scope: Scope
) -> tuple[Model, pl.DataFrame]:
    """A model fitted to the candidates in `con`, and their comparison vectors."""
    stratified = "structure" in prepared.filled
    compared = vectors.compare(con, "candidate", comparisons, stratified)
    draws = max(2, min(50, _SAMPLE // max(prepared.frame.height, 1)))
    vectors.sample_others(con, prepared.frame.select("rid", "part_no", "list"), scope, draws)
    others = vectors.compare(con, "other", comparisons, stratified)
    weight = (vectors.total_pairs(con, scope) - compared.height) / max(others.height, 1)
    strata = {}
    for i, name in enumerate(STRATA if stratified else STRATA[:1]):
        of_kind = pl.col("stratum") == i
        data = vectors.stack(
            [
                vectors.to_vectors(compared.filter(of_kind), comparisons, 1.0),
                vectors.to_vectors(others.filter(of_kind), comparisons, max(weight, 0.0)),
            ]
        )
        entities = {0: (1,), 1: (2,)}.get(i) if stratified else None
        strata[name] = fit(comparisons, data, vectors.space(con, entities))
    sentences = {c.name: list(c.sentences) for c in comparisons}
    return Model(strata, levels=sentences), compared


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
) -> tuple[pl.DataFrame, Model]:
    candidates(con, keys_for(prepared.filled, prepared.free), scope)
    if model is None:
        model, compared = train(con, prepared, comparisons, scope)
    else:
        compared = vectors.compare(con, "candidate", comparisons, "structure" in prepared.filled)
    return score(compared, comparisons, model), model


def _with_lists(pairs: pl.DataFrame, prepared: Prepared) -> pl.DataFrame:
    lists = prepared.frame["list"]
    return pairs.with_columns(
        lists.gather(pairs["l"]).alias("left_list"), lists.gather(pairs["r"]).alias("right_list")
    )


def _holds_duplicates(pairs: pl.DataFrame) -> bool:
    strong = pairs.filter(pl.col("log_odds") > 3)
    if not strong.height:
        return False
    return any(
        (strong.group_by(side).len()["len"] > 1).sum() > _DUPLICATES * strong[side].n_unique()
        for side in "lr"
    )


def _alone(pairs: pl.DataFrame) -> pl.DataFrame:
    probability = 1 / (1 + (-pl.col("log_odds").clip(-60, 60)).exp())
    return pairs.with_columns(probability.alias("probability")).with_columns(
        is_match=pl.col("probability") >= 0.5
    )


def _shown(
    pairs: pl.DataFrame, prepared: Prepared, comparisons: list[Comparison], spec: MatchSpec
) -> pl.DataFrame:
    pairs = pairs.filter(pl.col("probability") >= FLOOR)
    ids = prepared.frame["id"]
    by_field: dict[str, list[str]] = {field.column: [] for field in spec.fields}
    for k, comparison in enumerate(comparisons):
        by_field[levels.field_of(comparison, spec.fields)].append(f"w{k}")
    weights = [
        (pl.sum_horizontal(names) if names else pl.lit(0.0)).alias(f"weight_{column}")
        for column, names in by_field.items()
    ]
    shown = pairs.select(
        ids.gather(pairs["l"]).alias("left_id"),
        ids.gather(pairs["r"]).alias("right_id"),
        "probability",
        "is_match",
        (pl.col("log_odds") * BITS).alias("weight"),
        *weights,
    )
    return shown.sort("left_id", "right_id")


def _check(frame: pl.DataFrame, spec: MatchSpec, id_column: str, name: str) -> None:
    wanted = [id_column, *([spec.partition] if spec.partition else []), *[f.column for f in spec.fields]]
    missing = [column for column in wanted if column not in frame.columns]
    if missing:
        raise UsageError(f"{name}: no column {', '.join(missing)}; it has {', '.join(frame.columns)}")
    ids = frame[id_column]
    if ids.null_count() or ids.n_unique() < frame.height:
        raise UsageError(
            f"{name}: column {id_column} holds empty or double ids; each record needs one of its own"
        )
