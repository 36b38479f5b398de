"""Draws the evidence of pairs as waterfalls: one page that needs nothing beside itself.

A clue is a bar that begins where the one above ended: to the right where it speaks for one client, to the
left where it speaks against. The last bar is the sum; dashed lines are the thresholds.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from flows.explain import probability, title
from flows.tables import plain
from matching.options import SURE, MatchOptions

_ROW, _BAR = 26, 16
_LABELS, _WIDTH, _NUMBERS = 330, 560, 60
_TOP, _BOTTOM = 30, 30
_MARGIN = 1.5
"""Bits left free at both ends."""

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2733; --soft: #5b6b7a; --line: #d5dce3; --page: #ffffff;
  --for: #1f7a4d; --against: #b3412f; --sum: #2f5fa8; --mark: #8a6a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf0; --soft: #9fb0c0; --line: #3a4652;
  --page: #14191f; --for: #4fc48a; --against: #f0836f; --sum: #7fb0ff; --mark: #e0bd4a; } }
body { margin: 2rem auto; max-width: 62rem; padding: 0 1rem; background: var(--page); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.35rem; } h2 { font-size: 1.1rem; margin-top: 2.2rem; }
p { margin: .3rem 0; } .soft { color: var(--soft); }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--ink); paint-order: stroke; stroke: var(--page); stroke-width: 4px;
  font: 12.5px system-ui, sans-serif; }
svg .soft { fill: var(--soft); }
svg .mark { fill: var(--mark); } line { stroke: var(--line); } line.mark { stroke: var(--mark); }
.for { fill: var(--for); } .against { fill: var(--against); } .sum { fill: var(--sum); }
table { border-collapse: collapse; margin-top: .6rem; font-size: .87rem; width: 100%; }
td, th { text-align: left; padding: .15rem .8rem .15rem 0; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; }
"""


@dataclass(frozen=True)
class _Bar:
    label: str
    bits: float
    start: float
    kind: str

    @property
    def end(self) -> float:
        return self.start + self.bits


@dataclass(frozen=True)
class _Scale:
    """From bits to pixels."""

    low: float
    high: float

    def x(self, bits: float) -> float:
        return _LABELS + (bits - self.low) / (self.high - self.low) * _WIDTH


def page(subject: str, pairs: Sequence[dict[str, Any]], options: MatchOptions) -> str:
    """A whole HTML page with one waterfall per pair (rows of `transforms.lookup.Explanation.pairs`)."""
    parts = [_pair(pair, options) for pair in pairs]
    body = "\n".join(parts) or "<p>No pair to draw: no other client came near it.</p>"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_text(subject)}</title>\n<style>{_STYLE}</style></head>\n"
        f"<body><h1>Why {_text(subject)} stands where it stands</h1>\n"
        '<p class="soft">Each bar is a clue and its weight in bits: one bit doubles the odds that the two'
        " records are one client, or halves them.</p>\n"
        f"{body}\n</body></html>\n"
    )


def _pair(pair: dict[str, Any], options: MatchOptions) -> str:
    evidence = json.loads(pair["evidence"])
    by = "" if pair["band"] == "none" else f", decided by {pair['decided_by']}"
    return (
        f"<section><h2>{_text(title(pair))}</h2>\n"
        f"<p>Probability {probability(pair['probability'])}{_text(by)}."
        f" {_text(pair['reason'])}</p>\n"
        f"{_chart(_bars(evidence), options)}\n{_values(evidence, pair['this_is_left'])}</section>"
    )


def _bars(evidence: list[dict[str, Any]]) -> list[_Bar]:
    """The prior first, then the clues as they come, and their sum."""
    ordered = sorted(evidence, key=lambda entry: entry["comparison"] != "prior")
    bars, total = [], 0.0
    for entry in ordered:
        bits = float(entry["bits"])
        name = entry["comparison"].replace("_", " ")
        bars.append(_Bar(f"{name}: {entry['level']}", bits, total, "for" if bits >= 0 else "against"))
        total += bits
    return [*bars, _Bar("sum", total, 0.0, "sum")]


def _chart(bars: list[_Bar], options: MatchOptions) -> str:
    marks = [
        (name, math.log2(p / (1 - p)), anchor)
        for name, p, anchor in (
            ("asked from", options.near, "end"),
            ("sure from", options.exact or SURE, "start"),
        )
        if 0 < p < 1
    ]
    ends = [0.0, *(end for bar in bars for end in (bar.start, bar.end)), *(bits for _, bits, _ in marks)]
    scale = _Scale(min(ends) - _MARGIN, max(ends) + _MARGIN)
    height = _TOP + _ROW * len(bars) + _BOTTOM
    inner = [_zero(scale, height)]
    inner += [_mark(mark, scale, height) for mark in marks]
    inner += [_bar(bar, _TOP + _ROW * i, scale) for i, bar in enumerate(bars)]
    width = _LABELS + _WIDTH + _NUMBERS
    said = "; ".join(f"{bar.label} {bar.bits:+.1f}" for bar in bars)
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{_text(said)}">{"".join(inner)}</svg>'


def _zero(scale: _Scale, height: int) -> str:
    x = scale.x(0)
    return (
        f'<line x1="{x:.1f}" y1="{_TOP - 6}" x2="{x:.1f}" y2="{height - _BOTTOM + 6}"/>'
        f'<text class="soft" x="{x:.1f}" y="{height - 8}" text-anchor="middle">even odds</text>'
    )


def _mark(mark: tuple[str, float, str], scale: _Scale, height: int) -> str:
    name, bits, anchor = mark
    x = scale.x(bits)
    return (
        f'<line class="mark" x1="{x:.1f}" y1="{_TOP - 8}" x2="{x:.1f}" y2="{height - _BOTTOM + 6}"'
        ' stroke-dasharray="5 4"/>'
        f'<text class="mark" x="{x:.1f}" y="{_TOP - 13}" text-anchor="{anchor}">{name} {bits:+.1f}</text>'
    )


def _bar(bar: _Bar, y: int, scale: _Scale) -> str:
    left, right = sorted((scale.x(bar.start), scale.x(bar.end)))
    middle = y + _ROW / 2 + 4
    joint = "" if bar.kind == "sum" else (
        f'<line x1="{scale.x(bar.end):.1f}" y1="{y + 5 + _BAR}" x2="{scale.x(bar.end):.1f}"'
        f' y2="{y + _ROW + 5}"/>'
    )  # fmt: skip
    return (
        f'<text x="{_LABELS - 12}" y="{middle}" text-anchor="end">{_text(_short(bar.label))}'
        f"<title>{_text(bar.label)}</title></text>"
        f'<rect class="{bar.kind}" x="{left:.1f}" y="{y + 5}" width="{max(right - left, 1):.1f}"'
        f' height="{_BAR}" rx="2"><title>{_text(bar.label)} {bar.bits:+.1f}</title></rect>{joint}'
        f'<text x="{right + 6:.1f}" y="{middle}">{bar.bits:+.1f}</text>'
    )


def _short(label: str) -> str:
    return label if len(label) <= 52 else label[:51] + "…"


def _values(evidence: list[dict[str, Any]], this_is_left: bool) -> str:
    this, other = ("left", "right") if this_is_left else ("right", "left")
    rows = [
        f"<tr><td>{_text(entry['comparison'].replace('_', ' '))}</td>"
        f"<td>{_text(entry[this])}</td><td>{_text(entry[other])}</td></tr>"
        for entry in evidence
        if entry.get(this) is not None or entry.get(other) is not None
    ]
    head = "<tr><th>comparison</th><th>this record</th><th>the other</th></tr>"
    return f"<table>{head}{''.join(rows)}</table>" if rows else ""


def _text(value: Any) -> str:
    return escape(plain(value))
