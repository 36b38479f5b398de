"""Blocking of contacts: the pairs of records worth comparing."""

import numpy as np
import polars as pl

from matching.buckets import buckets
from matching.contact_records import Contacts
from transforms import normalise
from transforms.normalise.lists import coded

_MOST = 40
"""Records that share a value, or a name, and are still compared with each other by it."""


def contact_pairs(found: Contacts) -> pl.DataFrame:
    """l, r: pairs of records, l < r, each once, sorted.

    Two records are compared that have an e-mail, a phone or a client in common and given names that may be
    one, or one whole name in either order. So couples, who share everything else, give no pairs.
    """
    names = found.records.select("record", "part", "name")
    held = found.held.filter(pl.col("holders") > 1).select("record", "kind", "value").join(names, on="record")
    letters = _letters(found.names)
    kinds, most = held["kind"].n_unique() + 1, int(letters["letter"].max() or 0) + 1  # type: ignore[arg-type]
    key = (pl.col("value") * kinds + pl.col("kind")) * most + pl.col("letter")
    lettered = held.join(letters, on="name").select("record", key=key)
    wholes = _whole(found.names)
    most = int(wholes["whole"].max() or 0) + 1  # type: ignore[arg-type]
    named = names.join(wholes, on="name").select("record", key=pl.col("part") * most + pl.col("whole"))
    pairs = pl.concat([_pairs(lettered), _pairs(named)]).unique().sort()
    return pl.DataFrame({"l": pairs // 2**32, "r": pairs % 2**32})


def _pairs(keyed: pl.DataFrame) -> pl.Series:
    """Pairs of records that share a key, but one of too many; a pair is one number, 2³² times the first."""
    held = buckets(keyed["key"].cast(pl.UInt64).to_numpy(), keyed["record"].cast(pl.UInt32).to_numpy())
    one_list = np.zeros(int(keyed["record"].max() or 0) + 1, np.uint8)  # type: ignore[arg-type]
    left, right = held.pairs(one_list, "within", _MOST * (_MOST - 1) // 2)
    return pl.Series(left << 32 | right)


def _letters(names: pl.DataFrame) -> pl.DataFrame:
    """name, letter (a number): what given names that may be one have in common.

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
    long = lists.with_row_index("name").cast({"name": pl.Int64}).explode("letter").drop_nulls().unique()
    return long.with_columns(letter=coded(long["letter"])[0])


def _whole(names: pl.DataFrame) -> pl.DataFrame:
    """name, whole (a number): given and family name in the order of the alphabet."""
    low, high = pl.min_horizontal("given", "family"), pl.max_horizontal("given", "family")
    whole = pl.when(pl.all_horizontal(pl.col("given", "family").is_not_null())).then(low + " " + high)
    codes = coded(names.select(whole).to_series())[0]
    return pl.DataFrame({"whole": codes}).with_row_index("name").cast({"name": pl.Int64}).drop_nulls()
