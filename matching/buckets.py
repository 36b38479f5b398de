"""Buckets of blocking: the records that share a key, and the pairs they give."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Scope = Literal["cross", "within", "all"]
"""Pairs between lists, inside one list, or both."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Buckets:
    """The records of every bucket of one key, bucket after bucket, each in the order of their numbers."""

    rid: Ints
    bucket: Ints
    """Number of the bucket of each, ascending."""

    def pairs(self, lists: NDArray[np.uint8], scope: Scope, most: int) -> tuple[Ints, Ints]:
        """The pairs of records in one bucket, the smaller first, of buckets that give no more than `most`.

        lists: of each record, by its number. A bucket holds records of one partition, list after list.
        """
        place = np.arange(len(self.rid))
        end_of_bucket = _ends(self.bucket)
        end_of_list = _ends(self.bucket * 256 + lists[self.rid])
        first, last = {
            "cross": (end_of_list, end_of_bucket),
            "within": (place + 1, end_of_list),
            "all": (place + 1, end_of_bucket),
        }[scope]
        of_record = last - first
        of_bucket = np.bincount(self.bucket, weights=of_record)
        of_record[of_bucket[self.bucket] > most] = 0
        left = np.repeat(place, of_record)
        # The partners of a record stand side by side, from its first.
        right = np.arange(len(left)) + np.repeat(first - np.cumsum(of_record) + of_record, of_record)
        return self.rid[left], self.rid[right]


def buckets(value: NDArray[np.uint64], rid: NDArray[np.uint32]) -> Buckets:
    """Buckets of records (rid) of one value; those of a single record are left out.

    A record may come several times with one value, and counts once.
    """
    order = np.argsort(value)
    value, rid = value[order], rid[order]
    first = is_first(value)
    several = ~(first & np.append(first[1:], True))
    # Numbers are sorted much faster than rows: bucket and record in one.
    held = np.cumsum(first[several]) << 32 | rid[several]
    held.sort()
    held = held[is_first(held)]
    return Buckets(held & 0xFFFFFFFF, held >> 32)


def is_first(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether each value is another than the one before."""
    first = np.ones(len(values), dtype=np.bool_)
    first[1:] = values[1:] != values[:-1]
    return first


def _ends(values: Ints) -> Ints:
    """For each place, where the run of its value ends."""
    last = np.append(np.flatnonzero(values[1:] != values[:-1]) + 1, len(values))
    return np.repeat(last, np.diff(last, prepend=0))
