import datetime as dt

import polars as pl
import pytest

from transforms.normalise import (
    dates,
    drop_default_dates,
    emails,
    fold,
    nickname_roots,
    phones,
    websites,
)
from transforms.normalise.text import swap_words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  O'Brien & Sons (NZ)  ", "obrien sons nz"),
        ("O’Brien ʻOkina `x´", "obrien okina x"),
        ("ĀĒĪŌŪ āēīōū", "aeiou aeiou"),
        ("Øyvind Straße Æsop Œuvre Łódź Đặng Þór", "oyvind strasse aesop oeuvre lodz dang thor"),
        ("Müller-Lüdenscheidt", "muller ludenscheidt"),
        ("İstanbul ı", "istanbul i"),
        ("ＡＢＣ　１２", "abc 12"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("Иванов Ёлка", "иванов елка"),
        ("한국어 が", "한국어 が"),
        ("हिन्दी", "हिन्दी"),
        (" -,. ", None),
        ("", None),
        (None, None),
    ],
)
def test_fold(text: str | None, folded: str | None) -> None:
    assert fold(pl.Series([text], dtype=pl.String)).to_list() == [folded]


def test_fold_takes_any_type() -> None:
    assert fold(pl.Series([1, None])).to_list() == ["1", None]


def test_swap_words_replaces_whole_words_neighbours_and_runs() -> None:
    frame = pl.DataFrame({"t": ["st st street", "a b c", "cbd", "north shore rd"]})
    table = {"st": "saint", "a b": "ab", "cbd": "", "rd": "road"}
    found = frame.select(swap_words(pl.col("t"), table)).to_series().to_list()
    assert found == ["saint saint street", "ab c", None, "north shore road"]


def test_emails() -> None:
    lists = pl.Series(
        [["Z@B.COM ", "a@b.com"], ["x", "a@b", "@b.com"], ["a@b.com; Bob <c.d+e@x.co.nz>"], [], None],
        dtype=pl.List(pl.String),
    )
    assert emails(lists).to_list() == [["a@b.com", "z@b.com"], [], ["a@b.com", "c.d+e@x.co.nz"], [], []]
    assert emails(pl.Series(["mailto:A@b.com", "'a@b.com'", None])).to_list() == [
        ["a@b.com"],
        ["a@b.com"],
        [],
    ]


def test_websites() -> None:
    texts = pl.Series(
        [
            "http://www.Foo.com.au/x?y",
            "foo.co.nz, https://bar.com:80",
            "http://",
            "x",
            "ftp://u@foo.com",
            None,
        ]
    )
    assert websites(texts).to_list() == [["foo.com.au"], ["bar.com", "foo.co.nz"], [], [], ["foo.com"], []]


def test_lists_keep_their_rows() -> None:
    values = pl.Series(
        [None, ["0412345678"], [], ["x", "0298765432", "0412 345 678"]], dtype=pl.List(pl.String)
    )
    found = phones(values, pl.Series(["AU"] * 4))
    assert found.to_list() == [[], ["+61412345678"], [], ["+61298765432", "+61412345678"]]


@pytest.mark.parametrize(
    ("left", "right", "share"),
    [
        ("William", "Bill", True),
        ("Robert", "Bob", True),
        ("Catherine", "Kate", True),
        ("Stephen", "Steve", True),
        ("Wiremu", "William", True),
        ("Jón", "Jon", True),
        ("Bill", "Bob", False),
        ("William", "Robert", False),
        ("Peter", "Paul", False),
    ],
)
def test_nickname_roots_overlap(left: str, right: str, share: bool) -> None:
    one, other = nickname_roots(pl.Series([left, right])).to_list()
    assert bool(set(one) & set(other)) is share


def test_nickname_roots_hold_the_name_itself() -> None:
    assert nickname_roots(pl.Series(["Zork Paul", None, "william"])).to_list() == [["zork"], [], ["william"]]


@pytest.mark.parametrize(
    ("texts", "day_first", "expected"),
    [
        (["03/02/2001"], True, dt.date(2001, 2, 3)),
        (["03/02/2001"], False, dt.date(2001, 3, 2)),
        (["03/02/2001"], None, dt.date(2001, 2, 3)),
        (["03/02/2001", "01/31/2001"], None, dt.date(2001, 3, 2)),
        (["03/02/2001", "31/01/2001"], None, dt.date(2001, 2, 3)),
    ],
)
def test_order_of_day_and_month(texts: list[str], day_first: bool | None, expected: dt.date) -> None:
    assert dates(pl.Series(texts), day_first)[0] == expected


def test_dates_of_dates_and_timestamps() -> None:
    day = dt.date(2001, 2, 3)
    assert dates(pl.Series([day])).to_list() == [day]
    assert dates(pl.Series([dt.datetime(2001, 2, 3, 4)])).to_list() == [day]


def test_default_dates_are_no_dates() -> None:
    texts = ["1900-01-01", "1901-01-01", "1970-01-01", "0001-01-01", "9999-12-31", "1970-01-02", None]
    found = drop_default_dates(pl.Series(texts).str.to_date())
    assert found.to_list() == [None] * 5 + [dt.date(1970, 1, 2), None]
