"""Matching of contacts inside the run: which contacts of a practice are one person, with a saved model.

Contacts of both products are one list with duplicates. Those of one name and one e-mail or phone are one
person without further ado; what remains is compared like the records of `matching.dedupe`: blocking,
comparison, score by a model trained without labels, average linkage.
"""

import math
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl

from expectations.conform import conform
from matching import assign, vectors
from matching.comparison import Level
from matching.contact_pairs import contact_pairs
from matching.contact_records import CLIENT as CLIENTS
from matching.contact_records import EMAIL as EMAILS
from matching.contact_records import PHONE as PHONES
from matching.contact_records import Contacts, ReadContacts, contact_records, read_contacts
from matching.details import CLIENT, EMAIL, PHONE
from matching.model import Model, load
from matching.names import FAMILY, GIVEN, MIDDLE, SUFFIX
from matching.prepare import Prepared
from matching.score import score
from matching.training import train
from transforms import normalise
from transforms.normalise.lists import lists_of
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
_EMAIL = replace(EMAIL, levels=EMAIL.levels[:2], missing="false")
"""Namesakes choose names alike before the @, and families have lines of one digit apart: same or other."""
_PHONE = replace(PHONE, levels=PHONE.levels[:2])
COMPARISONS = [_GIVEN, MIDDLE, SUFFIX, FAMILY, _EMAIL, _PHONE, CLIENT]
MODEL = Path(__file__).parent / "contact_model.json"
JOIN = 0.95
"""Probability from which two contacts are one person without asking, where more than the name says so."""
ASK = 0.8
"""Probability from which it is a question."""
_OWN = 3
"""A value held by at most so many contacts counts as one person's alone, as in `matching.dedupe`."""
_FIRM = 5.0
"""Most log odds beyond the threshold, either way, that a pair brings into a cluster; a veto's weight."""
_AT = {comparison.name: k for k, comparison in enumerate(COMPARISONS)}
_REACH = pl.col(f"c{_AT['email']}", f"c{_AT['phone']}")
_MORE = pl.any_horizontal(_REACH.is_in([1, 2]), pl.col(f"c{_AT['client']}") == 1)
"""More than the name agrees."""
_WORTH_ASKING = ~pl.col("apart") & (pl.col("probability") >= ASK) & (_MORE | pl.all_horizontal(_REACH == 0))
"""Of a name alone only where nothing speaks against it."""
_INITIAL = 1 + [level.sentence for level in _GIVEN.levels].index("initial of the other given name")


def match_contacts(
    con: duckdb.DuckDBPyConnection, frames: Frames, model: Path = MODEL, contacts: ReadContacts | None = None
) -> dict[str, pl.DataFrame]:
    """Tables `contact_person` and `contact_near` of a batch.

    frames: hq_contacts, xpm_contacts, practices, match. `contacts`: those of `frames`, where they are read
    already. Raises UsageError where the model cannot be read.
    """
    found = contact_records(contacts or read_contacts(frames), frames["match"])
    pairs, prepared = scored_contacts(con, found, load(model))
    strength = _strength(pairs, prepared)
    ends = {side: prepared.frame["record"].gather(pairs[side]) for side in "lr"}
    label = assign.clusters(found.records.height, ends["l"], ends["r"], strength)
    pairs = pairs.with_columns(
        **ends, clue=_clues(pairs), left_person=label.gather(ends["l"]), right_person=label.gather(ends["r"])
    )
    return {
        "contact_person": conform(_persons(found.contacts, pairs, label), "contact_person"),
        "contact_near": conform(_near(pairs, found), "contact_near"),
    }


def prepare_contacts(found: Contacts, some: pl.Series) -> Prepared:
    """The records numbered `some` (ascending) as they are compared; counts are those among all records."""
    base = found.records.hstack(found.names[found.records["name"]]).with_columns(
        size=pl.len().over("part"),
        n_given=pl.len().over("part", "given"),
        n_family=pl.len().over("part", "family"),
    )
    counts = pl.col("size", "n_given", "n_family").cast(pl.Float32)
    frame = base[some].with_columns(counts, rid=pl.int_range(some.len(), dtype=pl.UInt32))
    few = pl.col("holders") <= _OWN
    of_kind = {
        "emails_own": (pl.col("kind") == EMAILS) & few,
        "emails_family": (pl.col("kind") == EMAILS) & ~few,
        "phones_own": (pl.col("kind") == PHONES) & few,
        "phones_family": (pl.col("kind") == PHONES) & ~few,
        "clients": pl.col("kind") == CLIENTS,
    }
    held = found.held.join(frame.select("record", "rid"), on="record", validate="m:1").sort("rid", "value")
    several = {name: held.filter(which) for name, which in of_kind.items()}
    frame = frame.rename({"part": "part_no"}).with_columns(
        *[lists_of(one["rid"], one["value"], frame.height).alias(name) for name, one in several.items()],
        normalise.nickname_roots(frame["given"]).alias("given_roots"),
        normalise.is_given_name(frame["given"]).alias("given_known"),
        list=pl.lit(0, pl.UInt8),
        middle_of_given=pl.lit(False),
    )
    return Prepared(frame)


def scored_contacts(
    con: duckdb.DuckDBPyConnection, found: Contacts, model: Model
) -> tuple[pl.DataFrame, Prepared]:
    """The pairs worth comparing with log_odds, probability, and `apart` where they must not be joined."""
    pairs = contact_pairs(found)
    some = pl.concat([pairs["l"], pairs["r"]]).unique().sort()
    prepared = prepare_contacts(found, some)
    _candidates(con, pairs, some)
    pairs = score(
        vectors.compare(con, "candidate", prepared.records, COMPARISONS, stratified=False), COMPARISONS, model
    )
    probability = 1 / (1 + (-pl.col("log_odds").clip(-60, 60)).exp())
    return pairs.with_columns(probability=probability, apart=_apart(pairs, prepared)), prepared


def _candidates(con: duckdb.DuckDBPyConnection, pairs: pl.DataFrame, some: pl.Series) -> None:
    """Make table `candidate(l, r)`, by the numbers of the prepared records."""
    rids = pairs.select(
        pl.Series(some.search_sorted(pairs[side])).cast(pl.UInt32).alias(side) for side in "lr"
    )
    con.register("contact_pairs", rids)
    con.execute("create or replace temp table candidate as select * from contact_pairs")
    con.unregister("contact_pairs")


def train_contacts(con: duckdb.DuckDBPyConnection, frames: Frames) -> Model:
    """A new model from the contacts of `frames`, without labels. Frames as of `match_contacts`.

    Each contact is a record of its own here: else what is one person beyond doubt would teach nothing.
    """
    found = contact_records(read_contacts(frames), frames["match"], together=False)
    every = found.records["record"]
    prepared = prepare_contacts(found, every)
    _candidates(con, contact_pairs(found), every)
    return train(con, prepared, COMPARISONS, "within")[0]


def _apart(pairs: pl.DataFrame, prepared: Prepared) -> pl.Series:
    """Pairs that are two people whatever they share: Mr and Mrs, junior and senior or neither."""
    left, right = (prepared.frame.select("gender", "suffix")[pairs[side].cast(pl.Int64)] for side in "lr")
    return (left["gender"] != right["gender"]).fill_null(False) | left["suffix"].ne_missing(right["suffix"])


def _strength(pairs: pl.DataFrame, prepared: Prepared) -> pl.Series:
    """Log odds beyond those of `JOIN`; below 0 where only a name agrees, or an initial fits several names."""
    excess = (pl.col("log_odds") - math.log(JOIN / (1 - JOIN))).clip(-_FIRM, _FIRM)
    doubtful = ~_MORE | _fits_several(pairs, prepared.frame["given"])
    return pairs.select(
        pl.when("apart").then(-_FIRM).when(doubtful).then(pl.min_horizontal(excess, assign.UNCOMPARED))
        .otherwise(excess).alias("strength")
    ).to_series()  # fmt: skip


def _fits_several(pairs: pl.DataFrame, given: pl.Series) -> pl.Series:
    """Pairs of an initial and a name where it may as well be another name: J beside Jane and John."""
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


def _clues(pairs: pl.DataFrame) -> pl.Series:
    """What each pair agrees and differs in, in words."""
    said = [
        pl.col(f"c{k}").replace_strict({n: s for n, s in enumerate(c.sentences) if n}, default=None)
        for k, c in enumerate(COMPARISONS)
    ]
    return pairs.select(pl.concat_str(said, separator=", ", ignore_nulls=True).alias("clue")).to_series()


def _persons(contacts: pl.DataFrame, pairs: pl.DataFrame, label: pl.Series) -> pl.DataFrame:
    """Person and record of each contact; the clue of the likeliest pair that ties its record to others."""
    inside = pairs.filter(pl.col("left_person") == pl.col("right_person"))
    ends = [
        inside.select(pl.col(side).cast(pl.Int64).alias("record"), "probability", "clue") for side in "lr"
    ]
    best = pl.concat(ends).sort("record", "probability", "clue", descending=[False, True, False])
    clues = best.unique("record", keep="first")
    found = contacts.with_columns(person=label.gather(contacts["record"]))
    found = found.join(clues, on="record", how="left", validate="m:1")
    return found.select("practice_id", "product", "source_id", "person", "record", "clue")


def _near(pairs: pl.DataFrame, found: Contacts) -> pl.DataFrame:
    """Two persons that may be one, with their likeliest pair."""
    practice = found.contacts.unique("record", keep="first").sort("record")["practice_id"]
    near = pairs.filter(pl.col("left_person") != pl.col("right_person"), _WORTH_ASKING)
    ends = ["left_person", "right_person"]
    near = near.with_columns(
        pl.min_horizontal(ends).alias(ends[0]),
        pl.max_horizontal(ends).alias(ends[1]),
        practice_id=practice.gather(near["l"]),
    )
    best = near.sort(*ends, "probability", "clue", descending=[False, False, True, False])
    return best.unique(ends, keep="first", maintain_order=True).select(
        "practice_id", *ends, "probability", "clue"
    )
