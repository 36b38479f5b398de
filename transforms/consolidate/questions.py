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
from transforms.consolidate.joined import Records
from transforms.consolidate.shown import shown_records
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

_NAMES = ("practice_id", "product", "source_id", "called", "works")
_KEY = _NAMES[:3]
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
    called = pl.format('{} client "{}"', "product_name", pl.coalesce("name", "source_id"))
    record = records.record.with_columns(name=records.clients["name"]).with_columns(called=called)
    said = pl.concat(
        [_on_clients(con, record, chosen), _on_links(con, records, record, chosen, links)], how="diagonal"
    )
    said = said.join(chosen.waiting, on="practice_id", how="anti")
    said = said.join(_ranking(con, records, said, links), on="item_id")  # one to one
    shown = shown_records(records, said, links)
    rows = run_sql(con, "consolidate/asked", {"question": said, "shown": shown}, {"run_id": run_id})
    return conform(rows, "review_item")


def _on_clients(con: duckdb.DuckDBPyConnection, record: pl.DataFrame, chosen: Chosen) -> pl.DataFrame:
    named = chosen.asked.unpivot(pl.selectors.ends_with("_rid"))["value"].drop_nulls().unique()
    record = record[named].select("rid", *_NAMES)
    said = run_sql(con, "consolidate/review", {"asked": chosen.asked, "record": record})
    meaning = run_sql(con, "consolidate/consequences", {"said": said, "record": record})
    return said.join(meaning, on="item_id")  # one to one


def _on_links(
    con: duckdb.DuckDBPyConnection,
    records: Records,
    record: pl.DataFrame,
    chosen: Chosen,
    links: Frames,
) -> pl.DataFrame:
    """Those on an organisation are answered with a client; those on contacts and groups in the products."""
    asked = pl.col("organisation_id").is_in(links["link_questions"]["organisation_id"].unique().implode())
    holder = records.holder.filter(asked, ~pl.col("decided"))
    living = chosen.plan.filter("lives", pl.col("rid").is_in(holder["rid"].implode()))
    living = living.join(chosen.policy, on=["practice", "policy"], how="semi").select("rid", "target")
    named = record.select("rid", *_NAMES)[holder["rid"].unique()]
    whose = {"record": named, "holder": holder, "plan": living}
    answers = run_sql(con, "consolidate/organisation_answers", whose)
    key = ["practice_id", "organisation_id"]
    found = links["link_questions"].join(answers, on=key, how="left", suffix="_of_answers")  # to at most one
    return found.with_columns(
        pl.col("answers").fill_null(pl.lit([], dtype=pl.List(pl.String))),
        consequences=pl.coalesce("consequences_of_answers", "consequences"),
    ).drop("consequences_of_answers", "run_id")


def _ranking(
    con: duckdb.DuckDBPyConnection, records: Records, said: pl.DataFrame, links: Frames
) -> pl.DataFrame:
    """item_id, family, minutes, unlocks_per_minute, rank: one row per question."""
    concerned = _concerned(records, said, links)
    question = said.select("practice_id", "item_id", "kind", "blocking")
    families = _families(said["item_id"].sort(), concerned, records.record)
    kinds = pl.DataFrame({"kind": list(MINUTES), "minutes": list(MINUTES.values())})
    frames = {
        "question": question.join(families, on="item_id"),  # one to one
        "member": concerned,
        "kind_minutes": kinds,
    }
    return run_sql(con, "consolidate/ranking", frames).join(families, on="item_id")  # one to one


def _concerned(records: Records, said: pl.DataFrame, links: Frames) -> pl.DataFrame:
    """item_id, set_id: the sets of joined records that each question is about; none of one on groups."""
    record, key = records.record.select(*_KEY, "rid", "set_id"), list(_KEY)
    sides = pl.concat(
        said.select("practice_id", "item_id", "kind", product=f"{end}_product", source_id=f"{end}_id")
        for end in ("left", "right")
    )
    of_client = sides.filter(~pl.col("kind").is_in(["contact", "group"])).join(record, on=key)  # many to one
    # Two contacts are asked about for the sake of the clients that hold both.
    contact = links["unified_contact"].select(*_KEY, "contact_id")
    link = links["client_contact"].select("practice_id", "product", "contact_id", "source_client_id")
    asked = sides.filter(pl.col("kind") == "contact").join(contact, on=key)  # many to one
    linked = asked.join(link, on=["practice_id", "contact_id"], suffix="_of_link")  # one to many
    linked = linked.select(
        "practice_id", "item_id", "contact_id", "source_client_id", product="product_of_link"
    )
    client = ["practice_id", "product", "source_client_id"]
    clients = record.rename({"source_id": "source_client_id"})
    linked = linked.join(clients, on=client).select("item_id", "set_id", "contact_id").unique()  # many to one
    held = linked.filter(pl.struct("item_id", "set_id").is_duplicated())
    organisation = ["practice_id", "organisation_id"]
    holder = records.holder.select("organisation_id", "rid").join(record, on="rid")  # many to one
    owned = said.filter(pl.col("kind") == "organisation").select("item_id", *organisation)
    owned = owned.join(holder, on=organisation)  # many to many
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
