"""The fields of the library's lists, normalised by their kinds."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from polars.datatypes import DataTypeClass

from matching.bare import bare, is_bare
from matching.parallel import over
from matching.prepare import OWN, Prepared, finish
from matching.spec import MatchSpec
from matching.spellings import romanised
from transforms import normalise
from transforms.normalise.lists import exploded, gathered
from transforms.normalise.text import folded as folded_text
from transforms.normalise.text import joined, over_distinct, present

_LIST, _PART, _PLACE = "\x01list", "\x01part", "\x01place"
"""A record's list, partition and place in its list; no field's name holds a control character (`Field`)."""


def prepare_fields(lists: Sequence[pl.DataFrame], spec: MatchSpec, id_column: str) -> Prepared:
    """Normalise the fields of one or more lists by their kinds and prepare them.

    `id` of a prepared record is its place among the sorted ids of its list, so that ids keep their own type.
    """
    frame = normalised(lists, spec, id_column)
    return finish(frame, _free(spec), own=3 if len(lists) == 1 else 1, by_entity=True)


def normalised(lists: Sequence[pl.DataFrame], spec: MatchSpec, id_column: str) -> pl.DataFrame:
    """The fields of one or more lists as they are compared, in the order of part, list and id."""
    stacked = pl.concat(_texts(frame, i, spec, id_column) for i, frame in enumerate(lists))
    if spec.partition:
        stacked = stacked.sort(_PART, _LIST, _PLACE)
    found = over(lambda read: read(stacked, spec), (_names, _places, _multi, _others))
    base = stacked.select(part=_PART, list=_LIST, id=_PLACE)
    frame = pl.concat([base, *(columns for some in found for columns in some)], how="horizontal")
    return frame.hstack(bare(stacked[spec.fields[0].column], spec.fields[0].kind)) if is_bare(spec) else frame


def _texts(frame: pl.DataFrame, number: int, spec: MatchSpec, id_column: str) -> pl.DataFrame:
    """The fields of one list as text, multi-valued kinds as lists of text, in the order of its ids."""
    several = set(spec.of("email", "phone", "website"))

    def as_text(column: str) -> pl.Expr:
        kind, expr = frame.schema[column], pl.col(column)
        if isinstance(kind, pl.List):
            texts = expr.list.eval(_text(pl.element(), kind.inner))
            return (
                texts.fill_null(pl.lit([], pl.List(pl.String))) if column in several else texts.list.join(" ")
            )
        return pl.concat_list(_text(expr, kind)) if column in several else _text(expr, kind)

    key = spec.partition
    part = _text(pl.col(key), frame.schema[key]).fill_null("") if key else pl.lit("")
    fields = [as_text(field.column) for field in spec.fields]
    keys = (part.alias(_PART), pl.lit(number, pl.UInt8).alias(_LIST), pl.int_range(pl.len()).alias(_PLACE))
    return frame.sort(id_column).select(*fields, *keys)


def _text(values: pl.Expr, kind: pl.DataType | DataTypeClass) -> pl.Expr:
    """Values as text; 1980.0 as "1980", for whole numbers become floats where some are missing."""
    text = values.cast(pl.String)
    if not kind.is_float():
        return text
    whole = values.is_finite() & (values == values.round())
    number = pl.when(whole).then(values.cast(pl.Int64, strict=False).cast(pl.String))
    return pl.when(values.is_not_nan()).then(pl.coalesce(number, text))


def _joined(stacked: pl.DataFrame, columns: list[str]) -> pl.Series | None:
    if not columns:
        return None
    held = pl.col(columns[0]) if len(columns) == 1 else joined(*map(pl.col, columns))
    return stacked.select(present(held).alias(columns[0])).to_series()


def _names(stacked: pl.DataFrame, spec: MatchSpec) -> list[pl.DataFrame]:
    kinds = ("given_name", "middle_name", "family_name", "full_name", "name", "organisation_name")
    held = [_joined(stacked, spec.of(kind)) for kind in kinds]
    given, middle, family, full, either, organisation = (
        None if names is None else romanised(names, kind in ("full_name", "name"))
        for kind, names in zip(kinds, held, strict=True)
    )
    if either is not None:
        return [_clients(either, given, middle, family)]
    frames = []
    if organisation is not None:
        parts = normalise.organisation_name(organisation)
        frames.append(parts.select(**_ORGANISATION))
    if any(part is not None for part in (given, middle, family, full)):
        parts = normalise.person_name(given, middle, family, full)
        frames.append(parts.select(**_PERSON))
    if full is not None and given is None and family is None:
        frames.append(normalise.fold(full).alias("whole").to_frame())
    return frames


_PERSON = {"given": "given_name", "middle": "middle_name", "family": "family_name", "suffix": "name_suffix"}
_ORGANISATION = {
    "org": "organisation_name", "org_numbers": "name_numbers", "trustee": "trustee_for",
    "trading": "trading_as",
}  # fmt: skip
_ENTITIES = {"person": 1, "organisation": 2, "unknown": 0}


def _clients(
    name: pl.Series, given: pl.Series | None, middle: pl.Series | None, family: pl.Series | None
) -> pl.DataFrame:
    """Names that may be a person's or an organisation's; what could be either is compared as a person's."""
    blank = pl.Series([None], dtype=pl.String).new_from_index(0, len(name))
    parts = {"name": name, "first_name": given, "middle_name": middle, "last_name": family}
    rows = pl.DataFrame({column: blank if values is None else values for column, values in parts.items()})
    rows = rows.with_columns(business_structure=pl.lit(None, pl.String))
    return over_distinct(rows, _read_clients)


def _read_clients(rows: pl.DataFrame) -> pl.DataFrame:
    named = normalise.client_names(rows)
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
    empty = pl.Series("empty", [None], dtype=pl.String).new_from_index(0, stacked.height)
    if columns["address"] is not None and columns["city"] is None and columns["post_code"] is None:
        columns |= _whole(columns["address"], columns["region"])
    line, house, city, post_code, region = (empty if v is None else v for v in columns.values())
    parts = normalise.address(line)
    house = parts["house_number"].fill_null(_folded(house, "house_number"))
    towns = pl.DataFrame({"city": city, "post_code": post_code, "region": region})
    return [pl.DataFrame({"house": house, "street": parts["street"]}), over_distinct(towns, _towns)]


def _whole(address: pl.Series, region: pl.Series | None) -> dict[str, pl.Series | None]:
    """What addresses without fields for town and postcode hold of both."""
    parts = normalise.split_address(address)
    found = {"address": "line", "city": "city", "post_code": "post_code", "region": "region"}
    return {
        kind: region if kind == "region" and region is not None else parts[name]
        for kind, name in found.items()
    }


def _towns(places: pl.DataFrame) -> pl.DataFrame:
    """City and postcode, each in its own field (a city holds no digits, a postcode does), and region."""
    crossed = pl.col("city").str.contains(r"\d") & ~pl.col("post_code").str.contains(r"\d")
    right = places.with_columns(
        city=pl.when(crossed).then("post_code").otherwise("city"),
        post_code=pl.when(crossed).then("city").otherwise("post_code"),
    )
    return pl.DataFrame(
        {
            "city": normalise.city(right["city"]),
            "post_code": normalise.post_code(right["post_code"]),
            "region": normalise.fold(right["region"]),
        }
    )


def _dates(values: pl.Series) -> pl.Series:
    """Dates as ISO text. What is in no calendar ("1901-51-30") stays as typed: a slip of the hand."""
    text = pl.col("text").str.strip_chars()
    parts = text.str.extract_groups(r"^((?:1[6-9]|20)\d{2})[-/. ]?(\d{2})[-/. ]?(\d{2})$")
    as_typed = pl.concat_str([parts.struct.field(str(i)) for i in (1, 2, 3)], separator="-")
    year = text.str.extract(r"^((?:1[6-9]|20)\d{2})$")
    typed = over_distinct(
        values.alias("text").to_frame(), lambda some: some.select(as_typed=as_typed, year=year)
    )
    return typed.select(pl.coalesce("as_typed", normalise.dates(values).cast(pl.String), "year")).to_series()


def _multi(stacked: pl.DataFrame, spec: MatchSpec) -> list[pl.DataFrame]:
    def of_kind(kind: str) -> pl.Series | None:
        columns = spec.of(kind)
        return stacked.select(pl.concat_list(columns).alias(kind)).to_series() if columns else None

    emails, phones, websites = of_kind("email"), of_kind("phone"), of_kind("website")
    found = {}
    if emails is not None:
        found["emails"] = _as_typed(emails, normalise.emails(emails))
    if phones is not None:
        found["phones"] = _digits(phones)
    if websites is not None:
        found["websites"] = normalise.websites(websites)
    return [pl.DataFrame(found)] if found else []


def _as_typed(emails: pl.Series, clean: pl.Series) -> pl.Series:
    """E-mails; where a record has none that is valid, what was typed: a slip may have spoiled it."""
    none = (clean.list.len() == 0).arg_true()
    typed = exploded(emails.gather(none)).with_columns(
        found=pl.col("value").str.to_lowercase().str.strip_chars()
    )
    typed = typed.filter(pl.col("found").str.len_chars() >= 8)
    rows = np.arange(len(clean))
    rows[none] = len(clean) + np.arange(len(none))
    return pl.concat([clean, gathered(typed, len(none), clean.name)]).gather(rows)


def _digits(phones: pl.Series) -> pl.Series:
    """Phone numbers by their digits: no country can be told, for lists have no region."""
    long = exploded(phones).with_columns(found=pl.col("value").str.replace_all(r"\D", ""))
    return gathered(long.filter(pl.col("found").str.len_chars() >= 6), len(phones), "phones")


def _others(stacked: pl.DataFrame, spec: MatchSpec) -> list[pl.DataFrame]:
    """Fields without a role, and the date."""
    found = [_folded(stacked[column.removeprefix(OWN)], kind).alias(column) for column, kind in _free(spec)]
    found += [_dates(stacked[column]).alias("dob") for column in spec.of("date")[:1]]
    return [pl.DataFrame(found)] if found else []


def _free(spec: MatchSpec) -> tuple[tuple[str, str], ...]:
    """Fields without a role, each compared by itself: prepared column and kind."""
    kinds = {
        "identifier": "identifier",
        "masked_identifier": "masked",
        "category": "category",
        "year": "year",
    }
    kinds |= {"text": "text", "country": "category"}
    free = [(OWN + f.column, kinds[f.kind]) for f in spec.fields if f.kind in kinds]
    return tuple(free + [(OWN + column, "category") for column in spec.of("date")[1:]])


def _folded(values: pl.Series, kind: str) -> pl.Series:
    if kind == "masked":
        shown = values.str.replace_all(r"[^0-9*]", "")
        # Of "n/a", or where each digit is hidden, nothing can be told.
        return shown.set(~shown.str.contains(r"\d"), None)
    folded = folded_text(pl.col(values.name))
    if kind in ("identifier", "year"):
        folded = folded.str.replace_all(" ", "")
    return over_distinct(values.to_frame(), lambda some: some.select(folded)).to_series()
