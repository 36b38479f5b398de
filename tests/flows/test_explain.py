"""`scr explain`: why, why not, against one, and the waterfall page."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from flows.explain import probability, spoke_against
from flows.waterfall import page
from matching.options import MatchOptions
from tests.flows.command import scr_here

RECORD = ("AU-000003", "hq", "0800023")
LUKE = ("xpm", "00000000-0000-4000-8000-000000000024")
ASKED = ("AU-000008", "hq", "0800035")
ERIC = ("xpm", "00000000-0000-4000-8000-000000000036")


class _Page(HTMLParser):
    """Counts what a page holds, and checks that its elements close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_reason_of_the_band_stands_under_the_probability(sample_store: Path) -> None:
    told = scr_here("explain", *RECORD, "--store", sample_store).stdout
    assert "decided by model\nThe probability reached the threshold for joining." in told
    near = scr_here("explain", *ASKED, "--store", sample_store).stdout
    assert "decided by model\nRelatives or sister companies would agree on as much: it is too little" in near
    assert "--why-not" not in told, "a joined record needs no hint"


def test_a_record_without_a_join_points_to_why_not(sample_store: Path) -> None:
    asked = """select practice_id, product, source_id from crosswalk as c
        where entity = 'client' and not exists (select 1 from match as m where m.practice_id = c.practice_id
            and c.source_id in (m.left_id, m.right_id)) order by all limit 1"""
    [row] = json.loads(scr_here("sql", asked, "--store", sample_store, "--format", "json").stdout)
    told = scr_here("explain", *row.values(), "--store", sample_store).stdout
    assert "No other client came near it" in told
    assert "the same command with --why-not 3" in told


def test_why_not_tells_what_spoke_against_the_best(sample_store: Path, sample_landing: Path) -> None:
    words = ("explain", *RECORD, "--store", sample_store, "--landing", sample_landing)
    told = scr_here(*words, "--why-not", "5").stdout.split("# Recomputed from the landing zone")[1]
    found = re.findall(r"^## not listed: (.*)", told, re.M)
    assert (len(found), found[0]) == (5, "hq 0800024"), "the twin brother is the best"
    assert " ".join(LUKE) in found
    assert re.search(
        r"^spoke against it: other candidates of the same records \(-.*, other given name", told, re.M
    )


def test_against_compares_with_one_record_whatever_its_band(sample_store: Path, sample_landing: Path) -> None:
    words = ("explain", *RECORD, "--store", sample_store, "--landing", sample_landing, "--against")
    told = scr_here(*words, *LUKE).stdout.split("# Recomputed")[1]
    assert re.findall(r"^## (.*)", told, re.M) == [f"not listed: {' '.join(LUKE)}"]
    words = ("explain", *ASKED, "--store", sample_store, "--landing", sample_landing, "--against")
    near = scr_here(*words, *ERIC).stdout.split("# Recomputed")[1]
    assert f"## near: {' '.join(ERIC)}" in near


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--against", "crm", "1"), "product 'crm': use hq, xpm or tax"),
        (("--against", *RECORD[1:]), "--against names the record itself"),
        (("--against", "xpm", "no-such-id"), "no xpm record 'no-such-id'"),
        (("--why-not", "0"), "greater than or equal to 1"),
        (("--why-not", "1", "--landing", "nowhere"), "nowhere"),
    ],
)
def test_mistakes(words: tuple[str, ...], message: str, sample_store: Path, sample_landing: Path) -> None:
    done = scr_here("explain", *RECORD, "--store", sample_store, "--landing", sample_landing, *words)
    assert (done.returncode, message in done.stderr, done.stdout) == (2, True, ""), done.stderr


def test_the_page_stands_alone_and_draws_every_pair(
    sample_store: Path, sample_landing: Path, tmp_path: Path
) -> None:
    out = tmp_path / "why.html"
    record = ("AU-000003", "xpm", "00000000-0000-4000-8000-000000000023")
    words = ("explain", *record, "--store", sample_store, "--landing", sample_landing)
    told = scr_here(*words, "--why-not", "1", "--html", out).stdout
    text = out.read_text(encoding="utf-8")
    found = _Page(text)
    assert found.open == []
    drawn = len(re.findall(r"^## (?:exact|near|rejected|not listed):", told, re.M))
    assert found.tags.count("svg") == drawn > 2
    assert not {"script", "link", "img", "iframe"} & set(found.tags)
    assert "http" not in text
    assert "prefers-color-scheme: dark" in text
    assert text.count("sure from") == text.count("asked from") == drawn
    assert "******560" in text
    assert re.search(r"\+\d+\.\d", text)


def _entry(name: str, bits: float, **more: str) -> dict[str, object]:
    return {"comparison": name, "level": f"level of {name}", "bits": bits, **more}


def _pair(*evidence: dict[str, object]) -> dict[str, object]:
    return {
        "band": "near",
        "probability": 0.5,
        "decided_by": "model",
        "reason": "A reason.",
        "this_is_left": False,
        "product": "xpm",
        "source_id": "<b>",
        "evidence": json.dumps(evidence),
    }


def test_values_of_records_are_text_and_stand_on_their_side() -> None:
    hostile = "<script>alert('x')</script> & \x1b[2J"
    text = page("P hq 1", [_pair(_entry("given_name", 2.0, left=hostile, right="mine"))], MatchOptions())
    assert "<script" not in text
    assert "\x1b" not in text
    assert "&lt;b&gt;" in text
    assert "<td>mine</td><td>&lt;script&gt;" in text


def test_bars_begin_where_the_last_one_ended_and_sum_up() -> None:
    clues = (_entry("given_name", 8.0), _entry("phone", -3.0), _entry("prior", -4.0))
    text = page("P hq 1", [_pair(*clues)], MatchOptions())
    drawn = re.findall(r'<rect class="(\w+)" x="([\d.]+)" y="\d+" width="([\d.]+)"', text)
    bars = [(kind, float(x), float(x) + float(width)) for kind, x, width in drawn]
    assert [kind for kind, *_ in bars] == ["against", "for", "against", "sum"]
    prior, given, phone, total = [(low, high) for _, low, high in bars]
    bit = (given[1] - given[0]) / 8
    assert given[0] == pytest.approx(prior[0], abs=0.2)
    assert phone[1] == pytest.approx(given[1], abs=0.2)
    assert total[1] - total[0] == pytest.approx(bit, abs=0.2)
    assert "sum +1.0" in text


def test_a_threshold_of_one_is_no_line() -> None:
    text = page("P hq 1", [_pair(_entry("prior", -4.0))], MatchOptions(exact=1.0))
    assert "joined from" not in text
    assert page("P hq 1", [], MatchOptions()).count("No pair to draw") == 1


def test_small_probabilities_and_what_spoke_against() -> None:
    assert [probability(p) for p in (0.5, 1e-6, 3e-12)] == ["0.500000", "0.000001", "3e-12"]
    clues = [
        _entry("prior", -9.0),
        *(_entry(n, b, left="") for n, b in (("a", -1.0), ("b", -2.0), ("c", 3.0))),
    ]
    assert spoke_against(clues) == "level of b (-2.0), level of a (-1.0)"
