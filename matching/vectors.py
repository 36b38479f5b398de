"""Comparison vectors of pairs: the level of every clue, and what the score needs beside them."""

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.columns import Ints, Records
from matching.comparison import Comparison
from matching.pairs import FEW, Pairs
from matching.parallel import over

STRATA = ("person", "organisation", "other")
"""Kinds of pair with parameters of their own: both persons, both organisations, anything else."""
_BLOCK = 500_000
"""Pairs compared at once by one thread."""


def compare(
    con: duckdb.DuckDBPyConnection,
    source: str,
    records: Records,
    comparisons: list[Comparison],
    stratified: bool,
) -> pl.DataFrame:
    """Vectors of the pairs in table `source(l, r)`; records: of `Prepared`.

    One row per pair: l, r, within, stratum (index into STRATA), size (of `em.Vectors`), level columns c0 …,
    and for comparisons with rarity n0 … (records that share the value), sorted by l and r.
    """
    frame = records.frame
    wide = con.execute(f"select l::bigint << 32 | r as both from {source}").pl()["both"].sort().to_numpy()
    left, right = wide >> 32, wide & 0xFFFFFFFF
    lists, size, stratum = frame["list"].to_numpy(), frame["size"].to_numpy()[left], np.zeros(len(wide))
    if stratified:
        entity, peers = frame["entity"].to_numpy(), frame["peers"].to_numpy()
        alike = (entity[left] == entity[right]) & (entity[left] > 0)
        stratum = np.where(alike, entity[left] - 1.0, STRATA.index("other"))
        # A company can only be one of the companies.
        size = np.where(alike, peers[left], size)
    found = {
        "l": left.astype(np.uint32),
        "r": right.astype(np.uint32),
        "within": lists[left] == lists[right],
        "stratum": stratum.astype(np.uint8),
        "size": size,
    }
    found |= {f"c{k}": level for k, level in enumerate(_levels(con, records, (left, right), comparisons))}
    rare = {f"n{k}": f"n_{c.rarity}" for k, c in enumerate(comparisons) if c.rarity}
    return pl.DataFrame(found | {name: frame[held].to_numpy()[left] for name, held in rare.items()})


def _levels(
    con: duckdb.DuckDBPyConnection, records: Records, ends: tuple[Ints, Ints], comparisons: list[Comparison]
) -> list[NDArray[np.uint8]]:
    """The level of each pair by each comparison, worked out in blocks of pairs."""
    blocks = max(-(-len(ends[0]) // _BLOCK), min(pl.thread_pool_size(), len(ends[0]) // FEW), 1)

    def of_block(block: tuple[Ints, Ints]) -> list[NDArray[np.uint8]]:
        with con.cursor() as cursor:
            return Pairs(cursor, records, *block).all_levels(comparisons)

    found = over(of_block, list(zip(*(np.array_split(end, blocks) for end in ends), strict=True)))
    return [np.concatenate(of_blocks) for of_blocks in zip(*found, strict=True)]


def levels_of(frame: pl.DataFrame, comparisons: int) -> NDArray[np.uint8]:
    """The level columns c0 … of so many comparisons, pairs × comparisons; there may be none of either."""
    names = [f"c{k}" for k in range(comparisons)]
    return frame.select(names).to_numpy().astype(np.uint8).reshape(frame.height, comparisons)
