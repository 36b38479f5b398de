"""Which contacts of a practice are one person.

Two are where their names are the same after normalising, and an e-mail or a phone or mobile number too: never
by name alone, and not by the practice's own e-mail or phone. Agreeing pairs chain: A with B, B with C.
The rule is the one practice software uses for contacts, name with e-mail or name with mobile.
"""

import numpy as np
import polars as pl

from transforms import normalise

_FORMS_OF_ADDRESS = r"\b(?:dr|miss|mr|mrs|ms|mx|prof)\b"
_INITIAL = r"(?:^| )\S(?: |$)"
_SUFFIX = r"(?i),\s*(?:jnr|jr|snr|sr|ii|iii|iv)\.?\s*$"


def contact_sets(records: pl.DataFrame, practices: pl.DataFrame) -> pl.DataFrame:
    """Which of `records`, one row per contact, are one person.

    Gives contact_no, product, on_kept_product, fullness, has_email, has_phone; `name_no`, equal within a
    practice where the names are (empty for no name); `set_no`, equal where the contacts are one person.
    """
    keyed = records.select(
        *("contact_no", "practice_id", "region", "product", "on_kept_product", "fullness"),
        *("email", "phone", "mobile"),
        has_email=pl.col("email").is_not_null(),
        has_phone=pl.coalesce("phone", "mobile").is_not_null(),
        name_key=_name_key(records["name"]),
    )
    names = keyed.select("practice_id", "name_key").drop_nulls().unique().with_row_index("name_no")
    keyed = keyed.join(
        names, on=["practice_id", "name_key"], how="left", maintain_order="left", validate="m:1"
    )
    alike = keyed.with_row_index("node").filter(
        pl.col("name_no").is_not_null() & (pl.len().over("name_no") > 1)
    )
    sets = _components(_evidence(alike, practices), keyed.height)
    kept = keyed.drop("practice_id", "region", "email", "phone", "mobile", "name_key")
    return kept.with_columns(set_no=pl.Series(sets))


def _name_key(names: pl.Series) -> pl.Series:
    """Each name folded, first name first ("Smith, John" is "John Smith"), by distinct value.

    A form of address goes, unless a word is an initial: Mr J and Mrs J Smith share an e-mail and are two.
    """
    name = pl.col("name")
    distinct = names.drop_nulls().unique().to_frame("name")
    spoken = pl.when(name.str.contains(_SUFFIX)).then(name).otherwise(
        name.str.replace(r"^([^,]+),([^,]+)$", "$2 $1")
    )  # fmt: skip
    folded = normalise.fold(distinct.select(spoken).to_series()).alias("folded")
    bare = (
        pl.col("folded")
        .str.replace_all(_FORMS_OF_ADDRESS, "")
        .str.replace_all(" +", " ")
        .str.strip_chars(" ")
    )
    plain = pl.col("folded").str.contains(_INITIAL) | (bare == "")
    keys = folded.to_frame().select(pl.when(plain).then("folded").otherwise(bare)).to_series()
    return names.replace_strict(distinct["name"], keys, default=None, return_dtype=pl.String)


def _evidence(contacts: pl.DataFrame, practices: pl.DataFrame) -> pl.DataFrame:
    """node, name_no, value: one row per contact and normalised e-mail or phone, but the practice's own."""
    phones = contacts.select(pl.concat_list("phone", "mobile").list.drop_nulls()).to_series()
    values = _values(contacts, contacts["email"], phones)
    own = _values(practices, practices["email"], practices["phone"]).select("practice_id", "value")
    return values.join(own, on=["practice_id", "value"], how="anti").select("node", "name_no", "value")


def _values(frame: pl.DataFrame, emails: pl.Series, phones: pl.Series) -> pl.DataFrame:
    keep = [name for name in ("practice_id", "name_no", "node") if name in frame.columns]
    lists = (normalise.emails(emails), normalise.phones(phones, frame["region"]))
    return pl.concat(
        frame.select(*keep, value=values).explode("value").drop_nulls("value") for values in lists
    )


def _components(evidence: pl.DataFrame, nodes: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Set of each of `nodes` contacts, two being tied where they hold one value under one name.

    Linear: contacts and values are the two sides of one graph, so a value of many contacts costs no pairs.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    held = ["name_no", "value"]
    values = evidence.select(held).unique().with_row_index("value_node")
    edges = evidence.unique().join(values, on=held, validate="m:1")
    rows = edges["node"].to_numpy().astype(np.int64)
    columns = edges["value_node"].to_numpy().astype(np.int64) + nodes
    size = nodes + values.height
    graph = coo_array((np.ones(rows.size, dtype=np.int8), (rows, columns)), shape=(size, size))
    labels = connected_components(graph, directed=False)[1]
    return np.asarray(labels[:nodes], dtype=np.int64)
