"""Candidates of prepared lists and their odds, by a model given or trained on the lists themselves."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import duckdb
import polars as pl

from expectations.errors import UsageError
from matching import free, levels, vectors
from matching.blocking import Key, blocked, candidates, in_turn, keys_for, make_table
from matching.buckets import Scope
from matching.checks import MOST_LISTS
from matching.comparison import Comparison
from matching.marginal import FLOOR, LEAST, SURE, marginals
from matching.model import Model
from matching.prepare import Prepared
from matching.score import score
from matching.spec import Field
from matching.training import Observed, fitted, observe, refined

_REFINED = 2
"""Times that a model is counted anew in view of what it made of the pairs."""


def comparisons_of(prepared: Prepared) -> list[Comparison]:
    """The comparisons that the prepared columns allow."""
    return levels.of_columns(prepared.filled) + _of_free(prepared, set(prepared.filled))


def possible(prepared: Prepared, fields: list[Field]) -> list[Comparison]:
    """The comparisons that the fields may allow, whether the prepared lists fill them or not."""
    return levels.of_fields(fields) + _of_free(prepared, {column for column, _ in prepared.free})


def _of_free(prepared: Prepared, columns: set[str]) -> list[Comparison]:
    kinds = {"identifier": free.identifier, "masked": free.masked, "category": free.category}
    kinds |= {"year": free.year, "text": free.text}
    return [kinds[kind](column) for column, kind in prepared.free if column in columns]


def known_to(model: Model, prepared: Prepared, fields: list[Field]) -> list[Comparison]:
    """The comparisons that the prepared columns allow and the model has seen.

    Raises UsageError where it was trained without one of the fields, or has seen none of what is filled here.
    """
    alien = [
        levels.field_of(comparison, fields)
        for comparison in possible(prepared, fields)
        if comparison.name not in model.unseen
        and model.levels.get(comparison.name) != list(comparison.sentences)
    ]
    if alien:
        raise UsageError(
            f"model: it knows no comparison of field {', '.join(dict.fromkeys(alien))} as of here: it was"
            " trained on other fields, or by another version of this program; train it anew"
        )
    found = comparisons_of(prepared)
    known = [comparison for comparison in found if comparison.name in model.levels]
    if found and not known:
        filled = dict.fromkeys(levels.field_of(comparison, fields) for comparison in found)
        raise UsageError(
            f"model: the lists it was trained on hold nothing in {', '.join(filled)}, and these lists hold"
            " nothing else; train it anew"
        )
    return known


def overlap_of(model: Model) -> float:
    """Share of the shorter list that is believed to have a partner."""
    return max(stratum.overlap for stratum in model.strata.values())


@dataclass(frozen=True)
class Linking:
    """Prepared lists, the comparisons of their fields, and the DuckDB that holds their candidates."""

    con: duckdb.DuckDBPyConnection
    prepared: Prepared
    comparisons: list[Comparison]

    def scored(self, scope: Scope, model: Model | None) -> tuple[pl.DataFrame, Model, Observed | None]:
        """The candidates by a model, the model, and what it was trained on, where none is given.

        Between two lists of many keys the candidates are those of the first turn (`blocking.in_turn`).
        """
        if model is None:
            observed = self.observed(scope)
            model, pairs = self.trained([observed], observed.candidates)
            return pairs, model, observed
        self._propose(scope, self.prepared.frame)
        return self.by_model(self._compared("candidate"), model), model, None

    def of_the_rest(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """The candidates of the second turn, compared: of records without a sure partner among `pairs`."""
        likely = pairs.filter(pl.col("log_odds") > math.log(FLOOR))
        odds = likely["log_odds"].clip(-60, 60).exp()
        sure = likely.filter(marginals(likely["l"], likely["r"], odds) >= SURE)
        settled = pl.concat([sure["l"], sure["r"]]).implode()
        rest = self.prepared.frame.filter(~pl.col("rid").is_in(settled))
        make_table(self.con, "more", blocked(rest, self.keys[1], "cross", small=False))
        self.con.execute("create or replace temp table rest as from more anti join candidate using (l, r)")
        return self._compared("rest")

    @cached_property
    def keys(self) -> tuple[list[Key], list[Key]]:
        """Blocking keys, and those of a second turn between two lists, where there is one."""
        held = self.prepared
        keys = keys_for(held.filled, held.free, held.is_sparse)
        return in_turn(keys) if held.frame["list"].max() == 1 else (keys, [])

    def observed(self, scope: Scope, frame: pl.DataFrame | None = None) -> Observed:
        """The candidates and a sample of the other pairs of all records, or of those of `frame`."""
        self._propose(scope, self.prepared.frame if frame is None else frame)
        return observe(self.con, self.prepared, self.comparisons, scope, frame)

    def trained(self, observed: Sequence[Observed], compared: pl.DataFrame) -> tuple[Model, pl.DataFrame]:
        """A model of what was observed, and the `compared` candidates by it."""
        model = fitted(observed, self.comparisons, cautiously=True)
        # Pairs inside a list have no such rivals: duplicates are as many as they are.
        rounds = 0 if compared["within"].any() else _REFINED
        judged = compared
        for _ in range(rounds):
            likely = self._known(score(judged, self.comparisons, model, math.log(FLOOR)))
            odds = likely["log_odds"].clip(-60, 60).exp()
            judged = likely.with_columns(marginals(*self._ends(likely), odds))
            model = refined(model, observed, self.comparisons, judged)
        return model, self.by_model(compared, model)

    def _ends(self, pairs: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
        """Numbers of both ends of pairs: a record and the list it looks into, as it has a partner in each."""
        lists = self.prepared.frame["list"].cast(pl.Int64)

        def end(one: str, other: str) -> pl.Series:
            return (pairs[one].cast(pl.Int64) * MOST_LISTS + lists.gather(pairs[other])).rank("dense")

        return end("l", "r"), end("r", "l")

    def log_odds(self, pairs: pl.DataFrame, model: Model | None) -> pl.Series:
        """Log odds of pairs (l, r), sorted and each once, as if each were of two lists.

        Without a model names are all that is known: two that are a third's are the same.
        """
        if model is None:
            return pl.repeat(math.inf, pairs.height, dtype=pl.Float64, eager=True)
        make_table(self.con, "asked", pairs)
        compared = self._compared("asked").with_columns(within=False)
        return score(compared, self.comparisons, model)["log_odds"]

    def fellows(self, pairs: pl.DataFrame, cluster: pl.Series, model: Model) -> pl.DataFrame:
        """Pairs of one cluster and two lists that are not among `pairs`: a third record is like both.

        cluster: of each record.
        """
        held = self.prepared.frame.select("rid", "list", cluster=cluster)
        held = held.filter(pl.len().over("cluster") > 2)
        both = held.join(held, on="cluster", suffix="_r").filter(pl.col("list") < pl.col("list_r"))
        missing = both.select(l="rid", r="rid_r").join(pairs, on=["l", "r"], how="anti")
        make_table(self.con, "fellow", missing.sort("l", "r"))
        return self._known(score(self._compared("fellow"), self.comparisons, model)).select(pairs.columns)

    def with_lists(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """Pairs with part_no, left_list and right_list."""
        frame = self.prepared.frame
        return pairs.with_columns(
            frame["part_no"].gather(pairs["l"]).alias("part_no"),
            frame["list"].gather(pairs["l"]).alias("left_list"),
            frame["list"].gather(pairs["r"]).alias("right_list"),
        )

    def _propose(self, scope: Scope, frame: pl.DataFrame) -> None:
        first, later = self.keys
        candidates(self.con, frame, first if scope == "cross" else later or first, scope)

    def _compared(self, source: str) -> pl.DataFrame:
        stratified = "structure" in self.prepared.filled
        return vectors.compare(self.con, source, self.prepared.records, self.comparisons, stratified)

    def by_model(self, compared: pl.DataFrame, model: Model) -> pl.DataFrame:
        """Compared pairs of which a clue is known and that are not too unlikely, by the model."""
        # Clusters ask of every pair inside a list; between lists the unlikely ones matter to nobody.
        least = -math.inf if compared["within"].any() else LEAST
        return self._known(score(compared, self.comparisons, model, least))

    def _known(self, scored: pl.DataFrame) -> pl.DataFrame:
        # The belief that nearly everybody has a partner would make a match of what nothing is known of.
        held = (pl.col(f"c{k}") > 0 for k in range(len(self.comparisons)))
        return scored.filter(pl.any_horizontal(pl.lit(False), *held))
