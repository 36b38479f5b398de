"""The clients of all three products in one vocabulary, as they came; the contracts say what feeds what."""

import re

import duckdb
import polars as pl

from expectations.conform import conform
from expectations.contracts import Column, Table, table
from transforms.private import mask_known, mask_text, whole_numbers
from transforms.sql import Frames

SOURCES = ("hq_clients", "xpm_clients", "tax_clients")

# Free text in which people write tax numbers. Identifiers and phones stay out, for an ACN may pass as a TFN:
# in them (`_NUMBERS`) only a number that the practice knows as a tax number is one.
_FREE_TEXT = (
    "name",
    "first_name",
    "middle_name",
    "last_name",
    "other_name",
    "address_line",
    "postal_address_line",
    "client_code",
    "notes",
    "custom_fields",
    "settings",
    "organisation_name",
)
_PLACES = ("city", "region", "post_code", "country")
_NUMBERS = ("company_number", "business_number")
# Short values, in which only a number that the practice knows as a tax number is one.
_SHORT = (*_PLACES, *(f"postal_{place}" for place in _PLACES), "branch_number", "business_structure")
_MASKED_IN_JSON = re.compile(r'("(?:[^"\\]|\\.)*")|-?(\*{6}\d{3})[\d.eE+-]*')
"""A string, which is left alone, or a masked number with what may be left of it."""
_UNICODE_IN_JSON = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
# JSON's own escapes; the other control characters have no short form.
_ESCAPES = {
    **{chr(code): f"\\u{code:04x}" for code in range(32)},
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\\": "\\\\",
    '"': '\\"',
}


def source_clients(con: duckdb.DuckDBPyConnection, frames: Frames) -> pl.DataFrame:  # noqa: ARG001
    """Every readable client of HQ, XPM and Tax, one row each: table `source_client`.

    `con` is there because every stage takes it.
    `frames`: `hq_clients`, `xpm_clients`, `tax_clients`, `xpm_jobs`. Tax numbers inside free text are masked:
    those that any list of the practice knows, labelled ones, and numbers that pass a check.
    Raises ContractError where two rows share an id.
    """
    jobs = frames["xpm_jobs"].select("practice_id", source_id="ClientUUID", has_job=True).unique()
    lists = {name: _unified(frames[name], table(name)) for name in sorted(SOURCES)}
    key = ["practice_id", "source_id"]
    # many clients to at most one row of `jobs`
    worked = lists["xpm_clients"].select(key).join(jobs, on=key, how="left", maintain_order="left")
    lists["xpm_clients"] = lists["xpm_clients"].with_columns(worked["has_job"])
    # The lists come in the order of their ids, so that by practice all is in the order of the key.
    clients = pl.concat(lists.values(), how="diagonal").sort("practice_id", maintain_order=True)
    clients = clients.with_columns(pl.col("has_job").fill_null(False))
    known = whole_numbers(clients.select("practice_id", "tax_number").drop_nulls().unique())
    clients = clients.with_columns(_unescaped(clients["custom_fields"]))
    masked = mask_known(mask_text(clients, list(_FREE_TEXT), known), list(_SHORT), known)
    masked = _masked_lists(mask_known(masked, list(_NUMBERS), known, whole=True), known)
    return conform(masked.with_columns(_quoted(masked["custom_fields"])), "source_client")


def _masked_lists(clients: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """`clients` with e-mails, phones and websites masked where one is a tax number of the practice."""
    for column in ("emails", "phones", "websites"):
        values = (
            clients.select("practice_id", column).with_row_index("row").explode(column, empty_as_null=False)
        )
        masked = mask_known(values, [column], known, whole=column == "phones")
        if not masked[column].equals(values[column], null_equal=True):
            lists = masked.group_by("row", maintain_order=True).agg(pl.col(column).alias("masked"))
            indexed = clients.with_row_index("row").join(lists, on="row", how="left", maintain_order="left")
            # Empty and missing lists have no row to explode, and stay as they are.
            mended = pl.when(pl.col(column).list.len() > 0).then("masked").otherwise(column).alias(column)
            clients = indexed.with_columns(mended).drop("row", "masked")
    return clients


def _unescaped(texts: pl.Series) -> pl.Series:
    """JSON texts with letters, spaces and dashes in place of escapes, which hide what is between digits."""
    places = texts.str.contains("\\u", literal=True).fill_null(False).arg_true()
    if not places.len():
        return texts
    plain = [_UNICODE_IN_JSON.sub(_character, text) for text in texts[places]]
    return texts.scatter(places, pl.Series(plain, dtype=pl.String))


def _character(escape: re.Match[str]) -> str:
    """The character of `\\u00a0`; other escapes, and what JSON cannot hold unescaped, as they are."""
    code = int(escape[1] or "0", 16)
    surrogate = 0xD800 <= code <= 0xDFFF
    return chr(code) if chr(code).isalnum() or (code > 0x7E and not surrogate) else escape[0]


def _quoted(texts: pl.Series) -> pl.Series:
    """JSON texts in which a number that was masked has become a string: stars are no JSON number."""
    places = texts.str.contains(r"[:,\[]\s*-?\*{6}\d{3}").fill_null(False).arg_true()
    if not places.len():
        return texts
    mended = [_MASKED_IN_JSON.sub(lambda m: m[1] or f'"{m[2]}"', text) for text in texts[places]]
    return texts.scatter(places, pl.Series(mended, dtype=pl.String))


def _unified(rows: pl.DataFrame, source: Table) -> pl.DataFrame:
    """Rows of one source table as columns of `source_client`, all but `has_job`."""
    feeding: dict[str, list[Column]] = {}
    for column in source.columns:
        if column.feeds:
            feeding.setdefault(column.feeds, []).append(column)
    found = [
        _value(name, feeding.get(name, []), kind).alias(name)
        for name, kind in table("source_client").schema.items()
        if name not in ("product", "has_job", "state", "name")
    ]
    both = pl.concat_str("first_name", "last_name", separator=" ", ignore_nulls=True)
    name = pl.col(feeding["name"][0].name)
    return (
        rows.select(*found, _state(feeding.get("state", [])).alias("state"), name.alias("name"))
        .with_columns(
            pl.lit(source.product).alias("product"),
            pl.coalesce("name", pl.when(both != "").then(both)).alias("name"),
        )
        .select(n for n in table("source_client").names if n != "has_job")
    )


def _value(name: str, columns: list[Column], kind: pl.DataType) -> pl.Expr:
    if name == "settings":
        return json_object(columns)
    if not columns:
        return pl.lit(None, dtype=kind)
    value = pl.col(columns[0].name)
    if isinstance(kind, pl.List):
        if columns[0].type != "texts":
            return pl.when(value.is_not_null()).then(pl.concat_list(value))
        if name == "staff_ids":  # each entry is a link, and a repeated one is accounted for
            return pl.when(value.list.len() > 0).then(value)
        several = pl.when(value.list.len() > 1).then(value)  # most lists hold one, and need no search
        distinct = pl.coalesce(several.list.unique(maintain_order=True), value)
        return pl.when(distinct.list.len() > 0).then(distinct)
    return value


def _state(columns: list[Column]) -> pl.Expr:
    """State at the source. Tax keeps no state of its own: its clients count as active."""
    names = {c.name for c in columns}
    if "status" in names:
        return pl.col("status")
    if "IsDeleted" not in names:
        return pl.lit("active")
    return (
        pl.when(pl.col("IsDeleted"))
        .then(pl.lit("deleted"))
        .when(pl.col("IsArchived"))
        .then(pl.lit("archived"))
        .when(pl.col("IsProspect"))
        .then(pl.lit("prospect"))
        .otherwise(pl.lit("active"))
    )


def json_object(columns: list[Column]) -> pl.Expr:
    """JSON object of the columns that are not empty, sorted by name; null where all are empty."""
    if not columns:
        return pl.lit(None, dtype=pl.String)
    pairs = [_json(f'"{c.name}":', pl.col(c.name), c.type) for c in sorted(columns, key=lambda c: c.name)]
    inner = pl.concat_str(pairs, separator=",", ignore_nulls=True)
    return pl.concat_str(pl.lit("{"), inner, pl.lit("}")).replace("{}", None)


def _json(label: str, value: pl.Expr, kind: str) -> pl.Expr:
    """JSON of a value behind its label; null where there is none."""
    if kind == "texts":
        inner = value.list.eval(_json_text("", pl.element())).list.join(",")
        listed = pl.concat_str(pl.lit(f"{label}["), inner, pl.lit("]"))
        return pl.when(value.list.len() > 0).then(listed)
    if kind in ("boolean", "integer", "number"):
        return pl.concat_str(pl.lit(label), value.cast(pl.String))
    return _json_text(label, value.cast(pl.String))


def _json_text(label: str, value: pl.Expr) -> pl.Expr:
    marked = pl.when(value.str.contains(r'["\\\x00-\x1f]')).then(value)  # few are, and a search is cheaper
    escaped = marked.str.replace_many(list(_ESCAPES), list(_ESCAPES.values()))
    return pl.concat_str(pl.lit(f'{label}"'), pl.coalesce(escaped, value), pl.lit('"'))
