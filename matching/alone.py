"""Names alone: verdicts where a name or a line of text is all that is known.

One clue cannot be trained without labels: nothing else tells which pairs are the same. So the odds come from
the structure of the likeness itself: what two names share against what each says instead. They hold for lists
of any size, for the larger a list, the more partners and the more strangers a name has in it.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein
from scipy.sparse import coo_matrix, csr_matrix

from matching import assign, tokens
from matching.buckets import Scope
from matching.model import Floats
from matching.score import BITS
from matching.tokens import Ints


@dataclass(frozen=True)
class Rule:
    """How likeness becomes odds."""

    lacking: float
    """What a bit that stands in the one name instead of the other weighs against a shared bit."""
    extra: float
    """What a bit that only the longer name says weighs against a shared bit."""
    even: float
    """Likeness at which a pair is as likely the same as not."""


ORGANISATIONS = Rule(lacking=1.4, extra=0.9, even=0.3)
TEXTS = Rule(lacking=1.0, extra=0.2, even=0.36)
PERSONS = Rule(lacking=4.0, extra=0.2, even=0.25)
_RULES = {"bare_org": ORGANISATIONS, "bare_text": TEXTS, "bare_person": PERSONS}
_SLOPE = 9.0
"""Log odds for one unit of likeness."""
_DOUBT = 2.0
"""Bits against: names that share little are not alike for want of difference."""
_UNLIKE = -0.5
"""Most likeness of names with different numbers, or of different structure."""
_FLOOR = -7.0
"""Log odds of pairs that are no candidates; less likely pairs are not returned either."""
_TOGETHER = 2.25
"""Log odds by which the mean between two groups may fall short: many pairs say more than one."""
_ONE_WORD = 0.9
"""Likeness in spelling from which names that differ in where words end are one."""
_PAIRS, _PAIRS_EACH = 1_000_000, 30
"""Candidates at most: so many, or so many for each record."""

_SURE = 0.8
"""Likeness of which nearly all pairs are the same: their number tells how full of duplicates a list is."""
_USUAL, _BELIEF, _LEAST = 0.5, 50.0, 0.03
"""Sure partners of a record where `Rule.even` holds, records of belief in that, and the least taken."""
_LEARN = 0.5
"""Share in which the odds of all pairs follow the number of sure ones."""


_NO_PAIRS = pl.DataFrame(schema={"l": pl.Int64, "r": pl.Int64, "log_odds": pl.Float64, "persons": pl.Boolean})


def scored(frame: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    """Likely pairs of prepared records, as `score.score` gives them, with the one comparison w0.

    frame: prepared records with the columns of `bare.bare`, in the order of rid. No training and no model.
    """
    views = [_view(frame, column) for column in _RULES if frame[column].null_count() < frame.height]
    pairs = pl.concat([_NO_PAIRS, *(_compared(view, frame, scope) for view in views)])
    # Two names that both read as persons' are compared as such.
    person = frame["bare_person"].is_not_null()
    pairs = pairs.filter(pl.col("persons") | ~(person.gather(pairs["l"]) & person.gather(pairs["r"])))
    best = pairs.group_by("l", "r").agg(pl.col("log_odds").max()).sort("l", "r")
    lists = frame["list"]
    return best.with_columns(
        pl.col("l", "r").cast(pl.UInt32),
        within=lists.gather(best["l"]) == lists.gather(best["r"]),
        size=frame["size"].gather(best["l"]),
        prior=pl.lit(0.0),
        kinship=pl.lit(0.0),
        w0=pl.col("log_odds") * BITS,
    )


def clusters(records: int, pairs: pl.DataFrame) -> pl.Series:
    """Cluster of each record, by `scored` pairs."""
    return assign.clusters(
        records, pairs["l"], pairs["r"], pairs["log_odds"] + _TOGETHER, uncompared=_FLOOR + _TOGETHER
    )


@dataclass(frozen=True)
class _View:
    """Names read in one way, the record of each, and where that record stands."""

    names: tokens.Names
    texts: pl.Series
    record: Ints
    part: Ints
    lists: Ints
    rule: Rule


def _view(frame: pl.DataFrame, column: str) -> _View:
    """The names of a column; the trading name of an organisation is a name of its own beside it."""
    numbered = frame.select("part_no", "list", column, "bare_trading", at=pl.int_range(pl.len()))
    held = numbered.select("at", "part_no", "list", text=column).drop_nulls()
    if column == "bare_org":
        traded = numbered.select("at", "part_no", "list", text="bare_trading").drop_nulls()
        held = pl.concat([held, traded])
    record, part, lists = (held[c].cast(pl.Int64).to_numpy() for c in ("at", "part_no", "list"))
    names = tokens.names_of(held["text"], lists, column == "bare_person", column == "bare_text")
    return _View(names, held["text"], record, part, lists, _RULES[column])


def _compared(view: _View, frame: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    """l, r, persons, log_odds of the view's candidates that are not hopeless."""
    a, b = _candidates(view, scope)
    common = tokens.in_common(view.names, a, b)
    likeness = _likeness(common, view.rule)
    if view.rule is PERSONS:
        near = likeness > _UNLIKE
        a, b = a[near], b[near]
        likeness = _likeness(tokens.one_to_one(view.names, a, b), view.rule)
        likeness = np.maximum(likeness, _written_as_one(view.texts, a, b))
        likeness = np.where(_father_and_son(view.texts, a, b), np.minimum(likeness, _UNLIKE), likeness)
    left, right = view.record[a], view.record[b]
    if view.rule is ORGANISATIONS:
        form = frame["bare_form"]
        apart = (form.gather(left) != form.gather(right)).fill_null(False).to_numpy() | common.numbers_differ
        likeness = np.where(apart, np.minimum(likeness, _UNLIKE), likeness)
    log_odds = _SLOPE * (likeness - view.rule.even) + _fullness(likeness, len(view.record))
    pairs = pl.DataFrame({"l": np.minimum(left, right), "r": np.maximum(left, right), "log_odds": log_odds})
    return pairs.with_columns(persons=view.rule is PERSONS).filter(pl.col("log_odds") > _FLOOR)


def _likeness(common: tokens.Common, rule: Rule) -> Floats:
    """From -1, nothing in common, to 1, nothing but what is in common."""
    against = rule.lacking * common.lacking
    if rule is ORGANISATIONS:
        against = against + rule.lacking * common.number_more
    return (common.shared - against) / (common.shared + against + rule.extra * common.extra + _DOUBT)


def _fullness(likeness: Floats, names: int) -> float:
    """Log odds that all pairs gain where sure pairs abound, and lose where there are next to none."""
    partners = (2 * float((likeness >= _SURE).sum()) + _USUAL * _BELIEF) / (names + _BELIEF)
    return _LEARN * float(np.log((partners + _LEAST) / _USUAL))


def _written_as_one(texts: pl.Series, left: Ints, right: Ints) -> Floats:
    """Likeness of names that differ in where words end: "MariaFernandes"; -1 where they do not."""
    a, b = texts.gather(left), texts.gather(right)
    other = (a.str.count_matches(" ") != b.str.count_matches(" ")).to_numpy()
    joined = [side.str.replace_all(" ", "", literal=True).to_list() for side in (a, b)]
    close = process.cpdist(*joined, scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=_ONE_WORD)
    return np.where(other & (close >= _ONE_WORD), close, -1.0)


def _father_and_son(texts: pl.Series, left: Ints, right: Ints) -> NDArray[np.bool_]:
    """Whether the one is the son where the other is the father: "Salman bin Omar", "Omar bin Salman"."""
    son, father = (
        [texts.gather(side).str.extract(r"(\S+) bin (?:al )?(\S+)", group) for side in (left, right)]
        for group in (1, 2)
    )
    turned = (son[0] == father[1]) & (father[0] == son[1]) & (son[0] != father[0])
    return turned.fill_null(False).to_numpy()


def _candidates(view: _View, scope: Scope) -> tuple[Ints, Ints]:
    """Names of one partition that share a key: a word, one much alike, or the two words that tell most.

    The rarest keys come first, as long as there are not too many pairs.
    """
    holds, meets = _keys(view)
    cost = holds.group_by("key").len().join(meets.group_by("key").len(), on="key", validate="1:1")
    cost = cost.select("key", pairs=pl.col("len").cast(pl.Int64) * pl.col("len_right")).sort("pairs", "key")
    most = 2 * max(_PAIRS, _PAIRS_EACH * len(view.record))
    kept = cost.filter(pl.col("pairs").cum_sum() <= most).sort("key").select("key").with_row_index("at")
    x, y = (
        _incidence(side.join(kept, on="key", validate="m:1"), len(view.record), kept.height)
        for side in (holds, meets)
    )
    found = coo_matrix(x @ y.T)
    a = np.minimum(found.row, found.col).astype(np.int64)
    b = np.maximum(found.row, found.col).astype(np.int64)
    same_list = view.lists[a] == view.lists[b]
    wanted: NDArray[np.bool_] = view.record[a] != view.record[b]
    wanted &= {"cross": ~same_list, "within": same_list, "all": np.ones_like(same_list)}[scope]
    code = np.unique(a[wanted] * len(view.record) + b[wanted])
    return code // len(view.record), code % len(view.record)


def _keys(view: _View) -> tuple[pl.DataFrame, pl.DataFrame]:
    """name, key of the keys that each name holds, and of those that it may be found by."""
    full, found = view.names.full.tocoo(), view.names.found.tocoo()
    size = full.shape[1]
    part = view.part * size
    held = pl.DataFrame({"name": full.row, "word": full.col, "bits": full.data})
    rarest = held.sort(["name", "bits", "word"], descending=[False, True, False]).group_by(
        "name", maintain_order=True
    )
    two = rarest.agg(pl.col("word").head(2)).filter(pl.col("word").list.len() == 2)
    two = two.with_columns(
        low=pl.col("word").list.min().cast(pl.Int64), high=pl.col("word").list.max().cast(pl.Int64)
    )
    # Numbers below 0, so that they are no words' keys.
    both = (pl.Series(part).gather(two["name"]) + two["low"]) * size + two["high"]
    pairs = two.select(pl.col("name").cast(pl.Int64), key=-1 - both)
    words = (
        pl.DataFrame({"name": m.row.astype(np.int64), "key": part[m.row] + m.col}) for m in (full, found)
    )
    holds, meets = (pl.concat([side, pairs]) for side in words)
    return holds, meets


def _incidence(held: pl.DataFrame, rows: int, columns: int) -> csr_matrix:
    ones = np.ones(held.height, dtype=np.float32)
    return csr_matrix((ones, (held["name"], held["at"])), shape=(rows, columns))
