"""The evidence behind a pair, as people read it: each comparison's level, both values and weight in bits."""

import duckdb
import polars as pl

from matching.comparison import Comparison

_LISTS = frozenset(("emails", "phones", "websites"))


def with_evidence(
    con: duckdb.DuckDBPyConnection, pairs: pl.DataFrame, comparisons: list[Comparison]
) -> pl.DataFrame:
    """Columns of table `match` but run_id, `evidence` being a JSON list.

    Its entries: {"comparison", "level", "left", "right", "bits"} for each comparison that both sides
    have, then prior (what is known before looking), kinship (taken off because relatives agree too) and
    rivals (other candidates of the same records), without values. The bits add up to log2(p / (1 - p)).
    Values of private comparisons are masked.
    """
    entries = [_entry(k, comparison) for k, comparison in enumerate(comparisons)]
    entries += [
        _line("prior", "before any comparison", "p.prior"),
        _line("kinship", "relatives agree on this much as well", "p.kinship"),
        _line("rivals", "other candidates of the same records",
              "log2(p.probability / (1 - least(p.probability, 1 - 1e-12))) - p.log_odds / ln(2)"),
    ]  # fmt: skip
    con.register("scored", pairs)
    try:
        return con.execute(f"""
            select
                p.practice_id,
                ['hq', 'xpm', 'tax'][p.left_list + 1] as left_product, p.left_id,
                ['hq', 'xpm', 'tax'][p.right_list + 1] as right_product, p.right_id,
                p.probability, p.band, p.decided_by, p.reason,
                '[' || concat_ws(', ', {", ".join(entries)}) || ']' as evidence
            from scored as p
            inner join prepared as l on l.rid = p.l
            inner join prepared as r on r.rid = p.r
        """).pl()
    finally:
        con.unregister("scored")


def _line(name: str, sentence: str, bits: str) -> str:
    start = f'{{"comparison": "{name}", "level": "{sentence}", "bits": '
    return f"""'{start}' || coalesce(round({bits}, 2), 0) || '}}'"""


def _entry(k: int, comparison: Comparison) -> str:
    sentences = ", ".join(f"'{s.replace(chr(39), chr(39) * 2)}'" for s in comparison.sentences)
    values = "".join(
        f""" || ', "{side}": ' || {_quoted(_value(comparison, alias))}"""
        for side, alias in (("left", "l"), ("right", "r"))
    )
    return (
        f"""case when p.c{k} > 0 then '{{"comparison": "{comparison.name}", "level": "'"""
        f""" || [{sentences}][p.c{k} + 1] || '"'{values} || ', "bits": ' || round(p.w{k}, 2) || '}}' end"""
    )


def _quoted(value: str) -> str:
    # Normalised values hold no control characters, so quotes and backslashes are all there is to escape.
    escaped = f"""replace(replace({value}, '\\', '\\\\'), '"', '\\"')"""
    return f"""coalesce('"' || {escaped} || '"', 'null')"""


def _value(comparison: Comparison, alias: str) -> str:
    if not comparison.shown:
        return "null::varchar"
    if comparison.private:
        return f"'******' || right({alias}.{comparison.shown[-1]}, 3)"
    shown = [
        f"array_to_string({alias}.{column}, ', ')" if column in _LISTS else f'{alias}."{column}"'
        for column in comparison.shown
    ]
    return f"nullif(concat_ws(', ', {', '.join(shown)}), '')"
