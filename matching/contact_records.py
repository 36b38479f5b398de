"""Contacts prepared for matching: names and values as numbers, and what is one person beyond doubt as one.

A batch of a large fleet holds a hundred thousand contacts of which few are like any other, so all that is
done for each of them is done with numbers, and text is read once for each distinct value.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from expectations.conform import ascends
from matching import assign
from matching.buckets import is_first
from matching.prepare import FEW
from transforms import normalise
from transforms.normalise.lists import coded, gathered
from transforms.normalise.text import ONE_DIGIT
from transforms.sql import Frames

ID = ["practice_id", "product", "source_id"]
EMAIL, PHONE, CLIENT = 0, 1, 2
"""Kinds of what a contact holds."""
_MEN, _WOMEN = r"(?i)\b(?:mr|sir|mstr)\b", r"(?i)\b(?:mrs|ms|miss|madam|mdm|lady|dame)\b"
_SEPARATOR = "\x1f"
_NUMBER = r"[+(]{0,2}\d[\d\s().-]{6,}\d"

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Contacts:
    """The contacts of a batch that are not deleted; several that are one person beyond doubt are one record.

    Records are numbered in the order of practice, product and id of their first contact; practices and values
    have numbers that mean nothing else.
    """

    contacts: pl.DataFrame
    """practice_id, product, source_id, record."""
    records: pl.DataFrame
    """record, part (the practice), name (row of `names`)."""
    names: pl.DataFrame
    """given, middle, family, suffix, gender (m, f, as a form of address says), one row per distinct name."""
    held: pl.DataFrame
    """record, kind, value, holders: one row per value that a record holds, with the number of records
    that hold it; no values of the practice itself or of too many."""


@dataclass(frozen=True)
class ReadContacts:
    """What the contacts of a batch say, one row per client and contact that is not deleted."""

    rows: pl.DataFrame
    """practice_id, product, source_id, client_id, name (row of `names`), in an order of their own."""
    names: pl.DataFrame
    """given, middle, family, suffix, gender (m, f, as a form of address says), one row per distinct name."""
    values: pl.DataFrame
    """row, kind, text: e-mails and the last eight digits of phones, but those of the practice itself."""


def read_contacts(frames: Frames) -> ReadContacts:
    """Takes hq_contacts, xpm_contacts, practices."""
    rows = _rows(frames)
    names, name = _names(rows)
    values = pl.concat([_emails(rows, frames["practices"]), _phones(rows, frames["practices"])])
    return ReadContacts(rows.select(*ID, "client_id", name=name), names, values)


def contact_records(read: ReadContacts, match: pl.DataFrame, together: bool = True) -> Contacts:
    """Contacts, the clients that `match` joins being one. `together` False leaves each contact a record."""
    rows, name = read.rows, read.rows["name"]
    part = rows["practice_id"].rle_id().cast(pl.Int64)
    contact = pl.Series(_runs(rows, ID))
    values = _numbered(read.values.with_columns(part=part.gather(read.values["row"])))
    label = _twins(contact, name, read.names, values if together else values.clear())
    _, record = np.unique(label, return_inverse=True)
    by_row = pl.DataFrame({"record": record, "part": part, "name": name, "contact": contact})
    clients = pl.DataFrame({"value": _clients(rows, match)}).with_row_index("row")
    held = pl.concat([values, clients.select("row", kind=pl.lit(CLIENT, pl.UInt8), value="value")])
    records = by_row.group_by("record").agg(pl.col("part", "name").min()).sort("record")
    first = by_row["contact"].is_first_distinct()
    return Contacts(
        rows.select(ID).with_columns(by_row["record"]).filter(first),
        records,
        read.names,
        _counted(held.with_columns(record=by_row["record"].gather(held["row"])), records),
    )


def people_of_clients(read: ReadContacts, clients: pl.DataFrame) -> dict[str, pl.Series]:
    """Lists people and people_names: the contact people of each of `clients`.

    clients: practice_id, product, source_id, given_name, family_name. `people`: e-mails and the last seven
    digits of phones, too few to be a tax number typed there; `people_names`: given and family names, both
    sorted. A person is often a contact of his own: that name is left out, for it only says the client's name
    once more.
    """
    owners = read.rows.select("practice_id", "product", "name", source_id="client_id")
    own = clients.select(*ID, "given_name", "family_name").with_row_index("row")
    bears = owners.join(own, on=ID, how="left", maintain_order="left", validate="m:1")
    shown = pl.when(pl.col("kind") == PHONE).then(pl.col("text").str.tail(7)).otherwise("text")
    reached = read.values.select(row=bears["row"].gather(read.values["row"]), found=shown)
    names = read.names.select("given", "family", found=pl.concat_str("given", "family", separator=" "))
    names = names.with_columns(pl.when(~pl.col("found").str.contains(r"\d")).then("found"))
    bears = bears.hstack(names[bears["name"]])
    # By the initial, so that neither a short form of his own name nor a slip in it counts.
    initial = pl.col("given").str.head(1) == pl.col("given_name").str.head(1)
    himself = ((pl.col("family") == pl.col("family_name")) & initial).fill_null(False)
    return {
        "people": gathered(reached, clients.height, "people"),
        "people_names": gathered(bears.filter(~himself), clients.height, "people_names"),
    }


def _rows(frames: Frames) -> pl.DataFrame:
    """One row per client and contact that is not deleted, in an order that does not depend on the files'."""
    hq = frames["hq_contacts"].select(
        "practice_id", product=pl.lit("hq"), source_id="hq_contact_id", client_id="hq_client_id", name="name",
        first="first_name", last="last_name", email="email", phone="phone", mobile="mobile",
    )  # fmt: skip
    xpm = frames["xpm_contacts"].filter(pl.col("IsDeleted").ne_missing(True))
    empty = pl.lit(None, pl.String)
    xpm = xpm.select(
        "practice_id", product=pl.lit("xpm"), source_id="UUID", client_id="ClientUUID", name="Name",
        first=empty, last=empty, email="Email", phone="Phone", mobile="Mobile",
    )  # fmt: skip
    key = [*ID, "client_id"]
    rows = pl.concat([hq, xpm]).sort("practice_id", maintain_order=True)
    # Lists that were read come in order.
    return rows if ascends(rows.select(key)) else rows.sort(key)


def _runs(rows: pl.DataFrame, columns: list[str]) -> Numbers:
    """Number of the run of equal values of `columns` that each row is in, from 0."""
    changes = rows.select(pl.any_horizontal(pl.col(c).ne_missing(pl.col(c).shift()) for c in columns))
    return changes.to_series().cum_sum().to_numpy().astype(np.int64) - 1


def _names(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """The distinct names, sorted, and which one each row bears."""
    texts = rows.select(pl.concat_str(pl.col("first", "last", "name").fill_null(""), separator=_SEPARATOR))
    codes, distinct = coded(texts.to_series())
    parts = distinct.str.split_exact(_SEPARATOR, 2).struct.unnest()
    parts.columns = ["first", "last", "full"]
    read = normalise.person_name(parts["first"], None, parts["last"], parts["full"])
    men, women = pl.col("full").str.contains(_MEN), pl.col("full").str.contains(_WOMEN)
    gender = parts.select(
        pl.when(men & ~women).then(pl.lit("m")).when(women & ~men).then(pl.lit("f")).alias("gender")
    ).to_series()
    named = read.select(given="given_name", middle="middle_name", family="family_name", suffix="name_suffix")
    named = named.with_columns(gender)
    names = named.unique().sort(named.columns, nulls_last=True).with_row_index("at")
    at = named.join(names, on=named.columns, how="left", nulls_equal=True, maintain_order="left")["at"]
    return names.drop("at"), at.cast(pl.Int64).gather(codes)


def _emails(rows: pl.DataFrame, practices: pl.DataFrame) -> pl.DataFrame:
    """row, kind, text: every e-mail but the practice's own."""
    codes, distinct = coded(rows["email"])
    read = pl.DataFrame({"text": normalise.emails(distinct)}).with_row_index("code").explode("text")
    found = pl.DataFrame({"code": codes}).with_row_index("row").drop_nulls()
    found = found.join(read.cast({"code": pl.Int64}).drop_nulls(), on="code")
    own = practices.select("practice_id", text=normalise.emails(practices["email"])).explode("text")
    found = found.select("row", kind=pl.lit(EMAIL, pl.UInt8), text="text")
    return without_own(found, rows["practice_id"], own)


def _phones(rows: pl.DataFrame, practices: pl.DataFrame) -> pl.DataFrame:
    """row, kind, text: every phone or mobile number but the practice's own, by its last eight digits."""
    found = [
        _tails(rows[name]).select("row", kind=pl.lit(PHONE, pl.UInt8), text="text")
        for name in ("phone", "mobile")
    ]
    own = _tails(practices["phone"])
    own = own.select("text", practice_id=practices["practice_id"].gather(own["row"]))
    return without_own(pl.concat(found), rows["practice_id"], own)


def _tails(phones: pl.Series) -> pl.DataFrame:
    """row, text: the last eight digits of each number, which is all that its many spellings have in common.

    Inside one practice they are the number: codes and zeros before them differ by who typed them.
    """
    codes, distinct = coded(phones)
    numbers = distinct.str.replace(r"\.0$", "").str.extract_all(_NUMBER)
    read = pl.DataFrame({"text": numbers}).with_row_index("code").explode("text")
    tails = pl.col("text").str.replace_all(r"\D", "").str.tail(8)
    read = read.select(pl.col("code").cast(pl.Int64), text=tails)
    read = read.filter(pl.col("text").str.len_chars() == 8, ~pl.col("text").str.contains(ONE_DIGIT))
    return pl.DataFrame({"code": codes}).with_row_index("row").drop_nulls().join(read, on="code").drop("code")


def without_own(found: pl.DataFrame, practices: pl.Series, own: pl.DataFrame) -> pl.DataFrame:
    """`found` (row, text) but what is the practice's own.

    practices: of each row; own: practice_id, text.
    """
    # Few texts are any practice's own, so only they are looked into by practice.
    suspect = found.select(pl.arg_where(pl.col("text").is_in(own["text"].drop_nulls().unique().implode())))
    some = suspect.to_series()
    held = found.select("row", "text", at=pl.int_range(pl.len()))[some]
    held = held.with_columns(practice_id=practices.gather(held["row"]))
    mine = held.join(own, on=["practice_id", "text"], how="semi")["at"]
    return found.filter(pl.repeat(True, found.height, eager=True).scatter(mine, False))


def _numbered(values: pl.DataFrame) -> pl.DataFrame:
    """row, kind, value: a number for each text of a practice."""
    codes, distinct = coded(values["text"])
    _, number = np.unique(values["part"].to_numpy() * len(distinct) + codes.to_numpy(), return_inverse=True)
    return values.select("row", "kind").with_columns(value=pl.Series(number.astype(np.int64)))


def _twins(contact: pl.Series, name: pl.Series, names: pl.DataFrame, values: pl.DataFrame) -> Numbers:
    """Smallest row of those of one contact, and of one name with one e-mail or phone.

    The rule of practice software for contacts: name with e-mail, or name with mobile. Rows and what they hold
    are two sides of one graph, so a value of many costs no pairs.
    """
    edges = values.select("row", "value", name=name.gather(values["row"]))
    edges = edges.filter(names["family"].is_not_null().gather(edges["name"]))
    wide = names.height * edges["value"].to_numpy() + edges["name"].to_numpy()
    _, node = np.unique(wide, return_inverse=True)
    height = contact.len()
    left = np.concatenate([np.arange(height), edges["row"].to_numpy().astype(np.int64)])
    right = np.concatenate([contact.to_numpy(), node.astype(np.int64) + height]) + height
    return assign.joined(2 * height + node.size, left, right)[:height]


def _clients(rows: pl.DataFrame, match: pl.DataFrame) -> pl.Series:
    """Number of the client that each row hangs on; clients that a match joins have one."""
    key = [pl.col("practice_id"), pl.col("product"), pl.col("client_id")]
    exact = match.filter(pl.col("band") == "exact")
    sides = [
        exact.select("practice_id", product=f"{side}_product", client_id=f"{side}_id")
        for side in ("left", "right")
    ]
    every = pl.concat([rows.select(key), *sides]).select(pl.concat_str(key, separator=_SEPARATOR))
    codes, distinct = coded(every.to_series())
    numbers = codes.to_numpy()
    ends = numbers[rows.height :]
    label = assign.joined(len(distinct), ends[: exact.height], ends[exact.height :])
    return pl.Series(label[numbers[: rows.height]])


def _counted(held: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """`Contacts.held`; held: record, kind, value, perhaps several times."""
    wide = (held["value"].to_numpy() * 3 + held["kind"].to_numpy()) * records.height + held[
        "record"
    ].to_numpy()
    wide.sort()
    value, record = np.divmod(wide[is_first(wide)], records.height)
    first = np.flatnonzero(is_first(value))
    several = np.diff(first, append=len(value))
    counted = pl.DataFrame(
        {"record": record, "kind": (value % 3).astype(np.uint8), "value": value // 3,
         "holders": np.repeat(several, several).astype(np.uint32)}
    )  # fmt: skip
    size = records.select(pl.len().over("part")).to_series().gather(record)
    hub = pl.max_horizontal(pl.lit(FEW), size * 0.02)
    return counted.filter((pl.col("kind") == CLIENT) | (pl.col("holders") <= hub))
