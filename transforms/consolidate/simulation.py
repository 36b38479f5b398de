"""All three policies side by side, for every practice with both lists, chosen or not."""

from dataclasses import dataclass

import duckdb
import polars as pl
import polars.selectors as cs

from expectations.conform import conform
from transforms.consolidate.joined import Records
from transforms.consolidate.links import link_outlook
from transforms.consolidate.policy import POLICIES
from transforms.sql import Frames, run_sql

EXAMPLES = 20
"""Working clients that `policy_drop` names under a policy that drops them all and is not chosen."""

_BY_PRACTICE = (
    *("practices", "source_client", "match", "effective_organisation"),
    *("hq_contacts", "xpm_contacts", "contact_person", "contact_near", "hq_groups", "xpm_groups"),
)
_PEOPLE = ("person", "record", "left_person", "right_person")
# Of the widest tables only what `link_outlook` looks at: they would be held once for each policy.
_NARROW = {
    "source_client": ("product", "source_id", "name", "tax_number", "^organisation_.*$"),
    "match": ("left_product", "left_id", "right_product", "right_id", "band"),
}
_RELEVANT = {
    "source_client": pl.col("organisation_id").is_not_null() | pl.col("tax_number").is_not_null(),
    "match": pl.col("band") == "near",
}


@dataclass(frozen=True)
class Outlook:
    """What the policies would do, one row per policy and practice number each."""

    facts: pl.DataFrame
    """Counts of `policy.facts`, with practice_id."""
    lost: pl.DataFrame
    """field, lost: values that would not be published."""
    questions: list[pl.DataFrame]
    """Frames with one row per question."""
    chosen: pl.DataFrame
    """practice, policy: the chosen one of each practice that has one."""
    plan: pl.DataFrame
    dropped: pl.DataFrame
    """Working clients of `policy.dropped`."""


def followed(
    con: duckdb.DuckDBPyConnection, frames: Frames, records: Records, plan: pl.DataFrame, links: Frames
) -> pl.DataFrame:
    """Practice number × policy: what becomes of contacts, groups and organisations, in counts.

    `links`: of `link_tables` under the chosen policies. The others are carried out by the same rules, as if
    each were one more practice: nothing is estimated.
    """
    known = {"plan": plan, "record": records.record, "effective_policy": frames["effective_policy"]}
    fates = run_sql(con, "consolidate/alternatives", known)
    supposed = fates.select("practice_id", "policy", "own_id").unique()
    chosen = {**links, "link_fate": links["link_crosswalk"]}
    counts = pl.concat(
        _counted(con, found) for found in (chosen, link_outlook(con, _supposed(frames, supposed, fates)))
    )
    policy = frames["effective_policy"].select("practice_id", "policy", own_id="practice_id")
    named = pl.concat([policy, supposed]).join(counts, on="practice_id")  # one to one
    numbers = records.record.select("practice", own_id="practice_id").unique()
    return named.join(numbers, on="own_id").drop("practice_id", "own_id")  # many to one


def policy_simulation(
    con: duckdb.DuckDBPyConnection, frames: Frames, records: Records, outlook: Outlook, run_id: str
) -> pl.DataFrame:
    """Table `policy_simulation`. `frames`: `effective_policy`."""
    keys = ["practice", "policy"]
    questions = pl.concat(q.select(keys) for q in outlook.questions).group_by(keys).len("questions")
    rows = run_sql(
        con,
        "consolidate/simulation",
        {
            "record": records.record,
            "facts": outlook.facts,
            "effective_policy": frames["effective_policy"],
            "lost": _as_json(outlook.lost),
            "questions": questions.cast({"questions": pl.Int64}),
        },
    )
    return conform(rows.with_columns(run_id=pl.lit(run_id)), "policy_simulation")


def policy_drop(
    con: duckdb.DuckDBPyConnection, records: Records, outlook: Outlook, run_id: str
) -> pl.DataFrame:
    """Table `policy_drop`: what `drops_working_clients` warns of, client by client."""
    tables = {
        "plan": outlook.plan,
        "record": records.record.with_columns(name=records.clients["name"]),
        "chosen": outlook.chosen,
        "dropped": outlook.dropped,
    }
    rows = run_sql(con, "consolidate/drops", tables, {"run_id": run_id, "examples": EXAMPLES})
    return conform(rows, "policy_drop")


def _supposed(frames: Frames, supposed: pl.DataFrame, fates: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The frames of the practices as each policy that they did not choose would find them."""
    number = pl.col("policy").replace_strict({name: at for at, name in enumerate(POLICIES)})
    ids = supposed.select(supposed_id="practice_id", practice_id="own_id", policy_number=number)
    moved = {
        name: frames[name]
        .filter(_RELEVANT.get(name, pl.lit(True)))
        .select("practice_id", *_NARROW.get(name, (pl.exclude("practice_id"),)))
        .join(ids, on="practice_id")  # many to one per policy
        .with_columns(
            # People are numbered across practices, and each policy has its own.
            (cs.by_name(*_PEOPLE, require_all=False) * len(POLICIES) + pl.col("policy_number")).cast(
                pl.Int64
            ),
            practice_id=pl.col("supposed_id"),
        )
        .drop("supposed_id", "policy_number")
        for name in _BY_PRACTICE
    }
    return {**moved, "client_fate": fates, "effective_policy": supposed}


def _counted(con: duckdb.DuckDBPyConnection, found: Frames) -> pl.DataFrame:
    names = ("link_fate", "dropped_link", "link_questions", "organisation_link")
    return run_sql(con, "consolidate/followed", {name: found[name] for name in names})


def _as_json(lost: pl.DataFrame) -> pl.DataFrame:
    """practice, policy, values_lost: a JSON object of field and count."""
    pair = pl.concat_str(pl.lit('"'), "field", pl.lit('": '), "lost")
    inner = lost.group_by("practice", "policy").agg(pair.sort_by("field").str.join(", ").alias("inner"))
    text = pl.concat_str(pl.lit("{"), "inner", pl.lit("}"))
    return inner.select("practice", "policy", values_lost=text)
