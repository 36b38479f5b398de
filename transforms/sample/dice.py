"""Randomness of the sample fleets: named streams, so that one more draw in one place moves nothing elsewhere.

Everything derives from the raw 64-bit output of PCG64, whose stream NumPy promises never to change.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


class Dice:
    """Draws of one named stream of a seed."""

    def __init__(self, seed: int, stream: str) -> None:
        digest = hashlib.sha256(f"{seed}:{stream}".encode()).digest()
        self._raw = np.random.PCG64(int.from_bytes(digest[:16], "big"))

    def bits(self, n: int) -> NDArray[np.uint64]:
        """n random 64-bit integers."""
        return np.asarray(self._raw.random_raw(n), dtype=np.uint64)

    def uniform(self, n: int) -> Floats:
        """n numbers in [0, 1)."""
        return np.asarray((self.bits(n) >> np.uint64(11)) * 2.0**-53, dtype=np.float64)

    def chance(self, p: float | Floats, n: int) -> Booleans:
        """n booleans, each true with probability p."""
        return np.asarray(self.uniform(n) < p, dtype=np.bool_)

    def integers(self, low: int, high: int | Integers, n: int) -> Integers:
        """n integers in [low, high)."""
        return np.asarray(low + np.floor(self.uniform(n) * (np.asarray(high) - low)), dtype=np.int64)

    def normal(self, n: int) -> Floats:
        """n standard normal numbers (Box-Muller)."""
        radius = np.sqrt(-2.0 * np.log1p(-self.uniform(n)))
        return np.asarray(radius * np.cos(2.0 * np.pi * self.uniform(n)), dtype=np.float64)

    def pick(self, weights: Sequence[float] | Floats, n: int) -> Integers:
        """n indices into `weights`, drawn in proportion."""
        edges = np.cumsum(np.asarray(weights, dtype=np.float64))
        return np.searchsorted(edges / edges[-1], self.uniform(n), side="right").astype(np.int64)

    def choice(self, values: Sequence[Any], n: int, weights: Sequence[float] | None = None) -> pl.Series:
        """n values of `values`, with equal or given weights."""
        return pl.Series(values).gather(self.pick(weights or [1.0] * len(values), n))

    def order(self, n: int) -> Integers:
        """A random permutation of 0 … n-1."""
        return np.argsort(self.bits(n), kind="stable").astype(np.int64)

    def uuids(self, n: int) -> pl.Series:
        """n random ids in the usual 8-4-4-4-12 form."""
        if not n:
            return pl.Series([], dtype=pl.String)
        text = np.frombuffer(self.bits(2 * n).astype(">u8").tobytes().hex().encode(), dtype="S32")
        whole = pl.Series("id", text.astype("U32").tolist())
        cuts = [(0, 8), (8, 4), (12, 4), (16, 4), (20, 12)]
        parts = [pl.col("id").str.slice(start, length) for start, length in cuts]
        return whole.to_frame().select(pl.concat_str(parts, separator="-")).to_series()


def runs(keys: Integers) -> Integers:
    """Position of each row inside its run of equal keys, from 0; `keys` must be sorted."""
    n = len(keys)
    if not n:
        return keys
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    return np.arange(n) - np.repeat(starts, np.diff(np.r_[starts, n]))
