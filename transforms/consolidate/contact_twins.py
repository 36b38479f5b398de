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

_Sets = np.ndarray[tuple[int], np.dtype[np.int64]]


def contact_sets(records: pl.DataFrame, practices: pl.DataFrame) -> pl.DataFrame:
    """Which of `records`, one row per contact, are one person.

    Gives contact_no, product, on_kept_product, fullness, has_email, has_phone; `name_no`, equal within a
    practice where the names are (empty for no name); `set_no`, equal where the contacts are one person.
    """
    named = records.select(
        *("contact_no", "product", "on_kept_product", "fullness"),
        has_email=pl.col("email").is_not_null(),
        has_phone=pl.coalesce("phone", "mobile").is_not_null(),
        name_no=_name_numbers(records),
    )
    held = records.select("practice_id", "region", "email", "phone", "mobile").with_columns(named["name_no"])
    alike = held.with_row_index("node").filter(
        pl.col("name_no").is_not_null() & (pl.len().over("name_no") > 1)
    )
    return named.with_columns(set_no=pl.Series(_sets(alike, practices, named.height)))


def _name_numbers(records: pl.DataFrame) -> pl.Series:
    """A number for each practice and name key; empty where there is no name to compare."""
    codes, names = _coded(records["name"])
    key_codes, keys = _coded(_name_keys(names))
    practice_codes, _ = _coded(records["practice_id"])
    return practice_codes * len(keys) + key_codes.gather(codes)


def _name_keys(names: pl.Series) -> pl.Series:
    """Each name folded, first name first ("Smith, John" is "John Smith").

    A form of address goes, unless a word is an initial: Mr J and Mrs J Smith share an e-mail and are two.
    """
    name = pl.col("name")
    spoken = pl.when(name.str.contains(_SUFFIX)).then(name).otherwise(
        name.str.replace(r"^([^,]+),([^,]+)$", "$2 $1")
    )  # fmt: skip
    folded = normalise.fold(names.to_frame("name").select(spoken).to_series()).alias("folded")
    bare = (
        pl.col("folded")
        .str.replace_all(_FORMS_OF_ADDRESS, "")
        .str.replace_all(" +", " ")
        .str.strip_chars(" ")
    )
    plain = pl.col("folded").str.contains(_INITIAL) | (bare == "")
    return folded.to_frame().select(pl.when(plain).then("folded").otherwise(bare)).to_series()


def _sets(alike: pl.DataFrame, practices: pl.DataFrame, nodes: int) -> _Sets:
    """Set of each of `nodes` contacts. Phones are read only where e-mails leave one name in several sets."""
    own = practices.with_columns(mobile=pl.lit(None, pl.String))
    by_email = _without(_emails(alike, "name_no", "node"), _emails(own))
    sets = _components([by_email], nodes)
    apart = alike.with_columns(set_no=pl.Series(sets)[alike["node"]]).filter(
        pl.col("set_no").n_unique().over("name_no") > 1
    )
    by_phone = _without(_phones(apart, "name_no", "node"), _phones(own))
    return _components([by_email, by_phone], nodes)


def _emails(frame: pl.DataFrame, *keep: str) -> pl.DataFrame:
    """practice_id, `keep` and value: one row per e-mail of each row of `frame`."""
    codes, texts = _coded(frame["email"])
    read = pl.DataFrame({"value": normalise.emails(texts)}).with_row_index("code").explode("value")
    rows = frame.select("practice_id", *keep, code=codes).drop_nulls("code")
    return rows.join(read.cast({"code": pl.Int64}), on="code").drop("code").drop_nulls("value")


def _phones(frame: pl.DataFrame, *keep: str) -> pl.DataFrame:
    """practice_id, `keep` and value: one row per phone or mobile number of each row of `frame`."""
    rows = pl.concat(frame.select("practice_id", "region", *keep, raw=name) for name in ("phone", "mobile"))
    rows = rows.drop_nulls("raw")
    texts = rows.select("raw", "region").unique()
    read = texts.with_columns(value=normalise.phones(texts["raw"], texts["region"])).explode("value")
    found = rows.join(read, on=["raw", "region"], nulls_equal=True)
    return found.select("practice_id", *keep, "value").drop_nulls("value")


def _without(values: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """`values` but those of the practice itself: few texts are, so only they are looked into by practice."""
    suspect = pl.col("value").is_in(own["value"].unique().implode())
    others = values.filter(suspect).join(own, on=["practice_id", "value"], how="anti")
    return pl.concat([values.filter(~suspect), others])


def _components(evidence: list[pl.DataFrame], nodes: int) -> _Sets:
    """Set of each of `nodes` contacts, two being tied where they hold one value under one name.

    `evidence`: frames of node, name_no and value. Linear: contacts and values are the two sides of one graph,
    so a value of many contacts costs no pairs.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = pl.concat([frame.select("node", "name_no", "value") for frame in evidence])
    codes, texts = _coded(edges["value"])
    _, name_numbers = np.unique(edges["name_no"].to_numpy(), return_inverse=True)
    held, value_nodes = np.unique(name_numbers * len(texts) + codes.to_numpy(), return_inverse=True)
    rows, columns = edges["node"].to_numpy().astype(np.int64), value_nodes + nodes
    size = nodes + held.size
    graph = coo_array((np.ones(rows.size, dtype=np.int32), (rows, columns)), shape=(size, size))
    labels = connected_components(graph, directed=False)[1]
    return np.asarray(labels[:nodes], dtype=np.int64)


def _coded(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Number of each text (empty for none) and the distinct texts in the order of these numbers."""
    encoded = texts.to_arrow().dictionary_encode()
    codes = pl.from_arrow(encoded.indices)
    return pl.Series(codes, dtype=pl.Int64), pl.Series(encoded.dictionary, dtype=pl.String)
