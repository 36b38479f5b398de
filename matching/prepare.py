"""Prepared records: one row per record of every list, with all that blocking and comparison need.

`rid` numbers the records in the order of partition, list and id, so that nothing depends on row order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import polars as pl

from matching.bare import bare, is_bare
from matching.spec import MatchSpec
from transforms import normalise

FEW = 12
"""A value held by more records of a list than this, or by 2 % of it, is a hub and tells nothing."""

_RICH = 0.5
"""Share of records from which lists are not sparse."""
_MULTI = ("emails", "phones", "websites")


@dataclass(frozen=True)
class Prepared:
    """Prepared records; DuckDB sees them as table `prepared`."""

    frame: pl.DataFrame
    """rid UInt32, part String, list UInt8, id String, and the columns that `levels` compares."""
    free: tuple[tuple[str, str], ...] = ()
    """Fields compared under their own column name: (column, kind)."""

    @property
    def filled(self) -> list[str]:
        """Columns that hold any value."""
        return [column.name for column in self.frame if column.null_count() < len(column)]

    @property
    def is_sparse(self) -> bool:
        """Whether most records hold no three of: birth date, e-mail, phone, registered number."""
        numbers = [column for column, kind in self.free if kind == "identifier"]
        numbers += [c for c in ("tax_last3", "business_number", "company_number") if c in self.frame.columns]
        clues = [pl.any_horizontal(pl.col(c).is_not_null() for c in numbers)] if numbers else []
        clues += [pl.col(c).is_not_null() for c in ("dob",) if c in self.frame.columns]
        clues += [pl.col(c).list.len() > 0 for c in ("emails", "phones") if c in self.frame.columns]
        if not clues:
            return True
        rich = self.frame.select((pl.sum_horizontal(clues) >= 3).mean()).item()
        return float(rich or 0) < _RICH


@cache
def _sql(name: str) -> str:
    return (Path(__file__).parent / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def prepare_fields(
    con: duckdb.DuckDBPyConnection, lists: Sequence[pl.DataFrame], spec: MatchSpec, id_column: str
) -> Prepared:
    """Normalise the fields of one or more lists by their kinds and prepare them."""
    stacked = pl.concat(_texts(frame, i, spec, id_column) for i, frame in enumerate(lists))
    base = stacked.select(
        pl.col(spec.partition).fill_null("") if spec.partition else pl.lit("").alias("part"),
        "list",
        pl.col(id_column).alias("id"),
    )
    base.columns = ["part", "list", "id"]
    found = [base, *_names(stacked, spec), *_places(stacked, spec), *_multi(stacked, spec)]
    frame = pl.concat(found, how="horizontal")
    free = _free(spec)
    frame = frame.with_columns(_folded(stacked[column], kind).alias(column) for column, kind in free)
    dates = spec.of("date")
    if dates:
        frame = frame.with_columns(_dates(stacked[dates[0]]).alias("dob"))
    if is_bare(spec):
        frame = frame.hstack(bare(stacked[spec.fields[0].column], spec.fields[0].kind))
    return finish(con, frame, free, own=3 if len(lists) == 1 else 1)


def _texts(frame: pl.DataFrame, number: int, spec: MatchSpec, id_column: str) -> pl.DataFrame:
    """The columns of one list as text, those of multi-valued kinds as lists of text."""
    several = set(spec.of("email", "phone", "website"))

    def as_text(column: str) -> pl.Expr:
        kind, expr = frame.schema[column], pl.col(column)
        if column in several:
            return (
                expr.cast(pl.List(pl.String))
                if isinstance(kind, pl.List)
                else pl.concat_list(expr.cast(pl.String))
            )
        return expr.list.join(" ") if isinstance(kind, pl.List) else expr.cast(pl.String)

    wanted = [id_column, *([spec.partition] if spec.partition else []), *[f.column for f in spec.fields]]
    return frame.select(*[as_text(c) for c in dict.fromkeys(wanted)], pl.lit(number, pl.UInt8).alias("list"))


def _joined(stacked: pl.DataFrame, columns: list[str]) -> pl.Series | None:
    if not columns:
        return None
    joined = pl.concat_str(columns, separator=" ", ignore_nulls=True).str.strip_chars()
    return stacked.select(pl.when(joined != "").then(joined).alias(columns[0])).to_series()


def _names(stacked: pl.DataFrame, spec: MatchSpec) -> list[pl.DataFrame]:
    given, middle, family = (_joined(stacked, spec.of(f"{k}_name")) for k in ("given", "middle", "family"))
    full, either = _joined(stacked, spec.of("full_name")), _joined(stacked, spec.of("name"))
    organisation = _joined(stacked, spec.of("organisation_name"))
    if either is not None:
        return [_clients(either, given, middle, family)]
    frames = []
    if organisation is not None:
        parts = normalise.organisation_name(organisation)
        frames.append(parts.select(**_ORGANISATION))
    if given is not None or family is not None or full is not None:
        parts = normalise.person_name(given, middle, family, full)
        frames.append(parts.select(**_PERSON))
    if full is not None and given is None and family is None:
        frames.append(normalise.fold(full).alias("whole").to_frame())
    return frames


_PERSON = {"given": "given_name", "middle": "middle_name", "family": "family_name", "suffix": "name_suffix"}
_ORGANISATION = {
    "org": "organisation_name", "org_numbers": "name_numbers", "trustee": "trustee_for", "trading": "trading_as",
}  # fmt: skip
_ENTITIES = {"person": 1, "organisation": 2, "unknown": 0}


def _clients(
    name: pl.Series, given: pl.Series | None, middle: pl.Series | None, family: pl.Series | None
) -> pl.DataFrame:
    """Names that may be a person's or an organisation's; what could be either is compared as a person's."""
    blank = pl.Series([None], dtype=pl.String).new_from_index(0, len(name))
    parts = {"name": name, "first_name": given, "middle_name": middle, "last_name": family}
    rows = pl.DataFrame({column: blank if values is None else values for column, values in parts.items()})
    named = normalise.client_names(rows.with_columns(business_structure=pl.lit(None, pl.String)))
    either = (pl.col("entity_type") == "unknown") & pl.col("given_name").is_not_null()
    return named.with_columns(organisation_name=pl.when(~either).then("organisation_name")).select(
        **_PERSON,
        **_ORGANISATION,
        whole="full_name",
        structure="structure",
        entity=pl.col("entity_type").replace_strict(_ENTITIES, return_dtype=pl.UInt8),
    )


def _places(stacked: pl.DataFrame, spec: MatchSpec) -> list[pl.DataFrame]:
    kinds = ("address", "house_number", "city", "post_code", "region")
    columns = {k: _joined(stacked, spec.of(k)) for k in kinds}
    if all(values is None for values in columns.values()):
        return []
    empty = pl.Series("empty", [None], dtype=pl.String).extend_constant(None, stacked.height - 1)
    line, house, city, post_code, region = (empty if v is None else v for v in columns.values())
    city, post_code = _uncrossed(city, post_code)
    parts = normalise.address(line)
    return [
        pl.DataFrame(
            {
                "house": parts["house_number"].fill_null(normalise.fold(house)),
                "street": parts["street"],
                "city": normalise.city(city),
                "post_code": normalise.post_code(post_code, empty),
                "region": normalise.fold(region),
            }
        )
    ]


def _uncrossed(city: pl.Series, post_code: pl.Series) -> tuple[pl.Series, pl.Series]:
    """City and postcode, each in its own field: a city holds no digits, a postcode does."""
    frame = pl.DataFrame({"city": city, "post_code": post_code})
    crossed = pl.col("city").str.contains(r"\d") & ~pl.col("post_code").str.contains(r"\d")
    right = frame.select(
        city=pl.when(crossed).then("post_code").otherwise("city"),
        post_code=pl.when(crossed).then("city").otherwise("post_code"),
    )
    return right["city"], right["post_code"]


def _dates(values: pl.Series) -> pl.Series:
    """Dates as ISO text. What is no date of the calendar ("1901-51-30") stays as typed: a slip of the hand."""
    text, date = pl.col("text").str.strip_chars(), pl.col("date").cast(pl.String)
    parts = text.str.extract_groups(r"^((?:1[6-9]|20)\d{2})[-/. ]?(\d{2})[-/. ]?(\d{2})$")
    as_typed = pl.concat_str([parts.struct.field(str(i)) for i in (1, 2, 3)], separator="-")
    year = text.str.extract(r"^((?:1[6-9]|20)\d{2})$")
    frame = pl.DataFrame({"text": values.cast(pl.String), "date": normalise.dates(values)})
    return frame.select(pl.coalesce(as_typed, date, year)).to_series()


def _multi(stacked: pl.DataFrame, spec: MatchSpec) -> list[pl.DataFrame]:
    def joined(kind: str) -> pl.Series | None:
        columns = spec.of(kind)
        return stacked.select(pl.concat_list(columns).alias(kind)).to_series() if columns else None

    emails, phones, websites = joined("email"), joined("phone"), joined("website")
    found = {}
    if emails is not None:
        found["emails"] = _as_typed(emails, normalise.emails(emails))
    if phones is not None:
        # Numbers of a list without a region are compared by their digits: no country can be told.
        found["phones"] = phones.list.eval(pl.element().str.replace_all(r"\D", "")).list.eval(
            pl.element().filter(pl.element().str.len_chars() >= 6).unique().sort()
        )
    if websites is not None:
        found["websites"] = normalise.websites(websites)
    return [pl.DataFrame(found)] if found else []


def _as_typed(emails: pl.Series, clean: pl.Series) -> pl.Series:
    """E-mails; where a record has none that is valid, what was typed: a slip may have spoiled it."""
    typed = emails.list.eval(pl.element().str.to_lowercase().str.strip_chars())
    typed = typed.list.eval(pl.element().filter(pl.element().str.len_chars() >= 8).unique().sort())
    return pl.select(pl.when(clean.list.len() > 0).then(clean).otherwise(typed)).to_series()


def _free(spec: MatchSpec) -> tuple[tuple[str, str], ...]:
    """Fields that are compared under their own name: those without a role of their own."""
    kinds = {
        "identifier": "identifier",
        "masked_identifier": "masked",
        "category": "category",
        "year": "year",
    }
    kinds |= {"text": "text", "country": "category"}
    free = [(f.column, kinds[f.kind]) for f in spec.fields if f.kind in kinds]
    return tuple(free + [(column, "category") for column in spec.of("date")[1:]])


def _folded(values: pl.Series, kind: str) -> pl.Series:
    if kind == "masked":
        return values.str.replace_all(r"[^0-9*]", "")
    folded = normalise.fold(values)
    return folded.str.replace_all(" ", "") if kind in ("identifier", "year") else folded


def finish(
    con: duckdb.DuckDBPyConnection, frame: pl.DataFrame, free: tuple[tuple[str, str], ...] = (), own: int = 1
) -> Prepared:
    """Add what is derived from the normalised columns, number the records and register them.

    `own`: a value held by at most so many records of each list counts as theirs alone.
    """
    absent = [
        name
        for name in ("given", "family", "org", "trading", "trustee", "structure")
        if name not in frame.columns
    ]
    frame = frame.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    if "entity" not in frame.columns:
        frame = frame.with_columns(pl.lit(0, pl.UInt8).alias("entity"))
    frame = frame.sort("part", "list", "id").with_row_index("rid")
    frame = frame.with_columns(pl.col("part").rle_id().alias("part_no"))
    frame = frame.with_columns(_derived(frame))
    for column in _MULTI:
        if column in frame.columns:
            frame = _by_rarity(con, frame, column, own)
    if "street" in frame.columns:
        frame = _address_counts(con, frame)
    frame = _with_frequencies(frame, free)
    con.register("prepared_frame", frame)
    con.execute("create or replace temp table prepared as select * from prepared_frame")
    con.unregister("prepared_frame")
    return Prepared(frame, free)


def _with_frequencies(frame: pl.DataFrame, free: tuple[tuple[str, str], ...]) -> pl.DataFrame:
    """Add size: records of the longest list of the partition; n_<column>: most of one list with the value."""
    names = ("given", "family", "org", "whole", "dob")
    weighed = [*(c for c in names if c in frame.columns), *(c for c, _ in free)]
    held = {f"n_{column}": pl.len().over("part_no", "list", column) for column in weighed}
    most = {f"n_{column}": pl.col(f"n_{column}").max().over("part_no", column) for column in weighed}
    # In steps: a window over a window is worked out again for every group.
    frame = frame.with_columns(size=pl.len().over("part_no", "list"), **held)
    frame = frame.with_columns(size=pl.col("size").max().over("part_no"), **most)
    return frame.with_columns(pl.col("size", *most).cast(pl.Float32))


def _code(column: str) -> pl.Expr:
    """Consonant code of a name: the first letter, then consonants by sound."""
    rest = pl.col(column).str.slice(1)
    for written, sound in (("ph", "f"), ("ck", "k"), ("sch", "s"), ("th", "t"), ("c", "k"), ("q", "k")):
        rest = rest.str.replace_all(written, sound, literal=True)
    rest = rest.str.replace_all("x", "k", literal=True).str.replace_all("[aeiouyhw ]", "")
    return (pl.col(column).str.slice(0, 1) + rest).alias(f"{column}_code")


def _derived(frame: pl.DataFrame) -> list[pl.Expr | pl.Series]:
    found: list[pl.Expr | pl.Series] = []
    for column in ("given", "family", "org", "whole", "street"):
        if column in frame.columns:
            found += _of_values(frame[column])
    if "given" in frame.columns:
        found.append(normalise.nickname_roots(frame["given"]).alias("given_roots"))
    if "org" in frame.columns:
        found.append(pl.coalesce("trading", "trustee").alias("org_other"))
    return found


def _of_values(values: pl.Series) -> list[pl.Series]:
    """What is derived from one column alone, worked out once for each distinct value: names recur."""
    column, wanted = values.name, list[pl.Expr]()
    if column in ("given", "family", "org"):
        wanted.append(_code(column))
    if column in ("whole", "street", "org"):
        wanted.append(_sorted_words(column).alias(f"{column}_sorted"))
    if column == "org":
        words = pl.col("org").str.split(" ")
        initials = words.list.eval(pl.element().str.head(1)).list.join("")
        long = words.list.eval(pl.element().filter(pl.element().str.len_chars() >= 2).unique().sort())
        wanted += [
            long.alias("org_tokens"),
            pl.when(words.list.len() >= 3).then(initials).alias("org_acronym"),
        ]
    distinct = values.unique(maintain_order=True).drop_nulls().to_frame().with_columns(wanted)
    rows = values.to_frame().join(distinct, on=column, how="left", maintain_order="left", validate="m:1")
    return rows.drop(column).get_columns()


def _sorted_words(column: str) -> pl.Expr:
    return pl.col(column).str.split(" ").list.sort().list.join(" ")


def _by_rarity(con: duckdb.DuckDBPyConnection, frame: pl.DataFrame, column: str, own: int) -> pl.DataFrame:
    """Split a list column into values of few records (`_own`) and of a family (`_family`), without hubs."""
    sql = _sql("rarity").replace("{column}", column)
    con.register("unsplit", frame.select("rid", "part_no", "list", column))
    split = con.execute(sql, {"own": own, "few": FEW}).pl().sort("rid")
    con.unregister("unsplit")
    return pl.concat([frame, split.drop("rid")], how="horizontal")


def _address_counts(con: duckdb.DuckDBPyConnection, frame: pl.DataFrame) -> pl.DataFrame:
    con.register("unsplit", frame.select("rid", "part_no", "list", "house", "street", "post_code"))
    counts = con.execute(_sql("address_counts"), {"few": FEW}).pl().sort("rid")
    con.unregister("unsplit")
    return pl.concat([frame, counts.drop("rid")], how="horizontal")
