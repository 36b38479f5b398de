"""What blocking did: the pairs and matches that each key finds, and how many matches no key finds.

The matches that no key finds are never seen, but those found by one key alone, and by just two, tell of them
as the species seen once and twice tell of those never seen. Keys agree more often than by chance, so this is
a lower bound. Source: Chao, Estimating the population size for capture-recapture data with unequal
catchability, Biometrics 43 (1987).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from matching.blocking import Key, hashes, records_of

_SQL = (Path(__file__).parent / "sql" / "key_report.sql").read_text(encoding="utf-8")


@dataclass(frozen=True)
class KeyReport:
    """How the keys did on some lists."""

    keys: pl.DataFrame
    """One row per key, in their order: key, records (that have it), dropped (buckets too common to be used),
    pairs (of its other buckets), matches (of those given that it finds), alone (that no other key finds)."""
    matches: int
    """Matches given."""
    lost: float
    """Matches that no key finds, at least."""


def key_report(
    con: duckdb.DuckDBPyConnection, frame: pl.DataFrame, keys: Sequence[Key], matches: pl.DataFrame
) -> KeyReport:
    """Report of `keys` on the records of `frame`, that of `Prepared`.

    matches: l, r (rids, l < r), each pair once, of pairs that are taken for matches.
    """
    hashed = hashes(frame, keys)
    of_keys = [records_of(frame, key, hashed).with_columns(number=n) for n, key in enumerate(keys)]
    con.register("record_value", pl.concat(of_keys))
    con.execute(
        "create or replace temp table record_key as"
        " select distinct rid, hash(value, number) as key, number from record_value"
    )
    con.unregister("record_value")
    con.register("key_kind", pl.DataFrame({"number": range(len(keys)), "most": [key.limit for key in keys]}))
    con.register("found_match", matches)
    per_key = con.execute(_SQL).pl().sort("number")
    times = con.execute(
        "select finders, count(*) as matches from key_match_finders group by finders order by finders"
    ).pl()
    con.unregister("found_match")
    con.unregister("key_kind")
    named = pl.DataFrame({"key": [key.name for key in keys]}).with_row_index("number")
    table = named.join(per_key, on="number", how="left", maintain_order="left").drop("number")
    seen = dict(times.rows())
    once, twice = seen.get(1, 0), seen.get(2, 0)
    return KeyReport(table.fill_null(0), matches.height, once * (once - 1) / (2 * (twice + 1)))
