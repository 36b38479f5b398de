"""People's answers: policies, selections, judgements, organisation links."""

import datetime as dt

import polars as pl

from expectations.conform import conform
from transforms.sample.dice import Dice

_AT = dt.datetime(2024, 1, 10, 9, 30)


def _decided(practices: pl.DataFrame) -> pl.DataFrame:
    """practice and decided_by of the practices that may have decided anything: connected, with a policy."""
    chosen = (pl.col("policy") != "") & (pl.col("connection") == "confirmed")
    return practices.filter(chosen).select("practice", "practice_id", "decided_by", "policy", "decided_share")


def policies(practices: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Contract table `policies`: one decision a practice, some after an earlier one that it replaces."""
    dice = Dice(seed, "policies")
    chosen = practices.join(
        _decided(practices).select("practice"), on="practice", how="semi", maintain_order="left"
    )
    warnings = ["drops_working_clients", "orphans_organisations"]
    newest = chosen.select(
        "practice_id",
        policy="policy",
        fill_blanks="fill_blanks",
        acknowledged=pl.when("acknowledged")
        .then(pl.lit(warnings))
        .otherwise(pl.lit([], dtype=pl.List(pl.String))),
        confirmed="confirmed",
        decided_by="decided_by",
        decided_at=pl.lit(_AT, pl.Datetime("us")),
    )
    earlier = newest.filter(pl.Series(dice.chance(0.15, newest.height))).with_columns(
        policy=pl.lit("all_hq"),
        confirmed=pl.lit(False),
        decided_at=pl.lit(_AT - dt.timedelta(days=3), pl.Datetime("us")),
    )
    return conform(pl.concat([newest, earlier]), "policies")


def selections(truth: pl.DataFrame, practices: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Contract table `selections`: XPM of a pair, nearly every single client; some practices leave gaps.

    `truth` holds practice_id, product, source_id, entity_id.
    """
    dice = Dice(seed, "selections")
    chosen = _decided(practices).filter(pl.col("policy") == "selection").drop("practice", "policy")
    frame = truth.filter(pl.col("product") != "tax").join(chosen, on="practice_id", maintain_order="left")
    entity = ["practice_id", "entity_id"]
    n, hq = frame.height, pl.col("product") == "hq"
    first = pl.col("source_id") == pl.col("source_id").min().over([*entity, "product"])
    in_xpm = (~hq).any().over(entity)
    left_out = pl.Series(dice.chance(0.08, n)) & ~in_xpm
    frame = frame.with_columns(keep=first & ~(hq & in_xpm) & ~left_out).filter(
        pl.Series(dice.uniform(n)) < pl.col("decided_share")
    )
    return conform(
        frame.select(
            "practice_id",
            "product",
            "source_id",
            "keep",
            "decided_by",
            decided_at=pl.lit(_AT, pl.Datetime("us")),
        ),
        "selections",
    )


def matches(records: pl.DataFrame, practices: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Contract table `matches`: few true pairs confirmed, few relatives told apart, few left unsure."""
    dice = Dice(seed, "matches")
    first = records.filter(pl.col("copy") == 0).join(
        _decided(practices).select("practice", "decided_by"), on="practice", maintain_order="left"
    )
    hq = first.filter(pl.col("product") == "hq").select(
        "practice_id", "household", "role", "entity", "decided_by", left_id="source_id"
    )
    xpm = first.filter(pl.col("product") == "xpm").select(
        "household", right_entity="entity", right_role="role", right_id="source_id"
    )
    pairs = hq.join(xpm, on="household", maintain_order="left_right")
    same = pl.col("entity") == pl.col("right_entity")
    relatives = pl.col("role").is_in(["head", "namesake"]) & pl.col("right_role").is_in(["head", "namesake"])
    u = pl.Series(dice.uniform(pairs.height))
    judgement = (
        pl.when(same & (u < 0.008)).then(pl.lit("match"))
        .when(~same & relatives & (u < 0.5)).then(pl.lit("no_match"))
        .when(same & (u > 0.999)).then(pl.lit("unsure"))
    )  # fmt: skip
    frame = pairs.with_columns(judgement=judgement).filter(pl.col("judgement").is_not_null())
    return conform(
        frame.select(
            "practice_id", "left_id", "right_id", "judgement", "decided_by", left_product=pl.lit("hq"),
            right_product=pl.lit("xpm"), decided_at=pl.lit(_AT, pl.Datetime("us")),
        ),
        "matches",
    )  # fmt: skip


def organisation_links(hq: pl.DataFrame, practices: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Contract table `organisation_links`: few organisations said to be of their HQ client, few of none."""
    dice = Dice(seed, "organisation decisions")
    frame = hq.filter(pl.col("organisation_id").is_not_null()).join(
        _decided(practices).select("practice_id", "decided_by"), on="practice_id", maintain_order="left"
    )
    n = frame.height
    to_none = pl.Series(dice.chance(0.2, n))
    frame = frame.select(
        "practice_id",
        "organisation_id",
        product=pl.when(~to_none).then(pl.lit("hq")),
        source_id=pl.when(~to_none).then("hq_client_id"),
        decided_by="decided_by",
        decided_at=pl.lit(_AT, pl.Datetime("us")),
    ).filter(pl.Series(dice.chance(0.01, n)))
    return conform(frame, "organisation_links")
