"""Matching of contacts inside the run: which contacts of a practice are one person, with a saved model.

Contacts of both products are one list with duplicates. Those of one name and one e-mail or phone are one
person without further ado; what remains is compared like the records of `matching.dedupe`: blocking,
comparison, score by a model trained without labels, average linkage.
"""

import math
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from expectations.conform import conform
from matching import assign, vectors
from matching.comparison import Level
from matching.contact_records import contact_records
from matching.details import CLIENT, EMAIL, PHONE
from matching.linker import train
from matching.model import Model, load
from matching.names import FAMILY, GIVEN, MIDDLE, SUFFIX
from matching.prepare import Prepared, finish
from matching.score import score
from transforms import normalise
from transforms.sql import Frames

_OTHERS = ("much like it, but another given name", "given name somewhat alike")
_GIVEN = replace(
    GIVEN,
    levels=(
        *(replace(level, apart=level.sentence in _OTHERS) for level in GIVEN.levels),
        Level(GIVEN.otherwise, "true", apart=True),
    ),
)
"""Couples share everything but the given name: another one is another person, whatever training finds."""
_EMAIL = replace(EMAIL, levels=EMAIL.levels[:2])
"""Namesakes choose names alike before the @, so an e-mail is the same or another."""
COMPARISONS = [_GIVEN, MIDDLE, SUFFIX, FAMILY, _EMAIL, PHONE, CLIENT]
_AT = {comparison.name: k for k, comparison in enumerate(COMPARISONS)}
_INITIAL = 1 + [level.sentence for level in _GIVEN.levels].index("initial of the other given name")
MODEL = Path(__file__).parent / "contact_model.json"
_PAIRS = (Path(__file__).parent / "sql" / "contact_pairs.sql").read_text(encoding="utf-8")
_MOST = 40
"""Contacts that share a value and are still compared with each other by it."""
JOIN = 0.96
"""Probability from which two contacts are one person without asking, where more than the name says so."""
ASK = 0.8
"""Probability from which it is a question."""


_OWN = 3
"""A value held by at most so many contacts counts as one person's alone, as in `matching.dedupe`."""
_FIRM = 5.0
"""Log odds beyond the threshold, either way, that one pair can bring into a cluster: a veto weighs as much."""


def match_contacts(
    con: duckdb.DuckDBPyConnection, frames: Frames, model: Path = MODEL
) -> dict[str, pl.DataFrame]:
    """Tables `contact_person` and `contact_near` of a batch.

    frames: hq_contacts, xpm_contacts, practices, match. Raises UsageError where the model cannot be read.
    """
    contacts, prepared = prepare_contacts(con, frames)
    pairs = scored_contacts(con, prepared, load(model))
    label = assign.clusters(prepared.frame.height, pairs["l"], pairs["r"], _strength(pairs, prepared))
    pairs = pairs.with_columns(
        clue=_clues(pairs), left_person=label.gather(pairs["l"]), right_person=label.gather(pairs["r"])
    )
    return {
        "contact_person": conform(_persons(contacts, pairs, label), "contact_person"),
        "contact_near": conform(_near(pairs, prepared), "contact_near"),
    }


def prepare_contacts(
    con: duckdb.DuckDBPyConnection, frames: Frames, apart: bool = False
) -> tuple[pl.DataFrame, Prepared]:
    """The contacts with `record`, the number of the prepared record that each was brought together to."""
    contacts = contact_records(con, frames)
    if apart:
        contacts = contacts.with_columns(twin=pl.int_range(pl.len()))
    roots, record = np.unique(contacts["twin"].to_numpy(), return_inverse=True)
    contacts = contacts.with_columns(record=pl.Series(record.astype(np.int64)))
    held = contacts.group_by("record", maintain_order=True).agg(
        pl.col("emails", "phones", "clients").list.explode().drop_nulls().unique().sort(),
        pl.col("gender").drop_nulls().first(),
    ).sort("record")  # fmt: skip
    ids = pl.Series(np.arange(roots.size)).cast(pl.String).str.zfill(12)
    frame = contacts[roots].select(
        part="practice_id", list=pl.lit(0, pl.UInt8), id=ids, given="given", middle="middle", family="family",
        suffix="suffix",
    ).hstack(held.drop("record"))  # fmt: skip
    prepared = finish(con, frame.with_columns(initials=_initials(frame)), own=_OWN)
    return contacts, prepared


def _initials(frame: pl.DataFrame) -> pl.Series:
    """What the names of two contacts must have in common to be compared by an e-mail, phone or client.

    First letters of the given name and of all that it is short for; both names' initials in either order; of
    one name alone its first letter.
    """
    roots = normalise.nickname_roots(frame["given"]).list.eval(pl.element().str.head(1))
    given, family = pl.col("given").str.head(1), pl.col("family").str.head(1)
    crossed = pl.min_horizontal(given, family) + pl.max_horizontal(given, family)
    alone = pl.when(pl.col("given").is_null()).then(family)
    lists = frame.select(pl.concat_list(pl.lit(roots), given, crossed, alone))
    return lists.to_series().list.drop_nulls().list.unique().list.sort().alias("initials")


def scored_contacts(con: duckdb.DuckDBPyConnection, prepared: Prepared, model: Model) -> pl.DataFrame:
    """The pairs worth comparing with log_odds, probability, and `apart` where they must not be joined."""
    propose_contacts(con)
    pairs = score(vectors.compare(con, "candidate", COMPARISONS, stratified=False), COMPARISONS, model)
    probability = 1 / (1 + (-pl.col("log_odds").clip(-60, 60)).exp())
    return pairs.with_columns(probability=probability, apart=_apart(pairs, prepared))


def propose_contacts(con: duckdb.DuckDBPyConnection) -> None:
    """Make table `candidate(l, r)`: the pairs of prepared contacts that the run compares."""
    con.execute(f"create or replace temp table candidate as {_PAIRS}", {"most": _MOST})


def train_contacts(con: duckdb.DuckDBPyConnection, frames: Frames) -> Model:
    """A new model from the contacts of `frames`, without labels. Frames as of `match_contacts`."""
    _, prepared = prepare_contacts(con, frames, apart=True)
    propose_contacts(con)
    return train(con, prepared, COMPARISONS, "within")[0]


def _strength(pairs: pl.DataFrame, prepared: Prepared) -> pl.Series:
    """Log odds beyond those of `JOIN`; below 0 where a name is all that agrees, or an initial fits several."""
    excess = (pl.col("log_odds") - math.log(JOIN / (1 - JOIN))).clip(-_FIRM, _FIRM)
    more = pl.any_horizontal(
        pl.col(f"c{_AT['email']}", f"c{_AT['phone']}").is_in([1, 2]), pl.col(f"c{_AT['client']}") == 1
    )
    doubtful = ~more | _fits_several(pairs, prepared.frame["given"])
    return pairs.select(
        pl.when("apart").then(-_FIRM).when(doubtful).then(pl.min_horizontal(excess, assign.UNCOMPARED))
        .otherwise(excess).alias("strength")
    ).to_series()  # fmt: skip


def _fits_several(pairs: pl.DataFrame, given: pl.Series) -> pl.Series:
    """Pairs of an initial and a name where the initial may as well be another name: J beside Jane and John."""
    likely = pairs.with_row_index("pair").filter(
        pl.col(f"c{_AT['given_name']}") == _INITIAL, ~pl.col("apart"), pl.col("probability") >= ASK
    )
    names = likely.select("pair", *[pl.col(side).cast(pl.Int64) for side in "lr"]).with_columns(
        *[given.gather(likely[side]).alias(f"{side}_given") for side in "lr"]
    )
    short = pl.col("l_given").str.len_chars() == 1
    names = names.select(
        "pair",
        short=pl.when(short).then("l").otherwise("r"),
        full=pl.when(short).then("r_given").otherwise("l_given"),
    ).filter(pl.col("full").n_unique().over("short") > 1)
    return pl.int_range(pairs.height, eager=True).is_in(names["pair"].implode())


def _apart(pairs: pl.DataFrame, prepared: Prepared) -> pl.Series:
    """Pairs that are two people whatever they share: Mr and Mrs, junior and senior or neither."""
    sides = [prepared.frame.select("gender", "suffix")[pairs[side].cast(pl.Int64)] for side in ("l", "r")]
    left, right = sides
    return (left["gender"] != right["gender"]).fill_null(False) | left["suffix"].ne_missing(right["suffix"])


def _clues(pairs: pl.DataFrame) -> pl.Series:
    """What each pair agrees and differs in, in words."""
    said = [
        pl.col(f"c{k}").replace_strict({n: s for n, s in enumerate(c.sentences) if n}, default=None)
        for k, c in enumerate(COMPARISONS)
    ]
    return pairs.select(pl.concat_str(said, separator=", ", ignore_nulls=True).alias("clue")).to_series()


def _persons(contacts: pl.DataFrame, pairs: pl.DataFrame, label: pl.Series) -> pl.DataFrame:
    """Person and record of each contact; the clue of the likeliest pair that ties its record to the person."""
    inside = pairs.filter(pl.col("left_person") == pl.col("right_person"))
    ends = [
        inside.select(pl.col(side).cast(pl.Int64).alias("record"), "probability", "clue") for side in "lr"
    ]
    best = pl.concat(ends).sort("record", "probability", "clue", descending=[False, True, False])
    clues = best.unique("record", keep="first")
    found = contacts.with_columns(person=label.gather(contacts["record"]))
    found = found.join(clues, on="record", how="left", validate="m:1")
    return found.select("practice_id", "product", "source_id", "person", "record", "clue")


def _near(pairs: pl.DataFrame, prepared: Prepared) -> pl.DataFrame:
    """Two persons that may be one, with their likeliest pair."""
    near = pairs.filter(
        pl.col("left_person") != pl.col("right_person"), ~pl.col("apart"), pl.col("probability") >= ASK
    )
    ends = ["left_person", "right_person"]
    near = near.with_columns(
        pl.min_horizontal(ends).alias(ends[0]),
        pl.max_horizontal(ends).alias(ends[1]),
        practice_id=prepared.frame["part"].gather(near["l"]),
    )
    best = near.sort(*ends, "probability", "clue", descending=[False, False, True, False])
    return best.unique(ends, keep="first", maintain_order=True).select(
        "practice_id", *ends, "probability", "clue"
    )
