"""Blocking of contacts: the pairs of records worth comparing."""

import polars as pl

from matching.contact_records import Contacts
from transforms import normalise

_MOST = 40
"""Records that share a value, or a name, and are still compared with each other by it."""


def contact_pairs(found: Contacts) -> pl.DataFrame:
    """l, r: pairs of records, l < r, each once, sorted.

    Two records are compared that have an e-mail, a phone or a client in common and given names that may be
    one, or one whole name in either order. So couples, who share everything else, give no pairs.
    """
    held = found.held.filter(pl.col("holders") > 1).select("record", "kind", "value")
    names = found.records.select("record", "part", "name")
    letters = _letters(found.names)
    lettered = held.join(names, on="record").join(letters, on="name")
    whole = names.join(_whole(found.names), on="name").select("record", "part", "whole")
    pairs = [_pairs(lettered, ["kind", "value", "letter"]), _pairs(whole, ["part", "whole"])]
    return pl.concat(pairs).unique().sort("l", "r")


def _pairs(keyed: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    rows = keyed.select("record", *key).unique()
    rows = rows.filter(pl.len().over(key).is_between(2, _MOST))
    both = rows.join(rows, on=key, suffix="_r").filter(pl.col("record") < pl.col("record_r"))
    return both.select(l="record", r="record_r")


def _letters(names: pl.DataFrame) -> pl.DataFrame:
    """name, letter: what given names that may be one have in common.

    First letters of the given name and of all that it is short for; the initials of both names, which may
    have been crossed; of a name that stands alone its first letter.
    """
    roots = normalise.nickname_roots(names["given"]).list.eval(pl.element().str.head(1))
    given, family = pl.col("given").str.head(1), pl.col("family").str.head(1)
    crossed = pl.min_horizontal(given, family) + pl.max_horizontal(given, family)
    alone = pl.when(pl.col("given").is_null()).then(family)
    lists = names.select(
        letter=pl.concat_list(pl.lit(roots), given, pl.when(given != family).then(crossed), alone)
    )
    return lists.with_row_index("name").cast({"name": pl.Int64}).explode("letter").drop_nulls().unique()


def _whole(names: pl.DataFrame) -> pl.DataFrame:
    """name, whole: given and family name in the order of the alphabet."""
    low, high = pl.min_horizontal("given", "family"), pl.max_horizontal("given", "family")
    whole = pl.when(pl.all_horizontal(pl.col("given", "family").is_not_null())).then(low + " " + high)
    return names.select(whole=whole).with_row_index("name").cast({"name": pl.Int64}).drop_nulls()
