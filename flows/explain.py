"""Prints what became of one record and why: the text of `scr explain`."""

import json
from typing import Any

import polars as pl

from flows.tables import plain, show, show_one
from transforms.lookup import Explanation


def print_explanation(subject: str, found: Explanation) -> None:
    """Print an explanation section by section; sections without rows are left out."""
    print(f"# {subject}\n")
    show(found.record)
    if found.unified.height:
        print("\n## Unified client\n")
        show_one(found.unified)
    _section("Records that are this client", found.joined if found.joined.height > 1 else None)
    for pair in found.pairs.rows(named=True):
        _pair(pair)
    if not found.pairs.height and "client" in found.record["entity"]:
        print("\nNo other client came near it: it was compared, and no pair reached the near band.")
    _section("Fields on which the joined records disagree", found.values)
    _section("Open questions", found.questions)
    _section("Could not be read", found.quarantined)


def _section(title: str, frame: pl.DataFrame | None) -> None:
    if frame is not None and frame.height:
        print(f"\n## {title}\n")
        show(frame)


def _pair(pair: dict[str, Any]) -> None:
    """One compared pair: the band, then each comparison with its level, values and weight in bits."""
    print(f"\n## {pair['band']}: {pair['product']} {plain(pair['source_id'])}\n")
    print(f"probability {pair['probability']:.6f}, decided by {pair['decided_by']}\n")
    this, other = ("left", "right") if pair["this_is_left"] else ("right", "left")
    lines = [
        {
            "comparison": entry["comparison"],
            "what was found": entry["level"],
            "this record": entry.get(this),
            "the other": entry.get(other),
            "bits": f"{entry['bits']:+.1f}",
        }
        for entry in json.loads(pair["evidence"])
    ]
    total = sum(entry["bits"] for entry in json.loads(pair["evidence"]))
    lines.append(
        {"comparison": "sum", "what was found": "the odds as a power of two", "bits": f"{total:+.1f}"}
    )
    show(pl.DataFrame(lines))
