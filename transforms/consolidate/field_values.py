"""Field by field: where the records of one client disagree, what was filled from a twin, and what is lost."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from transforms.consolidate.joined import Records
from transforms.private import mask_tax_number

LISTS = ("emails", "phones", "websites")
IDENTIFIERS = ("tax_number_masked", "company_number", "business_number", "branch_number")
FIELDS = (
    "name",
    "business_structure",
    "first_name",
    "middle_name",
    "last_name",
    "other_name",
    "date_of_birth",
    "address_line",
    "city",
    "region",
    "post_code",
    "country",
    "postal_address_line",
    "postal_city",
    "postal_region",
    "postal_post_code",
    "postal_country",
    *IDENTIFIERS,
    "client_code",
    "notes",
    "custom_fields",
    "settings",
)
# JSON objects whose members are fields of their own.
_OBJECTS = ("custom_fields", "settings")
# From which product blanks are filled first.
_ORDER = {"xpm": 0, "hq": 1, "tax": 2}
_RULES = pl.Series(["not_chosen", "filled", "survivor"])
_Rows = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True)
class Fills:
    """Values that twins give to the records that stand for a client."""

    able: pl.DataFrame
    """The rows of `twin_pairs` whose twin may give something."""
    given: Mapping[str, _Rows]
    """Field → the rows of `able`, ascending, whose twin's value is published."""

    def only(self, chosen: pl.DataFrame) -> "Fills":
        """Those under the chosen policies. `chosen`: practice, policy."""
        of = chosen.with_columns(stands=pl.lit(True))
        rows = self.able.join(of, on=["practice", "policy"], how="left", maintain_order="left")  # to one
        stands = rows["stands"].fill_null(False).to_numpy()
        return Fills(self.able, {field: rows[stands[rows]] for field, rows in self.given.items()})

    def apply(self, values: pl.DataFrame, standing: pl.Series) -> pl.DataFrame:
        """The rows `standing` of `values` (row number = rid) with their blanks filled, under one policy."""
        return values.select(
            _filled(values[field], self.able[self.given[field]], standing) for field in values.columns
        )


def published_values(records: Records) -> pl.DataFrame:
    """The clients' values as they may be published: tax numbers masked. Row number = rid."""
    number = records.clients["tax_number"]
    held = number.is_not_null().arg_true()
    masked = number.scatter(held, mask_tax_number(number.gather(held))).alias("tax_number_masked")
    return records.clients.with_columns(masked).select(*FIELDS, *LISTS)


def twin_pairs(records: Records, plan: pl.DataFrame, blanks: pl.DataFrame) -> pl.DataFrame:
    """Policy × record that is merged: policy, practice, twin, target, order (who fills first), fill, overlay.

    `blanks`: practice numbers whose decision fills blanks. `overlay`: Tax under its Practice Manager client.
    `pair`: number of twin and target, the same under every policy; `part`: of policy and practice. Sorted by
    policy, target, and who fills first.
    """
    record, size = records.record, records.record.height
    merged = plan.filter(pl.col("outcome") == "merged").select("policy", "practice", "target", twin="rid")
    product, seniority = (record[name].gather(merged["twin"]) for name in ("product", "seniority"))
    merged = merged.with_columns(
        order=product.replace_strict(_ORDER, return_dtype=pl.Int64),
        fill=pl.col("practice").is_in(blanks["practice"].implode()),
        overlay=(product == "tax") & (record["product"].gather(merged["target"]) == "xpm"),
    )
    # One number sorts faster than four columns.
    target = pl.col("policy").rle_id().cast(pl.Int64) * size + pl.col("target")
    pairs = merged.sort((target * len(_ORDER) + pl.col("order")) * size + seniority)
    return pairs.with_columns(
        pair=(pl.col("target") * size + pl.col("twin")).rank("dense").cast(pl.Int64) - 1,
        part=pl.struct("policy", "practice").rle_id(),
    )


def differences(values: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Per field whether the twin has a value that its target has not; row number = `pair` of `pairs`."""
    apart = pairs.select("pair", "target", "twin", "overlay").unique("pair").sort("pair")
    targets, twins = (apart[end].cast(pl.UInt32) for end in ("target", "twin"))
    found = [
        _differs(values[field].gather(targets), values[field].gather(twins)).alias(field)
        for field in (*FIELDS, *LISTS)
    ]
    # The keys of Tax and Practice Manager never meet: those objects differ, and need not be read.
    alike = ~apart["overlay"]
    for field in _OBJECTS:
        own, other = values[field][apart["target"]], values[field][apart["twin"]]
        place = FIELDS.index(field)
        read = (found[place] & alike & own.is_not_null()).arg_true()
        more = [_has_more(*texts) for texts in zip(other[read], own[read], strict=True)]
        found[place] = found[place].scatter(read, more)
    return pl.DataFrame(found)


def _has_more(text: str, own: str) -> bool:
    """Whether a JSON object has a member that another has not, or has otherwise."""
    members = json.loads(own)
    return any(members.get(key) != value for key, value in json.loads(text).items())


def fills(values: pl.DataFrame, pairs: pl.DataFrame, differing: pl.DataFrame) -> Fills:
    """What the twins give: Tax its identifiers and settings to Practice Manager, all where asked for.

    `differing`: of `differences`.
    """
    able = pairs.filter(pl.col("fill") | pl.col("overlay"))
    pair, asked = able["pair"].to_numpy(), able["fill"].to_numpy()
    given = {}
    for field in (*FIELDS, *LISTS):
        gives = differing[field].to_numpy()[pair]
        if field not in (*IDENTIFIERS, "settings"):
            gives &= asked
        given[field] = _given(values[field], able, np.flatnonzero(gives))
    return Fills(able, given)


def _given(values: pl.Series, able: pl.DataFrame, rows: _Rows) -> _Rows:
    """Those of `rows`, twins that have a value which their target has not, whose value is published."""
    if values.name in LISTS:
        return rows
    blank = values.is_null().to_numpy()[able["target"].to_numpy()[rows]]
    if values.name == "settings":
        # The keys of Practice Manager and Tax never meet: the objects of both are joined, one of each.
        rows = rows[blank | able["overlay"].to_numpy()[rows]]
        firsts: _Rows = rows[_first(able.select("part", "target", "order"), rows) == rows]
        return firsts
    rows = rows[blank]
    first, twin = _first(able.select("part", "target"), rows), able["twin"].to_numpy()
    later = np.flatnonzero(first != rows)  # of more than one twin those that say the same
    alike = values.gather(twin[rows[later]]).eq(values.gather(twin[first[later]])).to_numpy()
    return np.delete(rows, later[~alike])


def _first(keys: pl.DataFrame, rows: _Rows) -> _Rows:
    """Per row the first of `rows` that has its key; rows of one key stand together."""
    begins = keys[rows].select(pl.any_horizontal(pl.all().ne_missing(pl.all().shift()))).to_series()
    place = np.where(begins.to_numpy(), np.arange(len(rows)), 0)
    first: _Rows = rows[np.maximum.accumulate(place)]
    return first


def _differs(own: pl.Series, other: pl.Series) -> pl.Series:
    """Whether the twin has a value (of a list: an entry) that the standing record has not."""
    if isinstance(own.dtype, pl.List):
        lists = pl.DataFrame({"own": own, "other": other}).with_columns(pl.all().fill_null([]))
        return lists.select(pl.col("other").list.set_difference("own").list.len() > 0).to_series()
    return other.is_not_null() & other.ne_missing(own)


def _filled(values: pl.Series, rows: pl.DataFrame, standing: pl.Series) -> pl.Series:
    """The rows `standing` of `values`, those of the targets replaced; `rows` sorted by who fills first."""
    where = np.arange(len(values))
    if values.name not in (*LISTS, "settings"):
        where[rows["target"].to_numpy()] = rows["twin"].to_numpy()  # several twins say the same
        return values.gather(where[standing.to_numpy()])
    if not rows.height:
        return values.gather(standing)
    given = rows.with_columns(other=values[rows["twin"]]).group_by("target", maintain_order=True)
    if values.name in LISTS:
        new = given.agg(pl.col("other").explode())
        new = new.with_columns(own=values[new["target"]].fill_null([]))
        fresh = new.select(pl.col("own").list.concat("other").list.unique(maintain_order=True)).to_series()
    else:
        new = given.agg(pl.col("other"))
        own = new.select(pl.concat_list(values[new["target"]], "other").list.drop_nulls())
        inner = pl.element().str.strip_prefix("{").str.strip_suffix("}")
        joined = own.select(pl.first().list.eval(inner).list.join(","))
        fresh = joined.select(pl.concat_str(pl.lit("{"), pl.first(), pl.lit("}"))).to_series()
    where[new["target"].to_numpy()] = len(values) + np.arange(new.height)
    both = pl.concat([values, fresh.rename(values.name)], rechunk=True)
    return both.gather(where[standing.to_numpy()])


def values_lost(differing: pl.DataFrame, pairs: pl.DataFrame, given: Fills) -> pl.DataFrame:
    """Policy × practice number: per field, how many values of merged records are not published."""
    parts = pairs.select("part", "policy", "practice").unique("part").sort("part")
    pair, part, of_able = pairs["pair"].to_numpy(), pairs["part"].to_numpy(), given.able["part"].to_numpy()
    found = []
    for field, rows in given.given.items():
        counts = np.bincount(part[differing[field].to_numpy()[pair]], minlength=parts.height)
        counts -= np.bincount(of_able[rows], minlength=parts.height)
        found.append(parts.select("policy", "practice", field=pl.lit(field), lost=pl.Series(counts)))
    return pl.concat(found).filter(pl.col("lost") > 0)


def field_value(
    values: pl.DataFrame, pairs: pl.DataFrame, differing: pl.DataFrame, given: Fills, fate: pl.DataFrame
) -> pl.DataFrame:
    """Table `field_value` but for run_id: of each field in which a twin differs, every value.

    `pairs` and `given`: those under the chosen policies. A value that equals the standing record's is not
    listed again. `fate`: of `fates`. Sorted by number, into the order of the table's key: by text it costs
    ten times that.
    """
    fields = pl.Series("field", sorted((*FIELDS, *LISTS)))
    filled = {name: given.able["pair"].to_numpy()[rows] for name, rows in given.given.items()}
    rows = pl.concat(
        _field_rows(values[name], pairs, differing[name], filled[name]).with_columns(field_no=pl.lit(no))
        for no, name in enumerate(fields)
    )
    clients = fate.filter(pl.col("rid") == pl.col("target")).sort("practice_id", "client_id")["rid"]
    number = np.empty(fate.height, dtype=np.int64)
    number[clients.to_numpy()] = np.arange(clients.len())
    place = number[rows["target"].to_numpy()] * fields.len() + rows["field_no"].to_numpy()
    order: _Rows = (place * fate.height + rows["twin"].to_numpy()).argsort()
    rows = rows[order]
    return fate.select("practice_id", "product", "source_id")[rows["twin"]].with_columns(
        fate["client_id"].gather(rows["target"]),
        fields.gather(rows["field_no"]),
        rows["value"],
        chosen=rows["rule"] > 0,
        rule=_RULES.gather(rows["rule"]),
    )


def _field_rows(values: pl.Series, pairs: pl.DataFrame, differing: pl.Series, filled: _Rows) -> pl.DataFrame:
    """target, twin, rule, value: the twins that differ, and the standing record if it holds a value.

    `filled`: the numbers of the pairs whose twin's value is published.
    """
    pair, is_filled = pairs["pair"].to_numpy(), np.zeros(differing.len(), dtype=np.bool_)
    is_filled[filled] = True
    rows = np.flatnonzero(differing.to_numpy()[pair])
    target = pairs["target"].to_numpy()[rows]
    has_twin = np.zeros(values.len(), dtype=np.bool_)
    has_twin[target] = True
    own = np.flatnonzero(has_twin & values.is_not_null().to_numpy())
    twin = np.concatenate([pairs["twin"].to_numpy()[rows], own])
    rule = np.concatenate([is_filled[pair[rows]], np.full(len(own), 2)])
    shown = values.gather(twin)
    text = shown.list.join("; ") if isinstance(shown.dtype, pl.List) else shown.cast(pl.String)
    return pl.DataFrame({"target": np.concatenate([target, own]), "twin": twin, "rule": rule, "value": text})
