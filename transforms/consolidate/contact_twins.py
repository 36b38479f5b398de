"""Which contacts of a practice are one person.

Two are where their names are the same after normalising, and an e-mail or a phone or mobile number too: never
by name alone, and not by the practice's own e-mail or phone. Agreeing pairs chain: A with B, B with C.
The rule is the one practice software uses for contacts, name with e-mail or name with mobile.
"""

import numpy as np
import polars as pl

from transforms import normalise

_KEY = ["practice_id", "name_key"]
_FORMS_OF_ADDRESS = ["dr", "miss", "mr", "mrs", "ms", "mx", "prof"]


def contact_sets(records: pl.DataFrame, practices: pl.DataFrame) -> pl.DataFrame:
    """`records` (one row per contact) without their personal values, with `name_key` and `set_id`.

    `name_key` is empty where no name can be compared. `set_id` is equal for contacts that are one person;
    nothing else is to be read from it.
    """
    keyed = records.with_columns(_name_key(records["name"]).alias("name_key")).with_row_index("node")
    alike = keyed.filter(pl.col("name_key").is_not_null() & (pl.len().over(_KEY) > 1))
    sets = _components(_evidence(alike, practices), keyed.height)
    return keyed.select(
        "practice_id",
        "product",
        "source_id",
        "name_key",
        "on_kept_product",
        "fullness",
        set_id=pl.Series(sets),
    )


def _name_key(names: pl.Series) -> pl.Series:
    """The words of each name, folded and sorted ("Smith, John" is "John Smith"), by distinct value.

    A form of address goes, unless a word is an initial: Mr J and Mrs J Smith share an e-mail and are two.
    """
    distinct = names.drop_nulls().unique()
    words = normalise.fold(distinct).str.split(" ").list.sort()
    word = pl.element()
    keys = words.to_frame("words").with_columns(
        initial=pl.col("words").list.eval(word.str.len_chars() == 1).list.any(),
        bare=pl.col("words").list.eval(word.filter(~word.is_in(_FORMS_OF_ADDRESS))),
    )
    bare = (pl.col("bare").list.len() > 0) & ~pl.col("initial")
    key = keys.select(pl.when(bare).then("bare").otherwise("words").list.join(" ")).to_series()
    return names.replace_strict(distinct, key, default=None, return_dtype=pl.String)


def _evidence(contacts: pl.DataFrame, practices: pl.DataFrame) -> pl.DataFrame:
    """practice_id, name_key, node, value: one row per contact (`node`) and value that ties it to others."""
    phones = contacts.select(pl.concat_list("phone", "mobile").list.drop_nulls()).to_series()
    values = _values(contacts, contacts["email"], phones)
    own = _values(practices, practices["email"], practices["phone"])
    return values.join(own.select("practice_id", "value"), on=["practice_id", "value"], how="anti")


def _values(frame: pl.DataFrame, emails: pl.Series, phones: pl.Series) -> pl.DataFrame:
    lists = frame.with_columns(
        normalise.emails(emails).alias("emails"), normalise.phones(phones, frame["region"]).alias("phones")
    )
    keep = pl.selectors.by_name("practice_id", "name_key", "node", require_all=False)
    kinds = [lists.select(keep, value=pl.col(kind).list.unique()) for kind in ("emails", "phones")]
    return pl.concat([kind.explode("value").drop_nulls("value") for kind in kinds])


def _components(evidence: pl.DataFrame, nodes: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Set of each of `nodes` contacts, two being tied where they hold one value under one name.

    Linear: contacts and values are the two sides of one graph, so a value of many contacts costs no pairs.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    held = [*_KEY, "value"]
    values = evidence.select(held).unique().with_row_index("value_node")
    edges = evidence.join(values, on=held)
    rows = edges["node"].to_numpy().astype(np.int64)
    columns = edges["value_node"].to_numpy().astype(np.int64) + nodes
    size = nodes + values.height
    graph = coo_array((np.ones(rows.size, dtype=np.int8), (rows, columns)), shape=(size, size))
    labels = connected_components(graph, directed=False)[1]
    return np.asarray(labels[:nodes], dtype=np.int64)
