"""The evidence behind a pair, as people read it: each comparison's level, both values and weight in bits."""

import polars as pl

from matching.comparison import Comparison
from matching.score import BITS

_PRODUCTS = pl.Series(["hq", "xpm", "tax"])


def with_evidence(pairs: pl.DataFrame, records: pl.DataFrame, comparisons: list[Comparison]) -> pl.DataFrame:
    """Columns of table `match` but run_id, in the order of `pairs`, `evidence` being a JSON list.

    Its entries: {"comparison", "level", "left", "right", "bits"} for each comparison that both sides
    have, then, without values, unsynced (where the old client sync left the pair out), prior (what is known
    before looking), kinship (taken off because relatives agree too) and rivals (other candidates of the same
    records). The bits add up to log2(p / (1 - p)).
    Values of private comparisons are masked. records: of `Prepared`.
    """
    entries = [
        *[_entry(k, c, pairs, records) for k, c in enumerate(comparisons)],
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


def _shown(comparison: Comparison, records: pl.DataFrame, rid: pl.Series) -> pl.Series:
    """What the comparison shows of each record of `rid`, as JSON."""
    if not comparison.shown:
        return pl.Series(["null"]).new_from_index(0, rid.len())
    found = pl.DataFrame([records[column].gather(rid) for column in comparison.shown])
    shown = [_text(values) for values in found]
    if comparison.private:
        text = "******" + shown[-1].str.tail(3)
    elif len(shown) == 1:
        text = shown[0]
    else:
        every = pl.concat_str(shown, separator=", ", ignore_nulls=True)
        text = pl.when(every != "").then(every)
    return _quoted(found.select(text).to_series())


def _text(values: pl.Series) -> pl.Expr:
    text = pl.col(values.name)
    return pl.when(text.list.len() > 0).then(text.list.join(", ")) if values.dtype == pl.List else text


def _quoted(values: pl.Series) -> pl.Series:
    # Normalised values hold no control characters, so quotes and backslashes are all there is to escape.
    every = values.str.join().item()
    for special in ("\\", '"'):
        if special in every:
            values = values.str.replace_all(special, f"\\{special}", literal=True)
    return pl.select(pl.format('"{}"', values).fill_null("null")).to_series()


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


def _entry(k: int, comparison: Comparison, pairs: pl.DataFrame, records: pl.DataFrame) -> pl.Series:
    """Entry of each pair, null where a side is missing."""
    nothing = pl.Series(f"e{k}", [None], dtype=pl.String).new_from_index(0, pairs.height)
    rows = pairs.select(pl.arg_where(pl.col(f"c{k}") > 0)).to_series()
    if rows.is_empty():
        return nothing
    found = pairs.select("l", "r", level=f"c{k}", weight=f"w{k}")[rows]
    starts = [f'{{"comparison": "{comparison.name}", "level": "{s}", "left": ' for s in comparison.sentences]
    shown = _shown(comparison, records, pl.concat([found["l"], found["r"]]))
    left, right = shown[: rows.len()], shown[rows.len() :]
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
    return nothing.scatter(rows, entry.to_series())
