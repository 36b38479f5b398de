"""Every normaliser takes any text, keeps the rows, and what it made it leaves as it is."""

from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms import normalise
from transforms.normalise.persons import take_apart
from transforms.normalise.text import present

# Pieces that the patterns know, so that random text runs into them; and any text at all.
_NAMES = [
    "Mr",
    "Dr",
    "Smith",
    "O'Brien",
    "van",
    "der",
    "Mc",
    "St",
    "Jr",
    "nee",
    "Ō",
    "é",
    "İ",
    "ß",
    "ii",
    "\n",
]
_FORMS = ["ATF", "T/A", "Pty", "Ltd", "Trust", "Co", "the", "No", "2", "(", ")", "/", "&", ",", ".", "-", "<"]
_PLACES = ["Unit", "3/12", "High", "Street", "PO", "Box", "Level", "c/-", "12a", "Lot", "NSW"]
_VALUES = [
    "+61",
    "0412345678",
    "(02)",
    "9876",
    "0",
    "@",
    "a@b.com",
    "www.x.com",
    "123456782",
    "***",
    "31/12/1999",
]
_PIECES = st.sampled_from([*_NAMES, *_FORMS, *_PLACES, *_VALUES])
_TEXTS = st.lists(
    st.none() | st.text(max_size=30) | st.lists(_PIECES, max_size=7).map(" ".join), min_size=1, max_size=6
)

Normaliser = Callable[[pl.Series], pl.Series]


def _regions(values: pl.Series) -> pl.Series:
    return pl.Series(
        (["AU", "NZ", "UK", None, "nowhere", "US"] * len(values))[: len(values)], dtype=pl.String
    )


_SAME_TYPE: dict[str, Normaliser] = {
    "fold": normalise.fold,
    "city": normalise.city,
    "country_code": normalise.country_code,
    "region_code": lambda s: normalise.region_code(s, _regions(s)),
    "post_code": lambda s: normalise.post_code(s, _regions(s)),
    "business_number": lambda s: normalise.business_number(s, _regions(s)),
    "company_number": lambda s: normalise.company_number(s, _regions(s)),
    "branch_number": normalise.branch_number,
    "tax_number": lambda s: normalise.tax_number(s, _regions(s))["tax_number"],
}
_LISTS: dict[str, Normaliser] = {
    "emails": normalise.emails,
    "websites": normalise.websites,
    "phones": lambda s: normalise.phones(s, _regions(s)),
}
_FRAMES: dict[str, Callable[[pl.Series], pl.DataFrame]] = {
    "organisation_name": normalise.organisation_name,
    "person_name": lambda s: normalise.person_name(None, None, None, s),
    "person_parts": lambda s: normalise.person_name(s, s.reverse(), s, None),
    "address": lambda s: normalise.address(s, s.reverse(), s),
    "split_address": normalise.split_address,
    "tax_number": lambda s: normalise.tax_number(s, _regions(s)),
}


@pytest.mark.parametrize("name", sorted(_SAME_TYPE))
@given(texts=_TEXTS)
@settings(max_examples=25, deadline=None)
def test_idempotent(name: str, texts: list[str | None]) -> None:
    once = _SAME_TYPE[name](pl.Series(texts, dtype=pl.String))
    assert len(once) == len(texts)
    assert _SAME_TYPE[name](once).to_list() == once.to_list()


@pytest.mark.parametrize("name", ["emails", "websites", "phones"])
@given(texts=_TEXTS)
@settings(max_examples=25, deadline=None)
def test_lists_idempotent_sorted_distinct(name: str, texts: list[str | None]) -> None:
    once = _LISTS[name](pl.Series(texts, dtype=pl.String))
    assert once.dtype == pl.List(pl.String) and len(once) == len(texts) and once.null_count() == 0
    assert [sorted(set(row)) for row in once.to_list()] == once.to_list()
    assert _LISTS[name](once).to_list() == once.to_list()


@pytest.mark.parametrize("name", sorted(_FRAMES))
@given(texts=_TEXTS)
@settings(max_examples=25, deadline=None)
def test_total_and_row_by_row(name: str, texts: list[str | None]) -> None:
    """Never raises, and a row's result depends on that row alone."""
    values = pl.Series(texts, dtype=pl.String)
    whole = _FRAMES[name](values)
    assert whole.height == len(texts)
    for column in whole.iter_columns():
        assert column.dtype == pl.String
        assert "" not in column.to_list()
    if name in ("organisation_name", "person_name"):
        doubled = _FRAMES[name](pl.concat([values.reverse(), values]))
        assert doubled.tail(len(texts)).rows() == whole.rows()


@given(texts=_TEXTS)
@settings(max_examples=25, deadline=None)
def test_names_come_folded(texts: list[str | None]) -> None:
    values = pl.Series(texts, dtype=pl.String)
    names = pl.concat(
        [normalise.person_name(None, None, None, values), normalise.organisation_name(values)],
        how="horizontal",
    )
    for column in (
        "given_name",
        "middle_name",
        "family_name",
        "full_name",
        "organisation_name",
        "trading_as",
    ):
        assert normalise.fold(names[column]).to_list() == names[column].to_list()


@given(texts=_TEXTS)
@settings(max_examples=25, deadline=None)
def test_dates_never_raise(texts: list[str | None]) -> None:
    assert len(normalise.dates(pl.Series(texts, dtype=pl.String))) == len(texts)


_WORDS: list[str | None] = [
    "Jane",
    "SMITH",
    "Mc",
    "De",
    "Van",
    "Sir",
    "Jr",
    "Late",
    "Estate",
    "Of",
    "Nee",
    "BA",
    "The",
    "As",
    "TA",
]
_WORDS += ["Hon", "Tan", "J", "O", "D", "Ō", "Anne-Marie", "O'Neill", "A,", "", "Van Der", None]


def test_plain_names_are_read_as_every_rule_would_read_them() -> None:
    pairs = [(one, other) for one in _WORDS for other in _WORDS]
    names: list[tuple[str | None, ...]] = [(one, None, other, None) for one, other in pairs]
    names += [(None, None, None, f"{one} {other}") for one, other in pairs]
    names += [(one, "Ann", other, f"{one} {other}") for one, other in pairs]
    columns = dict.fromkeys(["first", "middle", "last", "full"], pl.String())
    frame = pl.DataFrame(names, schema=columns, orient="row")
    read = normalise.person_name(*frame.get_columns())
    assert read.equals(take_apart(frame.select(present(pl.all()))))
