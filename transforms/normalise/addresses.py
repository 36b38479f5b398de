"""Street addresses: number and street, apart from floors, building names and what follows the street."""

from collections.abc import Mapping
from functools import cache

import polars as pl

from transforms.normalise.reference import any_of, reference
from transforms.normalise.text import folded, joined, lowered, over_distinct, present, swap_words, words

_NUMBER = r"\d+[a-z]?(?:-\d+[a-z]?)?"
_NUMBERED = (
    rf"(?:^|[ ,])((?:(?:[a-z]?\d+[a-z]?|[a-z])/)?(?:lot )?{_NUMBER})(?: |,)+((?:\D|\d+(?:st|nd|rd|th)\b).*)"
)
_STATES = "nsw|vic|qld|wa|sa|tas|act|nt"  # behind the street only in Australian one-line addresses
_BETWEEN = r"[^\p{L}\p{M}\p{N}/,#& -][^\p{L}\p{M}\p{N}/,#&-]*| [^\p{L}\p{M}\p{N}/,#&-]+"
"""What stands between words and the signs that count, but for single spaces."""
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
    houses = over_distinct(frame.select("line"), _house)  # a line comes with its town in several spellings
    return (
        houses.hstack(over_distinct(frame.select("city", "post_code"), _behind))
        .pipe(_without, pl.col("post_code"))
        .pipe(_without, pl.col("street").str.extract(rf" ({_STATES})$"))
        .pipe(_without, pl.col("city"))
        .with_columns(address=words(joined(pl.col("house_number"), pl.col("street"))))
        .select("house_number", "street", "address")
    )


def _house(frame: pl.DataFrame) -> pl.DataFrame:
    """house_number and street of the lines, with what stands behind the street."""
    box = pl.col("box").struct
    found = (
        frame.select(low=lowered(present(pl.col("line"))))
        .select(line=_tidied(pl.col("low")))
        .with_columns(box=pl.col("line").str.extract_groups(_box()))
        .with_columns(
            box=pl.concat_str(
                pl.when(box.field("1").str.contains("bag")).then(pl.lit("bag ")).otherwise(pl.lit("po ")),
                box.field("2").str.replace_all(r"\W", ""),
            )
        )
        .pipe(_number_and_street)
    )
    streets = over_distinct(found.select("street"), lambda some: some.select(street=_in_short("street")))
    return found.select("house_number").hstack(streets)


def _in_short(column: str) -> pl.Expr:
    return swap_words(pl.col(column), _short())


def _behind(frame: pl.DataFrame) -> pl.DataFrame:
    """Town and postcode as they stand behind a street."""
    return frame.select(folded(pl.col("city", "post_code"))).with_columns(city=_in_short("city"))


def _tidied(line: pl.Expr) -> pl.Expr:
    """Lines as commas, floors dropped, units as "3/", of a line in lower case."""
    lists = reference("streets")
    text = (
        pl.when(~words(line).is_in(lists["blanks"]))
        .then(line)
        .str.replace_all(r"[\r\n;|]+", ", ")
        .str.replace_all(r"\bc/[-o]?\s", " ")
        .str.replace_all(_BETWEEN, " ")
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
    return text.str.replace_all("  +", " ").str.strip_chars(" ,")


def _number_and_street(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds house_number and street to box and line, which is tidy."""
    line, numbered = pl.col("line"), pl.col("numbered").struct
    at = numbered.field("1")
    alone = line.str.extract(_UNIT_ALONE, 1)
    behind = line.str.extract(r"^(?:\D+? )?(\d+[a-z]?)$")  # "hauptstrasse 5", or a number alone
    street = (
        pl.when(pl.col("box").is_not_null())
        .then(None)
        .when(at.is_not_null())
        .then(numbered.field("2"))
        .when(alone.is_not_null())
        .then(line.str.replace(rf"^.*?{_UNIT_ALONE}", "${2}"))
        .when(behind.is_not_null())
        .then(line.str.extract(r"^(\D+?) \d"))
        .otherwise(line)
    )
    return frame.with_columns(numbered=line.str.extract_groups(_NUMBERED)).with_columns(
        house_number=pl.coalesce("box", at, alone, behind), street=words(street.str.extract(r"^([^,]*)"))
    )


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
