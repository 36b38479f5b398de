"""A process that publishes again and again: `python -m …store.writer STORE PRACTICE FIRST LAST`.

Prints `begin N` before and `done N` after publication N, so that a test can kill it in between.
"""

import datetime as dt
import sys
from pathlib import Path

import polars as pl

from tests.factories import rows
from transforms.publish import publish
from transforms.status import Night
from transforms.store import open_store

CLIENTS = 300
DAY = dt.date(2024, 1, 15)


def frames(practice_id: str, number: int) -> dict[str, pl.DataFrame]:
    """A whole publication whose every row carries `number` in its run_id."""
    it = {"practice_id": practice_id, "run_id": f"{number}"}
    status = {"step": "complete", "outcome": "published", "reason": f"Number {number}.", "days_left": 1}
    ids = [f"{number}-{i:04}" for i in range(CLIENTS)]
    return {
        "practice_status": rows(
            "practice_status", it | status | {"last_published_at": dt.datetime(2024, 1, 15)}
        ),
        "unified_client": rows("unified_client", *[it | {"client_id": i} for i in ids]),
        "crosswalk": rows(
            "crosswalk",
            *[it | {"product": p, "source_id": i, "unified_id": i} for p in ("hq", "xpm") for i in ids],
        ),
        "match": rows("match", *[it | {"left_id": i, "right_id": i} for i in ids]),
    }


def night(number: int) -> Night:
    """The night of that publication."""
    return Night(f"{number}", DAY, DAY, dt.datetime(2024, 1, 15))


def main(path: str, practice_id: str, first: str, last: str) -> None:
    """Publish numbers `first` to `last`."""
    with open_store(Path(path)) as store:
        for number in range(int(first), int(last) + 1):
            made = frames(practice_id, number)
            print("begin", number, flush=True)
            publish(store, made, night(number))
            print("done", number, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
