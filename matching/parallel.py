"""Work on several threads: Polars, numpy and DuckDB let go of the interpreter's lock while they compute."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import polars as pl

Part = TypeVar("Part")
Found = TypeVar("Found")


def over(work: Callable[[Part], Found], parts: Sequence[Part]) -> list[Found]:
    """`work` of each part, in their order, on as many threads as Polars has."""
    threads = min(pl.thread_pool_size(), len(parts))
    if threads < 2:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, parts))
