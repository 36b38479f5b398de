"""Field by field: where the records of one client disagree, what was filled from a twin, and what is lost."""

import json
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
_LISTED = 10**10


@dataclass(frozen=True)
class Fills:
    """Values that twins give to the records that stand for a client."""

    rows: pl.DataFrame
    """policy, practice, target, twin, pair, place, field: one row per value of a twin that is published."""

    def apply(self, values: pl.DataFrame, chosen: pl.DataFrame, standing: pl.Series) -> pl.DataFrame:
        """The rows `standing` of `values` (row number = rid) with the blanks that the chosen policy fills.

        `chosen`: practice, policy.
        """
        rows = self.rows.join(chosen, on=["practice", "policy"], how="semi").sort("target", "place", "twin")
        given = rows.partition_by("field", as_dict=True)
        return pl.DataFrame(
            [
                _filled(values[field], given[field,], standing)
                if (field,) in given
                else values[field][standing]
                for field in values.columns
            ]
        )


def published_values(records: Records) -> pl.DataFrame:
    """The clients' values as they may be published: tax numbers masked. Row number = rid."""
    number = records.clients["tax_number"]
    held = number.is_not_null().arg_true()
    masked = number.scatter(held, mask_tax_number(number.gather(held))).alias("tax_number_masked")
    return records.clients.with_columns(masked).select(*FIELDS, *LISTS)


def twin_pairs(records: Records, plan: pl.DataFrame, blanks: pl.DataFrame) -> pl.DataFrame:
    """Policy × record that is merged: policy, practice, twin, target, fill, overlay, place (who fills first).

    `blanks`: practice numbers whose decision fills blanks. `overlay`: Tax under its Practice Manager client.
    `pair`: number of twin and target, the same under every policy.
    """
    record = records.record
    merged = plan.filter(pl.col("outcome") == "merged").select("policy", "practice", "target", twin="rid")
    product, seniority = (record[name].gather(merged["twin"]) for name in ("product", "seniority"))
    place = product.replace_strict(_ORDER, return_dtype=pl.Int64) * _LISTED + seniority
    overlay = (product == "tax") & (record["product"].gather(merged["target"]) == "xpm")
    fill = pl.col("practice").is_in(blanks["practice"].implode())
    merged = merged.with_columns(fill=fill, overlay=overlay, place=place)
    number = pl.col("target") * record.height + pl.col("twin")
    pairs = merged.sort("policy", "target", "place", "twin")
    return pairs.with_columns(pair=number.rank("dense").cast(pl.Int64) - 1)


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
    found = [_given(values[field], able, differing[field]) for field in (*FIELDS, *LISTS)]
    return Fills(pl.concat(found))


def _given(values: pl.Series, able: pl.DataFrame, differing: pl.Series) -> pl.DataFrame:
    """The pairs of `able` whose twin gives its value of one field."""
    field = values.name
    gives = able["fill"] | able["overlay"] if field in (*IDENTIFIERS, "settings") else able["fill"]
    rows = able.filter(gives & differing[able["pair"]])
    blank = values.is_null()[rows["target"]]
    if field in LISTS:
        chosen = rows
    elif field == "settings":
        # The keys of Practice Manager and Tax never meet: the objects of both are joined, one of each.
        product = pl.col("place") // _LISTED
        chosen = rows.filter(blank | rows["overlay"])
        chosen = chosen.filter(pl.col("twin") == pl.col("twin").first().over("policy", "target", product))
    else:
        chosen = rows.filter(blank)
        chosen = chosen.with_columns(value=values[chosen["twin"]])
        chosen = chosen.filter(pl.col("value") == pl.col("value").first().over("policy", "target"))
    columns = ["policy", "practice", "target", "twin", "pair", "place"]
    return chosen.select(columns).with_columns(field=pl.lit(field))


def _differs(own: pl.Series, other: pl.Series) -> pl.Series:
    """Whether the twin has a value (of a list: an entry) that the standing record has not."""
    if isinstance(own.dtype, pl.List):
        lists = pl.DataFrame({"own": own, "other": other}).with_columns(pl.all().fill_null([]))
        return lists.select(pl.col("other").list.set_difference("own").list.len() > 0).to_series()
    return other.is_not_null() & other.ne_missing(own)


def _filled(values: pl.Series, rows: pl.DataFrame, standing: pl.Series) -> pl.Series:
    """The rows `standing` of `values`, those of the targets replaced; `rows` sorted by who fills first."""
    given = rows.with_columns(other=values[rows["twin"]]).group_by("target", maintain_order=True)
    if isinstance(values.dtype, pl.List):
        new = given.agg(pl.col("other").explode())
        new = new.with_columns(own=values[new["target"]].fill_null([]))
        fresh = new.select(pl.col("own").list.concat("other").list.unique(maintain_order=True)).to_series()
    elif values.name == "settings":
        new = given.agg(pl.col("other"))
        own = new.select(pl.concat_list(values[new["target"]], "other").list.drop_nulls())
        inner = pl.element().str.strip_prefix("{").str.strip_suffix("}")
        joined = own.select(pl.first().list.eval(inner).list.join(","))
        fresh = joined.select(pl.concat_str(pl.lit("{"), pl.first(), pl.lit("}"))).to_series()
    else:
        new = given.agg(pl.col("other").first())
        fresh = new["other"]
    where = np.arange(len(values))
    where[new["target"].to_numpy()] = len(values) + np.arange(new.height)
    return pl.concat([values, fresh.rename(values.name)]).gather(where[standing.to_numpy()])


def values_lost(differing: pl.DataFrame, pairs: pl.DataFrame, given: Fills) -> pl.DataFrame:
    """Policy × practice number: per field, how many values of merged records are not published."""
    keys = ["policy", "practice"]
    all_of = pairs.select(keys).hstack(differing[pairs["pair"]])
    counts = all_of.group_by(keys).agg(pl.all().sum().cast(pl.Int64))
    published = given.rows.group_by(*keys, "field").len("published")
    return (
        counts.unpivot(index=keys, variable_name="field", value_name="differing")
        .join(published, on=[*keys, "field"], how="left")  # one to at most one
        .select(*keys, "field", lost=pl.col("differing") - pl.col("published").fill_null(0))
        .filter(pl.col("lost") > 0)
    )


def field_value(
    values: pl.DataFrame, pairs: pl.DataFrame, differing: pl.DataFrame, given: Fills, fate: pl.DataFrame
) -> pl.DataFrame:
    """Table `field_value` but for run_id: of each field in which a twin differs, every value.

    `pairs`: those of the chosen policies. A value that equals the standing record's is not listed again.
    `fate`: of `fates`. Sorted by number, into the order of the table's key: by text it costs ten times that.
    """
    fields = pl.Series("field", sorted((*FIELDS, *LISTS)))
    rows = pl.concat(_field_rows(values[name], pairs, differing[name], no) for no, name in enumerate(fields))
    published = given.rows.join(pairs, on=["policy", "pair"], how="semi")
    numbers = published["field"].replace_strict(fields, range(fields.len()), return_dtype=pl.Int64)
    held = (published["pair"] * fields.len() + numbers).implode()
    clients = fate.filter(pl.col("rid") == pl.col("target")).sort("practice_id", "client_id")
    clients = clients.select(target="rid").with_row_index("client_no")
    rows = rows.join(clients, on="target").sort("client_no", "field_no", "twin")  # many to one
    own = pl.col("twin") == pl.col("target")
    filled = (pl.col("pair") * fields.len() + pl.col("field_no")).is_in(held).fill_null(False)
    rules = pl.when(own).then(pl.lit("survivor")).when(filled).then(pl.lit("filled"))
    return (
        rows.select("value", chosen=own | filled, rule=rules.otherwise(pl.lit("not_chosen")))
        .hstack(fate.select("practice_id", "product", "source_id")[rows["twin"]])
        .with_columns(fate["client_id"].gather(rows["target"]), fields.gather(rows["field_no"]))
    )


def _field_rows(values: pl.Series, pairs: pl.DataFrame, differing: pl.Series, number: int) -> pl.DataFrame:
    """target, twin, pair, field_no, value: the twins that differ, and (no pair) the standing record."""
    twins = pairs.filter(differing[pairs["pair"]]).select("target", "twin", "pair")
    own = twins.select("target", twin="target").unique()
    rids = pl.concat([twins, own], how="diagonal")
    shown = values[rids["twin"]]
    text = shown.list.join("; ") if isinstance(shown.dtype, pl.List) else shown.cast(pl.String)
    rows = rids.with_columns(field_no=pl.lit(number, pl.Int64), value=text)
    return rows.filter(pl.col("value").is_not_null())
