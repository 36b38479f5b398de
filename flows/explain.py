"""Prints what became of one record and why: the text of `scr explain`."""

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from flows.tables import plain, show, show_one
from transforms.lookup import Explanation

if TYPE_CHECKING:
    from flows.config import Settings

_AGAINST = 3
"""Clues named as those that spoke against a pair."""


@dataclass(frozen=True)
class Wanted:
    """What is asked about one record beside what the store knows."""

    record: tuple[str, str, str]
    """Practice, product, id."""
    snapshot_date: dt.date
    """Snapshot that the store was made from."""
    why_not: int | None
    against: tuple[str, str] | None
    html: Path | None

    @property
    def anew(self) -> bool:
        """Whether pairs are to be compared anew."""
        return self.why_not is not None or self.against is not None


def tell(settings: "Settings", found: Explanation, wanted: Wanted) -> None:
    """Print what the store knows and what is recomputed, and draw both where that is asked for."""
    # Compared before anything is printed: a record that is not there ends in one message.
    pairs = _recomputed(settings, wanted) if wanted.anew else found.pairs.clear()
    print_explanation(" ".join(wanted.record), found)
    if wanted.anew:
        print_candidates(pairs)
    elif "exact" not in found.pairs["band"] and "client" in found.record["entity"]:
        print("\nIts best candidates and what spoke against them: the same command with --why-not 3.")
    if wanted.html:
        from flows.landing import match_options
        from flows.waterfall import page

        drawn = [*found.pairs.rows(named=True), *pairs.rows(named=True)]
        text = page(" ".join(wanted.record), drawn, match_options(settings))
        wanted.html.write_text(text, encoding="utf-8")
        print(f"\nWritten: {wanted.html}")


def _recomputed(settings: "Settings", wanted: Wanted) -> pl.DataFrame:
    from flows.why_not import Question, recompute
    from matching.why_not import Subject

    question = Question(wanted.snapshot_date, wanted.why_not or 3, wanted.against)
    return recompute(settings, Subject(*wanted.record), question)


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


def print_candidates(pairs: pl.DataFrame) -> None:
    """Print recomputed pairs, each with what spoke against it."""
    print("\n# Recomputed from the landing zone")
    if not pairs.height:
        print("\nThere is no further record in the practice to compare it with.")
    for pair in pairs.rows(named=True):
        _pair(pair)
        if against := spoke_against(json.loads(pair["evidence"])):
            print(f"\nspoke against it: {against}")


def spoke_against(evidence: list[dict[str, Any]]) -> str:
    """What took most off the odds, in words, the heaviest first; empty where nothing did."""
    heavy = sorted(
        (e for e in evidence if e["bits"] < 0 and e["comparison"] != "prior"), key=lambda e: e["bits"]
    )
    return ", ".join(f"{entry['level']} ({entry['bits']:+.1f})" for entry in heavy[:_AGAINST])


def probability(value: float) -> str:
    """A probability as text: six places, or a power of ten where these would all be 0."""
    return f"{value:.6f}" if value >= 5e-7 else f"{value:.0e}"


def title(pair: dict[str, Any]) -> str:
    """Band and other record of a pair."""
    band = "not listed" if pair["band"] == "none" else pair["band"]
    return f"{band}: {pair['product']} {plain(pair['source_id'])}"


def _section(name: str, frame: pl.DataFrame | None) -> None:
    if frame is not None and frame.height:
        print(f"\n## {name}\n")
        show(frame)


def _pair(pair: dict[str, Any]) -> None:
    """One compared pair: the band, then each comparison with its level, values and weight in bits."""
    print(f"\n## {title(pair)}\n")
    by = "" if pair["band"] == "none" else f", decided by {pair['decided_by']}"
    print(f"probability {probability(pair['probability'])}{by}")
    print(f"{plain(pair['reason'])}\n")
    this, other = ("left", "right") if pair["this_is_left"] else ("right", "left")
    evidence = json.loads(pair["evidence"])
    lines = [
        {
            "comparison": entry["comparison"],
            "what was found": entry["level"],
            "this record": entry.get(this),
            "the other": entry.get(other),
            "bits": f"{entry['bits']:+.1f}",
        }
        for entry in evidence
    ]
    total = sum(entry["bits"] for entry in evidence)
    lines.append(
        {"comparison": "sum", "what was found": "the odds as a power of two", "bits": f"{total:+.1f}"}
    )
    show(pl.DataFrame(lines))
