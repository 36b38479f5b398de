"""The evidence behind a pair, as people read it: each comparison's level, both values and weight in bits."""

import duckdb
import polars as pl

from matching.comparison import Comparison
from matching.score import BITS

_LISTS = frozenset(("emails", "phones", "websites", "people", "people_names"))
_PRODUCTS = pl.Series(["hq", "xpm", "tax"])


def with_evidence(
    con: duckdb.DuckDBPyConnection, pairs: pl.DataFrame, comparisons: list[Comparison]
) -> pl.DataFrame:
    """Columns of table `match` but run_id, in the order of `pairs`, `evidence` being a JSON list.

    Its entries: {"comparison", "level", "left", "right", "bits"} for each comparison that both sides
    have, then, without values, unsynced (where the old client sync left the pair out), prior (what is known
    before looking), kinship (taken off because relatives agree too) and rivals (other candidates of the same
    records). The bits add up to log2(p / (1 - p)).
    Values of private comparisons are masked.
    """
    values = _values(con, pairs, comparisons)
    entries = [
        *[_entry(k, c, pairs, values) for k, c in enumerate(comparisons)],
        _left_out(),
        _line("prior", "before any comparison", pl.col("prior")),
        _line("kinship", "relatives agree on this much as well", pl.col("kinship")),
        _line("rivals", "other candidates of the same records", _rivals()),
    ]
    return pairs.select(
        "practice_id",
        _PRODUCTS.gather(pairs["left_list"]).alias("left_product"),
        "left_id",
        _PRODUCTS.gather(pairs["right_list"]).alias("right_product"),
        "right_id",
        *("probability", "band", "decided_by", "reason"),
        evidence=pl.format("[{}]", pl.concat_str(entries, separator=", ", ignore_nulls=True)),
    )


def _values(
    con: duckdb.DuckDBPyConnection, pairs: pl.DataFrame, comparisons: list[Comparison]
) -> pl.DataFrame:
    """rid and, as v0 …, what each comparison shows of it as JSON, of every record of `pairs`."""
    shown = {f"v{k}": _value(comparison) for k, comparison in enumerate(comparisons)}
    con.register("listed", pl.concat([pairs.select(rid="l"), pairs.select(rid="r")]))
    try:
        texts = con.execute(f"""
            select rid{"".join(f", {value} as {name}" for name, value in shown.items())}
            from prepared
            where rid in (select rid from listed)
        """).pl()
    finally:
        con.unregister("listed")
    texts = texts.sort("rid")
    return pl.DataFrame([texts["rid"], *[_quoted(texts[name]) for name in shown]])


def _value(comparison: Comparison) -> str:
    if not comparison.shown:
        return "null::varchar"
    if comparison.private:
        return f"'******' || right({comparison.shown[-1]}, 3)"
    shown = [f"array_to_string({c}, ', ')" if c in _LISTS else f'"{c}"' for c in comparison.shown]
    return f"nullif(concat_ws(', ', {', '.join(shown)}), '')"


def _quoted(values: pl.Series) -> pl.Series:
    # Normalised values hold no control characters, so quotes and backslashes are all there is to escape.
    for special in ("\\", '"'):
        if values.str.contains(special, literal=True).any():
            values = values.str.replace_all(special, f"\\{special}", literal=True)
    return pl.select(pl.format('"{}"', values).fill_null("null").alias(values.name)).to_series()


def _bits(bits: pl.Expr) -> pl.Expr:
    rounded = bits.round(2, mode="half_away_from_zero")
    # "-0.0" would tell of the last digit of a sum, which depends on the batch.
    return pl.when(rounded == 0).then(0.0).otherwise(rounded).cast(pl.String)


def _rivals() -> pl.Expr:
    odds = pl.col("probability") / (1 - pl.min_horizontal("probability", 1 - 1e-12))
    bits: pl.Expr = odds.log(2) - pl.col("log_odds") * BITS
    return bits


def _left_out() -> pl.Expr:
    """Entry only where it tells something: most practices never used the sync, or have a link."""
    sentence = "the old client sync paired others of the practice, but not these"
    return pl.when(pl.col("unsynced").round(2) < 0).then(_line("unsynced", sentence, pl.col("unsynced")))


def _line(name: str, sentence: str, bits: pl.Expr) -> pl.Expr:
    start = f'{{"comparison": "{name}", "level": "{sentence}", "bits": '
    return pl.concat_str(pl.lit(start), _bits(bits).fill_null("0.0"), pl.lit("}"))


def _entry(k: int, comparison: Comparison, pairs: pl.DataFrame, values: pl.DataFrame) -> pl.Series:
    """Entry of each pair, null where a side is missing."""
    rows = pairs.select(pl.arg_where(pl.col(f"c{k}") > 0)).to_series()
    found = pairs.select("l", "r", level=f"c{k}", weight=f"w{k}")[rows]
    starts = [f'{{"comparison": "{comparison.name}", "level": "{s}", "left": ' for s in comparison.sentences]
    left, right = (values[f"v{k}"].gather(values["rid"].search_sorted(found[side])) for side in "lr")
    entry = found.select(
        pl.concat_str(
            pl.Series(starts).gather(found["level"]),
            left,
            pl.lit(', "right": '),
            right,
            pl.lit(', "bits": '),
            _bits(pl.col("weight")),
            pl.lit("}"),
        )
    )
    nothing = pl.Series(f"e{k}", [None], dtype=pl.String).new_from_index(0, pairs.height)
    return nothing.scatter(rows, entry.to_series())
