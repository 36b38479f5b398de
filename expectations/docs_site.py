"""Data Docs of a run's validation: static pages that open without a network and hold no row of any client."""

import html
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from expectations.gate import Verdict, great_expectations
from expectations.ruleset import rules

if TYPE_CHECKING:
    from expectations.suites import Results

# Great Expectations' pages load styles, scripts and a counting image from other hosts; they read without.
_REMOTE = (
    r"<script\b.*?</script>",
    r"<link\b[^>]*https?://[^>]*>",
    r"<img\b[^>]*https?://[^>]*>",
    r"url\(['\"]?https?://[^)]*\)",
    r"<footer\b.*?</footer>",
)
_STYLE = """<style>
body { font: 15px/1.5 sans-serif; margin: 2em auto; max-width: 70em; }
table { border-collapse: collapse; } td, th { border: 1px solid #bbb; padding: 4px 10px; text-align: left; }
pre, code { white-space: pre-wrap; }
</style>"""


def write_data_docs(verdicts: Sequence[Verdict], run_id: str, folder: Path) -> Path:
    """Write the pages of the run's batches to `folder` and return its index page.

    Great Expectations renders one page per batch and table, with every rule and its number of failing keys;
    no value of a row is in the results. Scripts and links to other hosts are taken out.
    """
    batches = [verdict.results for verdict in verdicts]
    great_expectations().build_docs(batches, run_id, folder)
    for page in sorted(folder.rglob("*.html")):
        page.write_text(_offline(page.read_text(encoding="utf-8")), encoding="utf-8")
    index = folder / "index.html"
    index.write_text(_index(batches, run_id, folder), encoding="utf-8")
    return index


def _offline(page: str) -> str:
    for pattern in _REMOTE:
        page = re.sub(pattern, "", page, flags=re.DOTALL | re.IGNORECASE)
    return page.replace("</head>", f"{_STYLE}</head>", 1)


def _index(batches: Sequence["Results"], run_id: str, folder: Path) -> str:
    reasons = {rule.id: html.escape(rule.reason) for rule in rules()}
    rows = []
    for number, results in enumerate(batches, 1):
        for table, suite in sorted(results.items()):
            pages = (folder / "validations" / table / run_id).rglob(f"batch-{number}.html")
            page = max(pages).relative_to(folder)
            broken = [reasons[rule] for rule in sorted(great_expectations().failed({table: suite}))]
            rows.append(
                f'<tr><td>{number}</td><td><a href="{page.as_posix()}">{table}</a></td>'
                f"<td>{len(suite.results)}</td><td>{'<br>'.join(broken) or 'none'}</td></tr>"
            )
    title = f"Validation of run {html.escape(run_id)}"
    head = "<tr><th>batch</th><th>table</th><th>rules</th><th>rules that do not hold</th></tr>"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{_STYLE}</head>'
        f"<body><h1>{title}</h1><table>{head}{''.join(rows)}</table></body></html>\n"
    )
