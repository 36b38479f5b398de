"""Names alone: verdicts where a name or a line of text is all that is known.

One clue cannot be trained without labels: nothing else tells which pairs are the same. So the odds come from
the structure of the likeness itself, what two names share against what each says instead, and hold for a
list of any size: the more names there are, the fewer candidates share their rare words by chance.
"""

from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein
from scipy.sparse import coo_matrix, csr_matrix

from matching import tokens
from matching.blocking import Scope
from matching.linkage import average_linkage
from matching.model import Floats
from matching.score import BITS
from matching.spec import MatchSpec
from transforms import normalise
from transforms.normalise.structures import is_organisation_word

Ints = NDArray[np.int64]

KINDS = ("organisation_name", "full_name", "name", "text")


@dataclass(frozen=True)
class Rule:
    """How likeness becomes odds."""

    lacking: float
    """What a bit that stands in the one name instead of the other weighs against a shared bit."""
    extra: float
    """What a bit that only the longer name says weighs against a shared bit."""
    even: float
    """Likeness at which a pair is as likely the same as not."""


ORGANISATIONS = Rule(lacking=1.5, extra=0.4, even=0.25)
TEXTS = Rule(lacking=1.0, extra=0.2, even=0.4)
PERSONS = Rule(lacking=4.0, extra=0.2, even=0.2)
_RULES = {"bare_org": ORGANISATIONS, "bare_text": TEXTS, "bare_person": PERSONS}
_SLOPE = 9.0
"""Log odds for one unit of likeness."""

_DOUBT = 2.0
_SURE, _USUAL, _LEARN, _LEAST = 0.8, 0.5, 0.5, 0.03
_FEW = 50
"""Bits against: names that share little are not alike for want of difference."""
_UNLIKE = -0.5
"""Most likeness of names with different numbers, or of different structure."""
_FLOOR = -7.0
"""Log odds of pairs that are no candidates; such pairs are not returned either."""
_TOGETHER = 2.25
"""Log odds by which the mean of a group may fall short: many pairs say more than one."""
_TOGETHER_FROM = 0.9
_PAIRS, _PAIRS_EACH = 1_000_000, 30
"""Candidates: so many, or so many for each record."""


def applies(spec: MatchSpec) -> bool:
    """Whether the specification holds nothing but one name or text."""
    return len(spec.fields) == 1 and spec.fields[0].kind in KINDS


def bare(values: pl.Series, kind: str) -> pl.DataFrame:
    """What is compared where a name is all there is.

    Columns bare_org, bare_trading (an organisation's name by its core, with the trust it is trustee for),
    bare_form (structure by the legal form), bare_person (a person's name), of which some stay empty.
    """
    values = values.cast(pl.String)
    nothing = pl.Series("", [None], dtype=pl.String).new_from_index(0, len(values))
    found = {"bare_text": nothing, "bare_org": nothing, "bare_trading": nothing, "bare_form": nothing, "bare_person": nothing}
    if kind == "text":
        found["bare_text"] = normalise.fold(values)
    if kind in ("organisation_name", "name"):
        parts = normalise.organisation_name(values)
        found |= parts.select(
            bare_org=pl.concat_str("organisation_name", "trustee_for", separator=" ", ignore_nulls=True).replace("", None),
            bare_trading="trading_as",
            bare_form=_form(),
        ).to_dict()
    if kind in ("full_name", "name"):
        person = normalise.person_name(None, None, None, values)["full_name"]
        organised = pl.select(
            is_organisation_word(pl.lit(normalise.fold(values))) | pl.lit(found["bare_form"]).is_not_null()
        ).to_series()
        found["bare_person"] = person if kind == "full_name" else person.to_frame("n").select(pl.when(~organised).then("n")).to_series()
    return pl.DataFrame(found)


_FORMS = {"trust": "trust", "unit_trust": "trust", "super_fund": "super fund", "estate": "estate", "partnership": "partnership"}


def _form() -> pl.Expr:
    form = pl.col("legal_form").replace_strict(_FORMS, default="company")
    return (
        pl.when(pl.col("trustee_for").is_not_null())
        .then(pl.lit("trustee"))
        .when(pl.col("legal_form").is_not_null())
        .then(form)
    )


def scored(frame: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    """Likely pairs of prepared records with the columns of `score.score` for one comparison.

    frame: `prepared` with the columns of `bare`, in the order of rid.
    """
    frame = frame.with_columns(pl.int_range(pl.len()).alias("at"))
    views = [_view(frame, column, rule) for column, rule in _RULES.items() if frame[column].null_count() < frame.height]
    pairs = pl.concat(_compared(view, frame, scope) for view in views)
    both_persons = frame["bare_person"].is_not_null()
    judged = pairs.filter(
        pl.col("persons") | ~(both_persons.gather(pairs["l"]) & both_persons.gather(pairs["r"]))
    )
    best = judged.group_by("l", "r").agg(pl.col("log_odds").max()).sort("l", "r")
    size = frame["size"].gather(best["l"])
    lists = frame["list"]
    return best.with_columns(
        pl.col("l").cast(pl.UInt32), pl.col("r").cast(pl.UInt32),
        within=lists.gather(best["l"]) == lists.gather(best["r"]), size=size,
        prior=pl.lit(0.0), kinship=pl.lit(0.0), w0=pl.col("log_odds") * BITS,
    )  # fmt: skip


@dataclass(frozen=True)
class _View:
    """Names as organisations' or as persons', and the record of each."""

    names: tokens.Names
    record: Ints
    rule: Rule
    texts: pl.Series

    @property
    def persons(self) -> bool:
        return self.rule is PERSONS


def _view(frame: pl.DataFrame, column: str, rule: Rule) -> _View:
    held = frame.select("at", "list", text=column).drop_nulls()
    if column == "bare_org":
        other = frame.select("at", "list", text="bare_trading").drop_nulls()
        held = pl.concat([held, other])
    names = tokens.names_of(held["text"], held["list"].cast(pl.Int64).to_numpy(), column == "bare_person", column == "bare_org")
    return _View(names, held["at"].to_numpy().astype(np.int64), rule, held["text"])


def _compared(view: _View, frame: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    """l, r, persons, log_odds of the view's candidates that are not hopeless."""
    a, b = _candidates(view, frame, scope)
    common = tokens.in_common(view.names, a, b)
    rule = view.rule
    likeness = _likeness(common, rule)
    if rule is PERSONS:
        near = likeness > _UNLIKE
        a, b = a[near], b[near]
        likeness = _likeness(tokens.one_to_one(view.names, a, b), rule)
        likeness = np.maximum(likeness, _written_together(view.texts, a, b))
    left, right = view.record[a], view.record[b]
    pairs = pl.DataFrame({"l": np.minimum(left, right), "r": np.maximum(left, right), "likeness": likeness})
    forms = frame["bare_form"]
    apart = (forms.gather(pairs["l"]) != forms.gather(pairs["r"])).fill_null(False).to_numpy()
    if rule is ORGANISATIONS:
        apart = apart | common.numbers_differ
    most = np.where(apart, np.minimum(likeness, _UNLIKE), likeness)
    partners = (2 * (most >= _SURE).sum() + _USUAL * _FEW) / (len(view.record) + _FEW)
    full = _LEARN * np.log((partners + _LEAST) / _USUAL)
    return pairs.select("l", "r", persons=pl.lit(view.persons), log_odds=pl.Series(_SLOPE * (most - rule.even) + full)).filter(
        pl.col("log_odds") > _FLOOR
    )


def _likeness(common: tokens.Common, rule: Rule) -> Floats:
    """From -1, nothing in common, to 1, nothing but what is in common."""
    against = rule.lacking * common.lacking + (rule.lacking * common.number_more if rule is ORGANISATIONS else 0)
    return (common.shared - against) / (common.shared + against + rule.extra * common.extra + _DOUBT)


def _written_together(texts: pl.Series, left: Ints, right: Ints) -> Floats:
    """Likeness of names that differ in where words end: "VladimirPutin"; -1 where they do not."""
    a, b = texts.gather(left), texts.gather(right)
    other = (a.str.count_matches(" ") != b.str.count_matches(" ")).to_numpy()
    close = process.cpdist(
        a.str.replace_all(" ", "").to_list(), b.str.replace_all(" ", "").to_list(),
        scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=_TOGETHER_FROM,
    )  # fmt: skip
    return np.where(other & (close >= _TOGETHER_FROM), close, -1.0)


def _candidates(view: _View, frame: pl.DataFrame, scope: Scope) -> tuple[Ints, Ints]:
    """Names that share a word, or words much alike: the rarest first, as long as there are not too many pairs."""
    part = frame["part_no"].to_numpy().astype(np.int64)[view.record]
    lists = frame["list"].to_numpy().astype(np.int64)[view.record]
    holds, meets = _by_part(view.names.full, part), _by_part(view.names.found, part)
    keys = {key: i for i, key in enumerate(np.unique(np.concatenate([holds.col, meets.col])).tolist())}
    shape = (len(part), len(keys))
    x, y = (
        csr_matrix((np.ones(len(m.row), dtype=np.float32), (m.row, [keys[k] for k in m.col.tolist()])), shape=shape)
        for m in (holds, meets)
    )
    cost = np.asarray(x.sum(axis=0)).ravel() * np.asarray(y.sum(axis=0)).ravel()
    order = np.argsort(cost, kind="stable")
    most = max(_PAIRS, _PAIRS_EACH * len(part))
    kept = np.sort(order[np.cumsum(cost[order]) <= 2 * most])
    found = (x[:, kept] @ y[:, kept].T).tocoo()
    a, b = np.minimum(found.row, found.col).astype(np.int64), np.maximum(found.row, found.col).astype(np.int64)
    same_list = lists[a] == lists[b]
    wanted = {"cross": ~same_list, "within": same_list, "all": np.ones(len(a), dtype=bool)}[scope]
    wanted &= view.record[a] != view.record[b]
    code = np.unique(a[wanted] * len(part) + b[wanted])
    return code // len(part), code % len(part)


def _by_part(matrix: csr_matrix, part: Ints) -> coo_matrix:
    """The matrix with a column for each word and partition."""
    rows = matrix.tocoo()
    return coo_matrix((rows.data, (rows.row, part[rows.row] * matrix.shape[1] + rows.col)), shape=(matrix.shape[0], matrix.shape[1] * (int(part.max()) + 1)))


def clusters(records: int, pairs: pl.DataFrame) -> Ints:
    """Cluster of each record, by `scored` pairs."""
    left, right = (pairs[side].cast(pl.Int64).to_numpy() for side in "lr")
    return average_linkage(records, left, right, pairs["log_odds"].to_numpy() + _TOGETHER, _FLOOR + _TOGETHER)
