"""What becomes of each client record under its practice's policy, and why."""

import duckdb
import polars as pl

from transforms.consolidate.ids import stable_ids
from transforms.consolidate.joined import Records, rows_at
from transforms.consolidate.policy import under_own_policy


def fates(
    con: duckdb.DuckDBPyConnection, records: Records, plan: pl.DataFrame, chosen: pl.DataFrame
) -> pl.DataFrame:
    """Table `client_fate` with `rid` (the row number) and `target` beside it.

    `chosen`: practice, policy. Records of a practice without one are pending.
    """
    of = records.record.select(
        "rid", "practice_id", "product", "product_name", "source_id", "state", "set_id"
    )
    planned = under_own_policy(plan, chosen)
    standing = of[planned["target"].drop_nulls().unique()]
    ids = standing.select(target="rid", client_id=stable_ids(con, standing, "c"))
    rows = of.hstack(planned.drop("rid", "practice", "set_id"))
    rows = rows.join(ids, on="target", how="left", maintain_order="left")  # many to at most one
    joined = of.select("product", "source_id")[rows["set_id"]]
    twin = rows_at(of.select("product", "product_name", "source_id", "state"), rows["target"])
    archived = ~pl.col("lives") | (pl.col("twin_state") == "archived")
    unified_state = pl.when(archived).then(pl.lit("archived")).otherwise(pl.lit("active"))
    rows = rows.with_columns(
        pl.col("outcome").fill_null("pending"),
        joined_id=pl.concat_str(joined["product"], joined["source_id"], separator=":"),
        twin=pl.format("{} client {}", twin["product_name"], twin["source_id"]),
        twin_product=twin["product"],
        twin_state=twin["state"],
    )
    return rows.select(
        *("rid", "target", "practice_id", "product", "source_id", "joined_id", "outcome", "client_id"),
        state=pl.when(pl.col("target").is_not_null()).then(unified_state),
        reason=pl.concat_str(_because(), pl.lit(_other_states(rows)), ignore_nulls=True),
    )


def _because() -> pl.Expr:
    state, outcome, tax = pl.col("state"), pl.col("outcome"), pl.col("product") == "tax"
    selection = pl.col("policy") == "selection"
    archived, excluded, survives = (outcome == name for name in ("archived", "excluded", "survivor"))
    its = "product_name"
    follows = pl.when("lives").then(pl.lit("kept.")).otherwise(pl.lit("archived."))
    return (
        pl.when(outcome == "pending")
        .then(pl.lit("The practice has no policy decision that counts yet."))
        .when(excluded & (state == "deleted"))
        .then(pl.format("It is deleted in {}.", its))
        .when(excluded & (state == "prospect"))
        .then(pl.format("It is a prospect in {}, not a client.", its))
        .when(excluded)
        .then(pl.lit("The client that it belongs to is deleted or a prospect."))
        .when(survives & tax)
        .then(pl.lit("Tax clients without a match are kept under every policy."))
        .when(survives & selection)
        .then(pl.lit("The selection keeps it."))
        .when(survives)
        .then(pl.format("The policy keeps every {} client.", its))
        .when(archived & pl.col("undecided"))
        .then(pl.lit("No selection decides on it yet: it is not kept until one does."))
        .when(archived & selection)
        .then(pl.lit("The selection keeps neither it nor a twin of it."))
        .when(archived)
        .then(pl.format("The policy keeps no {} clients, and no twin of it survives.", its))
        .when(tax)
        .then(pl.format("It follows {}, which is {}", "twin", follows))
        .when(pl.col("product") == pl.col("twin_product"))
        .then(pl.format("By people's answers it is one client with {}, which stands for both.", "twin"))
        .otherwise(pl.format("It is matched to {}, which is kept.", "twin"))
    )


def _other_states(rows: pl.DataFrame) -> pl.Series:
    """Text on survivors and merged records whose state at its source is not that of a record merged here."""
    tax = (pl.col("product") == "tax") | (pl.col("twin_product") == "tax")  # keeps no state of its own
    differs = (
        (pl.col("outcome") == "merged") & pl.col("lives") & ~tax & (pl.col("state") != pl.col("twin_state"))
    )
    merged = rows.filter(differs).select("rid", "target", "state", other="twin_state")
    standing = merged.group_by(rid="target").agg(other=pl.col("state").min())
    others = pl.concat([merged.select("rid", "other"), standing])
    survives = pl.col("outcome") == "survivor"
    closed = pl.when(survives, pl.col("state") == "archived").then(
        pl.lit(" It is archived at its source and stays so.")
    )
    others = rows.select("rid", "state", "outcome").join(others, on="rid", how="left", maintain_order="left")
    told = pl.when(survives | (pl.col("outcome") == "merged")).then(
        pl.format(" States differ: {} here, {} there.", "state", "other")
    )
    return others.select(pl.concat_str(closed, told, ignore_nulls=True)).to_series()
