"""The reference lists of invented fleets and draws from them: names, places, streets, words."""

from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from expectations.resources import data_path
from transforms.sample.dice import Dice, Floats, Integers

CULTURES = ["anglo", "irish", "maori", "viet", "chinese", "indian", "italian", "greek", "euro"]
# Rough shares of family names per country: our own estimate, for variety rather than demography.
_CULTURE_SHARES = {
    "AU": [0.50, 0.07, 0.01, 0.06, 0.08, 0.09, 0.08, 0.05, 0.06],
    "NZ": [0.50, 0.07, 0.15, 0.01, 0.08, 0.08, 0.01, 0.01, 0.09],
    "UK": [0.60, 0.10, 0.00, 0.01, 0.03, 0.12, 0.03, 0.01, 0.10],
}


@cache
def reference(name: str) -> pl.DataFrame:
    """The list `data/reference/sample_<name>.csv`, every column text, empty as null."""
    return pl.read_csv(data_path("reference", f"sample_{name}.csv"), infer_schema=False)


def words(kind: str) -> list[str]:
    """Words of that kind in the list of company words."""
    return reference("company_words").filter(pl.col("kind") == kind)["word"].to_list()


def draw_cultures(dice: Dice, countries: pl.Series) -> Integers:
    """Index into CULTURES for each country."""
    shares = np.array([np.cumsum(_CULTURE_SHARES[c]) for c in sorted(_CULTURE_SHARES)])
    rows = countries.replace_strict(
        {c: i for i, c in enumerate(sorted(_CULTURE_SHARES))}, return_dtype=pl.Int64
    )
    edges = shares[rows.to_numpy()]
    edges = edges / edges[:, -1:]
    past: Integers = (dice.uniform(len(countries))[:, None] >= edges).sum(axis=1).astype(np.int64)
    return past


def _draw_by(dice: Dice, groups: Integers, lists: list[list[str]], flatness: float) -> pl.Series:
    """A value of the list of each group, weighted like Zipf by its place in the list."""
    result: NDArray[np.object_] = np.empty(len(groups), dtype=object)
    u = dice.uniform(len(groups))
    for group, values in enumerate(lists):
        where = np.flatnonzero(groups == group)
        edges: Floats = np.cumsum(1.0 / (np.arange(len(values)) + flatness))
        result[where] = np.array(values, dtype=object)[
            np.searchsorted(edges / edges[-1], u[where], side="right")
        ]
    return pl.Series(result.tolist(), dtype=pl.String)


def draw_surnames(dice: Dice, cultures: Integers) -> pl.Series:
    """A family name for each culture."""
    frame = reference("surnames")
    lists = [frame.filter(pl.col("culture") == c)["surname"].to_list() for c in CULTURES]
    return _draw_by(dice, cultures, lists, 6.0)


def draw_given_names(dice: Dice, cultures: Integers, female: NDArray[np.bool_]) -> pl.Series:
    """A given name for each culture and gender; a third of all people bear an English one."""
    frame = reference("given_names")
    english = dice.chance(0.35, len(cultures))
    groups = np.where(english, 0, cultures) * 2 + female
    lists = [
        frame.filter((pl.col("culture") == c) & (pl.col("gender") == g))["given_name"].to_list()
        for c in CULTURES
        for g in ("m", "f")
    ]
    return _draw_by(dice, groups, lists, 12.0)


@cache
def nicknames() -> pl.DataFrame:
    """given_name, nicknames (list): the names that have any."""
    frame = reference("given_names").filter(pl.col("nicknames").is_not_null())
    return frame.unique("given_name", keep="first", maintain_order=True).select(
        "given_name", pl.col("nicknames").str.split(";")
    )


def draw_places(dice: Dice, countries: pl.Series, towns: Integers) -> pl.DataFrame:
    """A place for each row: mostly one of the three around the practice's town (an index), else any."""
    frame = reference("places").with_row_index("place")
    starts = {c: frame.filter(pl.col("country") == c)["place"].min() for c in ("AU", "NZ", "UK")}
    sizes = {c: frame.filter(pl.col("country") == c).height for c in ("AU", "NZ", "UK")}
    start = countries.replace_strict(starts, return_dtype=pl.Int64).to_numpy()
    size = countries.replace_strict(sizes, return_dtype=pl.Int64).to_numpy()
    n = len(countries)
    near = towns + dice.integers(0, 3, n)
    index = start + np.where(dice.chance(0.85, n), near, dice.integers(0, 10_000, n)) % size
    return frame.drop("place", "country").select(pl.all().gather(index))


def draw_streets(dice: Dice, n: int) -> pl.DataFrame:
    """street_number, street_name, street_type, street_short, unit (mostly null) for n addresses."""
    frame = reference("streets")
    names = frame.filter(pl.col("kind") == "name")["word"]
    types = frame.filter(pl.col("kind") == "type")
    kinds = types[dice.pick([1 / (k + 1.5) for k in range(types.height)], n)]
    number = np.ceil(np.exp(dice.uniform(n) * np.log(400.0))).astype(np.int64)
    unit = np.where(dice.chance(0.15, n), dice.integers(1, 40, n), 0)
    return pl.DataFrame(
        {
            "street_number": pl.Series(number).cast(pl.String),
            "street_name": names.gather(dice.integers(0, len(names), n)),
            "street_type": kinds["word"],
            "street_short": kinds["short"],
            "unit": pl.Series(unit).cast(pl.String).replace({"0": None}),
        }
    )
