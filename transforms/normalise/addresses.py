"""Street addresses: number and street, apart from floors, building names and what follows the street."""

from collections.abc import Mapping
from functools import cache

import polars as pl

from transforms.normalise.reference import any_of, reference
from transforms.normalise.text import folded, joined, lowered, over_distinct, present, swap_words, words

_NUMBER = r"\d+[a-z]?(?:-\d+[a-z]?)?"
_NUMBERED = rf"(?:^|[ ,])((?:(?:[a-z]?\d+[a-z]?|[a-z])/)?(?:lot )?{_NUMBER})(?: |,)+(\D|\d+(?:st|nd|rd|th)\b)"
_STATES = "nsw|vic|qld|wa|sa|tas|act|nt"  # behind the street only in Australian one-line addresses
_UNIT_ALONE = r"(?:^|[ ,])([a-z]?\d+[a-z]?)/ *(\D)"


def address(
    line: pl.Series, city: pl.Series | None = None, post_code: pl.Series | None = None
) -> pl.DataFrame:
    """house_number, street, address, one row per line.

    `house_number`: "12a", with a unit "3/12", a range "12-14", a box "po 123" or "bag 123", a lot "lot 4".
    `street`: folded, types and directions in short form, up to the first comma or line end after the number;
    `city` and `post_code` are taken off its end where they are given. `address`: both in one folded line.
    """
    blank = pl.Series([None], dtype=pl.String).new_from_index(0, len(line))
    frame = pl.DataFrame(
        {
            "line": line.cast(pl.String),
            "city": blank if city is None else city.cast(pl.String),
            "post_code": blank if post_code is None else post_code.cast(pl.String),
        }
    )
    return over_distinct(frame, _parse)


def _parse(frame: pl.DataFrame) -> pl.DataFrame:
    line = _tidied(pl.col("line"))
    box = pl.col("line").str.extract(_box(), 1)
    return (
        frame.with_columns(line=line)
        .with_columns(
            box=pl.concat_str(
                pl.when(box.str.contains("bag")).then(pl.lit("bag ")).otherwise(pl.lit("po ")),
                pl.col("line").str.extract(_box(), 2).str.replace_all(r"\W", ""),
            )
        )
        .pipe(_number_and_street)
        .with_columns(street=_shortened(pl.col("street")))
        .with_columns(over_distinct(frame.select("city", "post_code"), _behind))
        .pipe(_without, pl.col("post_code"))
        .pipe(_without, pl.col("street").str.extract(rf" ({_STATES})$"))
        .pipe(_without, pl.col("city"))
        .with_columns(address=words(joined(pl.col("house_number"), pl.col("street"))))
        .select("house_number", "street", "address")
    )


def _behind(frame: pl.DataFrame) -> pl.DataFrame:
    """Town and postcode as they stand behind a street."""
    return frame.select(city=_shortened(pl.col("city")), post_code=folded(pl.col("post_code")))


def _tidied(line: pl.Expr) -> pl.Expr:
    """Lower case, lines as commas, floors dropped, units as "3/"."""
    lists = reference("streets")
    text = (
        pl.when(~folded(line).is_in(lists["blanks"]))
        .then(lowered(present(line)))
        .str.replace_all(r"[\r\n;|]+", ", ")
        .str.replace_all(r"\bc/[-o]?\s", " ")
        .str.replace_all(r"[^\p{L}\p{M}\p{N}/,#&-]+", " ")
        .str.replace_all(r"\s*([/-])\s*", "${1}")
        .str.replace_all(r"(^|,) ?r ?d ?\d+\b", "${1}")  # New Zealand's rural delivery routes
    )
    floor = any_of(lists["floors"])
    floors = rf"\b{floor} ?\d+[a-z]?\b,?|\b(?:\d+(?:st|nd|rd|th)|ground|first|second|third) {floor}\b,?"
    text = text.str.replace_all(floors, " ")
    units = rf"(^|[ ,]){any_of(lists['units'])} ?(?:no )?#?([a-z]?\d+[a-z]?|[a-z])\b[ ,/-]*"
    text = text.str.replace(units, "${1}${2}/").str.replace_all(r"(^|[ ,])(?:#|no )(\d)", "${1}${2}")
    # "12 a high st" is 12a, but "60 e high st" is a direction.
    text = text.str.replace(r"(^|[ ,/])(\d+) ([a-df-mo-rt-vx-z]) ", "${1}${2}${3} ")
    return text.str.replace_all(" +", " ").str.strip_chars(" ,")


def _number_and_street(frame: pl.DataFrame) -> pl.DataFrame:
    line = pl.col("line")
    at = line.str.extract(rf"{_NUMBERED}", 1)
    rest = line.str.replace(rf"^.*?{_NUMBERED}", "${2}")
    alone = line.str.extract(_UNIT_ALONE, 1)
    behind = line.str.extract(r"^(?:\D+? )?(\d+[a-z]?)$")  # "hauptstrasse 5", or a number alone
    street = (
        pl.when(pl.col("box").is_not_null())
        .then(None)
        .when(at.is_not_null())
        .then(rest)
        .when(alone.is_not_null())
        .then(line.str.replace(rf"^.*?{_UNIT_ALONE}", "${2}"))
        .when(behind.is_not_null())
        .then(line.str.extract(r"^(\D+?) \d"))
        .otherwise(line)
    )
    return frame.with_columns(
        house_number=pl.coalesce("box", at, alone, behind), street=folded(street.str.extract(r"^([^,]*)"))
    )


def _shortened(street: pl.Expr) -> pl.Expr:
    return swap_words(folded(street), _short())


def _without(frame: pl.DataFrame, place: pl.Expr) -> pl.DataFrame:
    """The street without `place` behind it; a street that is nothing else stays."""
    shorter = pl.col("street").str.strip_suffix(pl.concat_str(pl.lit(" "), place))
    return frame.with_columns(street=pl.coalesce(shorter, "street"))


@cache
def _short() -> Mapping[str, str]:
    table: Mapping[str, str] = reference("streets")["short"]
    return table


@cache
def _box() -> str:
    boxes = any_of([word for kind in reference("streets")["boxes"].values() for word in kind])
    return rf"(?:^|[ ,])({boxes})(?: (?:no|number))? ?#?([a-z]? ?(?:\d{{1,3}}(?:[ ,-]\d{{3}})+|\d+)[a-z]?)\b"
