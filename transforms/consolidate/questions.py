"""Table `review_item`: the questions in words, with the records they are about, by what an answer unlocks.

Rank. Questions that block come first, because their answers unlock a whole practice; then families (the
connected questions on the same clients, which a person answers together) by clients per minute; inside a
family the quicker question. Between practices `scr review` goes by the clients of a practice per minute of
all that blocks it, so that one answer left goes before twenty.
"""

from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from expectations.conform import conform
from expectations.contracts import table
from transforms.consolidate.ids import md5
from transforms.consolidate.joined import Records, rows_at
from transforms.consolidate.shown import entity_of, shown_records
from transforms.sql import Frames, run_sql

MINUTES = {
    "selection": 0.5,
    "match": 1.0,
    "duplicate": 1.0,
    "contact": 1.0,
    "group": 1.0,
    "tax_link": 2.0,
    "organisation": 2.0,
    "shared_tax_number": 3.0,
}
"""Minutes that an answer takes, our assumption: two records side by side one, a look into a product more."""

_KEY = ("practice_id", "product", "source_id")
_TOLD = {
    "survivor": " survives",
    "archived": " is archived",
    "excluded": " stays left out",
    "undecided": " waits for a selection",
}
_LINKS = ("unified_contact", "client_contact", "unified_group", "link_questions")


@dataclass(frozen=True)
class Chosen:
    """What stands under the chosen policies."""

    asked: pl.DataFrame
    """Questions on clients: the result of `review.chosen_questions`."""
    plan: pl.DataFrame
    policy: pl.DataFrame
    """practice, policy: one row per practice with one."""
    waiting: pl.DataFrame
    """practice_id of those with a list that was not taken: nothing is asked that the list may answer."""


def review_item(
    con: duckdb.DuckDBPyConnection, records: Records, chosen: Chosen, links: Frames, run_id: str
) -> pl.DataFrame:
    """Table `review_item`. `links`: `link_questions`, and the tables of contacts and groups.

    Raises ContractError where it would not have the shape of its contract.
    """
    links = {name: links[name] for name in _LINKS}
    said = [_on_clients(con, records, chosen.asked), _on_links(con, records, chosen, links)]
    rows = pl.concat(said, how="diagonal").join(chosen.waiting, on="practice_id", how="anti")
    rows = rows.join(_ranking(records, rows, links), on="item_id")  # one to one
    shown = shown_records(records, rows, links)
    for side in ("left", "right"):
        found = shown.rename({name: f"{side}_{name}" for name in ("product", "source_id", "shown")})
        found = found.rename({f"{side}_source_id": f"{side}_id", f"{side}_shown": f"{side}_record"})
        entity = entity_of(pl.col("kind")).alias("entity")
        key = ["practice_id", "entity", f"{side}_product", f"{side}_id"]
        rows = rows.with_columns(entity).join(found, on=key, how="left")  # many to at most one
    return conform(rows.select(*_stamped(con, rows), run_id=pl.lit(run_id)), "review_item")


def _stamped(con: duckdb.DuckDBPyConnection, rows: pl.DataFrame) -> list[pl.Series | pl.Expr]:
    """The columns of the table, with the hash that tells when the records of a question have changed."""
    words = [pl.col(name).list.join(";") for name in ("answers", "others")]
    # Of what is shown alone, where tax numbers are masked: so no number can be guessed from it.
    parts = ["left_record", pl.col("right_record").fill_null(""), words[0], words[1].replace("", None)]
    subject = rows.select(pl.concat_str(parts, separator="|", ignore_nulls=True)).to_series()
    made = {
        "subject_hash": "v_" + md5(con, subject).str.head(16),
        "family": "f_" + md5(con, rows["family_key"]).str.head(12),
        "others": rows["others"].fill_null([]),
    }
    names = [name for name in table("review_item").names if name != "run_id"]
    return [made[name].alias(name) if name in made else pl.col(name) for name in names]


def _on_clients(con: duckdb.DuckDBPyConnection, records: Records, asked: pl.DataFrame) -> pl.DataFrame:
    names = ("left", "right", "no_left", "no_right", "through")
    left, right, no_left, no_right, through = (_named(records, asked[f"{name}_rid"]) for name in names)
    spoken = asked.with_columns(
        left["practice_id"],
        left_product=left["product"],
        left_id=left["source_id"],
        right_product=right["product"],
        right_id=right["source_id"],
        both_called=_both(left["called"], right["called"]),
        kept_apart=_both(no_left["called"], no_right["called"]),
        through_called=through["called"],
        works=right["works"].zip_with(right["works"].is_not_null(), left["works"]),
        **{f"told_{when}": _told(records, asked, (left, right), when) for when in ("then", "now")},
    )
    said = run_sql(con, "consolidate/review", {"asked": spoken})
    return run_sql(con, "consolidate/consequences", {"said": said})


def _named(records: Records, rids: pl.Series) -> pl.DataFrame:
    """Key, `works` and `called` of the records of the row numbers `rids`."""
    columns = ("practice_id", "product", "source_id", "product_name", "works")
    rows = rows_at(records.record.select(columns), rids)
    name = records.clients["name"].gather(rids)
    called = pl.format('{} client "{}"', "product_name", pl.coalesce(name, "source_id"))
    return rows.with_columns(called=called)


def _both(one: pl.Series, other: pl.Series) -> pl.Series:
    return pl.select(pl.concat_str(one, other, separator=" and ", ignore_nulls=True)).to_series()


def _told(
    records: Records, asked: pl.DataFrame, subjects: tuple[pl.DataFrame, pl.DataFrame], when: str
) -> pl.Series:
    """What becomes of the two records of a question, `then` after a yes or `now`; null where nothing is."""
    parts = []
    for side, subject in zip(("left", "right"), subjects, strict=True):
        outcome, target = pl.col(f"{side}_{when}"), _named(records, asked[f"{side}_{when}_rid"])["called"]
        merged = pl.when(outcome == "merged").then(pl.concat_str(pl.lit(" is merged into "), target))
        plain = outcome.replace_strict(_TOLD, default=None, return_dtype=pl.String)
        parts.append(pl.concat_str(subject["called"], pl.coalesce(plain, merged)))
    told = asked.select(pl.concat_str(parts, separator=", ", ignore_nulls=True).replace("", None))
    return told.to_series()


def _on_links(
    con: duckdb.DuckDBPyConnection, records: Records, chosen: Chosen, links: Frames
) -> pl.DataFrame:
    """Those on an organisation are answered with a client; those on contacts and groups in the products."""
    asked = pl.col("organisation_id").is_in(links["link_questions"]["organisation_id"].unique().implode())
    holder = records.holder.filter(asked, ~pl.col("decided"))
    living = chosen.plan.filter("lives", pl.col("rid").is_in(holder["rid"].implode()))
    living = living.join(chosen.policy, on=["practice", "policy"], how="semi").select("rid", "target")
    rids = holder["rid"].unique()
    whose = {"record": _named(records, rids).with_columns(rids), "holder": holder, "plan": living}
    answers = run_sql(con, "consolidate/organisation_answers", whose)
    key = ["practice_id", "organisation_id"]
    found = links["link_questions"].join(answers, on=key, how="left", suffix="_of_answers")  # to at most one
    return found.with_columns(
        pl.col("answers").fill_null(pl.lit([], dtype=pl.List(pl.String))),
        consequences=pl.coalesce("consequences_of_answers", "consequences"),
    ).drop("consequences_of_answers", "run_id")


def _ranking(records: Records, said: pl.DataFrame, links: Frames) -> pl.DataFrame:
    """item_id, family_key, minutes, unlocks_per_minute, rank: one row per question."""
    concerned = _concerned(records, said, links)
    question = said.select("practice_id", "item_id", "kind", "blocking")
    question = question.join(_families(said["item_id"].sort(), concerned, records.record), on="item_id")
    minutes = pl.col("kind").replace_strict(MINUTES, return_dtype=pl.Float64)
    family = ["practice_id", "blocking", "family_key"]
    # A question on groups counts as one client.
    clients = (
        pl.col("set_id").drop_nulls().n_unique() + pl.col("item_id").filter(pl.col("set_id").is_null()).len()
    )
    members = question.join(concerned, on="item_id", how="left")  # one to many
    per_minute = (pl.col("clients") / pl.col("minutes_right")).round(6, mode="half_away_from_zero")
    question = question.with_columns(minutes=minutes)
    ladder = (
        question.join(question.group_by(family).agg(pl.col("minutes").sum()), on=family)  # many to one
        .join(members.group_by(family).agg(clients=clients), on=family)  # many to one
        .with_columns(unlocks_per_minute=per_minute)
        .sort(
            *("practice_id", "blocking", "unlocks_per_minute", "family_key", "minutes", "item_id"),
            descending=[False, True, True, False, False, False],
        )
    )
    return ladder.select(
        *("item_id", "family_key", "minutes", "unlocks_per_minute"),
        rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("practice_id"),
    )


def _concerned(records: Records, said: pl.DataFrame, links: Frames) -> pl.DataFrame:
    """item_id, set_id: the sets of joined records that each question is about; none of one on groups."""
    record = records.record.select(*_KEY, "rid", "set_id")
    rids = pl.concat(said.select("item_id", rid=f"{end}_rid") for end in ("left", "right")).drop_nulls()
    of_client = rids.select("item_id", set_id=record["set_id"].gather(rids["rid"]))
    # Two contacts are asked about for the sake of the clients that hold both.
    asked = said.filter(pl.col("kind") == "contact")
    asked = pl.concat(
        asked.select("practice_id", "item_id", product=f"{end}_product", source_id=f"{end}_id")
        for end in ("left", "right")
    )
    contact = links["unified_contact"].select(*_KEY, "contact_id")
    link = links["client_contact"].select("practice_id", "product", "contact_id", "source_client_id")
    asked = asked.join(contact, on=_KEY)  # many to one
    linked = asked.join(link, on=["practice_id", "contact_id"], suffix="_of_link")  # one to many
    linked = linked.select(
        "practice_id", "item_id", "contact_id", "source_client_id", product="product_of_link"
    )
    client = ["practice_id", "product", "source_client_id"]
    clients = record.rename({"source_id": "source_client_id"})
    linked = linked.join(clients, on=client).select("item_id", "set_id", "contact_id").unique()  # many to one
    held = linked.filter(pl.struct("item_id", "set_id").is_duplicated())
    organisation = ["practice_id", "organisation_id"]
    owned = said.filter(pl.col("kind") == "organisation").select("item_id", *organisation)
    holder = records.holder.join(owned, on="organisation_id", how="semi").select("organisation_id", "rid")
    owned = owned.join(holder.join(record, on="rid"), on=organisation)  # many to many
    return pl.concat(frame.select("item_id", "set_id") for frame in (of_client, held, owned)).unique()


def _families(items: pl.Series, concerned: pl.DataFrame, record: pl.DataFrame) -> pl.DataFrame:
    """item_id, family: connected questions share the id made of their first record (none: the question's)."""
    sets = concerned["set_id"].unique().sort()
    rows = items.search_sorted(concerned["item_id"]).to_numpy()
    columns = sets.search_sorted(concerned["set_id"]).to_numpy() + items.len()
    size = items.len() + sets.len()
    graph = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    key = pl.concat_str("practice_id", "product", "source_id", separator="|")
    first = (
        pl.DataFrame({"label": label[items.len() :], "rid": sets}).group_by("label").agg(pl.col("rid").min())
    )
    named = first.join(record.select("rid", key=key), on="rid")  # one to one
    found = pl.DataFrame({"item_id": items, "label": label[: items.len()]})
    found = found.join(named, on="label", how="left")  # many to at most one
    return found.select("item_id", family_key=pl.coalesce("key", "item_id"))
