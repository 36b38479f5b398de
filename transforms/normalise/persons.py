"""Names of persons: taken apart where they came whole, put together where they came in parts."""

from functools import cache

import polars as pl

from transforms.normalise.given_names import is_given_name
from transforms.normalise.reference import aliases, any_of, reference
from transforms.normalise.text import folded, joined, over_distinct, present

_PARTS = ("first", "middle", "last", "full")
_HYPHEN = "ǂ"  # a letter that no name holds: keeps "Watson-Parker" one word until the parts are found


def person_name(
    first: pl.Series | None, middle: pl.Series | None, last: pl.Series | None, full: pl.Series | None
) -> pl.DataFrame:
    """given_name, middle_name, family_name, name_suffix, full_name, one row per row of the series given.

    Parts count where they are given; else they are read from `full` ("John van der Berg", "Berg, John"), or
    from a first name that holds it all. Everything comes folded: titles off, particles with the family name,
    hyphens as spaces. `full_name` is given, middle and family name in this order.
    Raises ValueError where every series is None.
    """
    given = dict(zip(_PARTS, (first, middle, last, full), strict=True))
    lengths = [len(values) for values in given.values() if values is not None]
    if not lengths:
        raise ValueError("person_name needs at least one of first, middle, last, full")
    blank = pl.Series([None], dtype=pl.String).new_from_index(0, lengths[0])
    frame = pl.DataFrame({n: blank if v is None else v.cast(pl.String) for n, v in given.items()})
    return over_distinct(frame.select(present(pl.all())), _parse)


def _parse(frame: pl.DataFrame) -> pl.DataFrame:
    """Most names are two plain words: they are read as they stand, and the rest is taken apart."""
    rows = _plain(frame.with_row_index("row"))
    blank = pl.lit(None, pl.String)
    easy = rows.drop_nulls("family").select(
        "row", given_name="given", middle_name=blank, family_name="family", name_suffix=blank,
        full_name=pl.concat_str("given", "family", separator=" "),
    )  # fmt: skip
    hard = rows.filter(pl.col("family").is_null())
    apart = take_apart(hard.select(_PARTS)).with_columns(hard["row"]).select(easy.columns)
    return pl.concat([easy, apart]).sort("row").drop("row")


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """With given and family of names in two plain words, none of which may mean anything else."""
    first, last = pl.col("first"), pl.col("last")
    text = (
        pl.when(pl.col("middle").is_not_null())
        .then(None)
        .when(first.is_not_null() & last.is_not_null())
        .then(pl.concat_str(first, last, separator=" "))
        .when(first.is_null() & last.is_null())
        .then("full")
    )
    # In steps: what several expressions have in common would be worked out for each.
    words = frame.select(text.str.to_lowercase().str.extract_groups("^([a-z]+) ([a-z]+)$")).to_series()
    plain = words.struct.rename_fields(["given", "family"]).struct.unnest()
    is_name = ~pl.any_horizontal(pl.col("given", "family").is_in(_meaning()))
    return frame.hstack(plain.select(pl.when(is_name).then(pl.col("given", "family"))))


@cache
def _meaning() -> list[str]:
    """Words that may be a title, a suffix, a particle or a remark rather than a name."""
    persons = reference("persons")
    lists = ("titles", "postnominals", "states", "particles", "openers")
    found = {word for name in lists for text in persons[name] for word in text.split()}
    return sorted(
        found | {*aliases("persons", "suffixes"), "estate", "of", "nee", "ta", "as", "trading", "dba"}
    )


def take_apart(frame: pl.DataFrame) -> pl.DataFrame:
    """As `person_name`, of a frame with first, middle, last and full, by every rule."""
    rows = frame.with_row_index("row")
    titled = rows.filter(_is_title(pl.col("first")), pl.col("middle").is_null())
    apart = _taken_apart(rows)
    if titled.is_empty():
        return apart.drop("row")
    # "Mr", "John Smith": a title in the place of the first name is none, where another is found without it.
    better = _taken_apart(titled.with_columns(first=pl.lit(None, pl.String)))
    better = better.filter(is_given_name(better["given_name"]))
    return apart.update(better, on="row", include_nulls=True).sort("row").drop("row")


def _is_title(first: pl.Expr) -> pl.Expr:
    titles = any_of(reference("persons")["titles"])
    return folded(first).str.contains(rf"^{titles}(?: (?:and )?{titles})*$")


def _taken_apart(frame: pl.DataFrame) -> pl.DataFrame:
    parts = _split_whole(_split_comma(_find_whole(frame)))
    return (
        parts.with_columns(given=_without_title(pl.col("given")), family=_without_title(pl.col("family")))
        .with_columns(pl.col("given", "family").str.replace_all(_HYPHEN, " ", literal=True))
        .pipe(_take_suffix, "family")
        .pipe(_take_suffix, "given")
        .with_columns(family=_joined_prefix(pl.col("family")))
        .with_columns(given=_without_family(pl.col("given"), pl.col("family")))
        .with_columns(
            given_name=pl.col("given").str.extract(r"^(\S+)"),
            rest=pl.col("given").str.extract(r"^\S+ (.+)$"),
            middle=folded(pl.col("middle")),
        )
        .with_columns(middle_name=_middle(pl.col("rest"), pl.col("middle")))
        .with_columns(full_name=joined(pl.col("given_name"), pl.col("middle_name"), pl.col("family")))
        .select(
            "row",
            "given_name",
            "middle_name",
            family_name="family",
            name_suffix=pl.col("suffix").replace_strict(aliases("persons", "suffixes"), default=None),
            full_name=pl.coalesce("full_name", folded(pl.col("full"))),
        )
    )


def _find_whole(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds `whole`: the text that has to be taken apart; null where both parts are there."""
    first, last, full = pl.col("first"), pl.col("last"), pl.col("full")
    holds_more = first.str.contains(r"[\s,]")
    whole = (
        pl.when(first.is_not_null() & last.is_not_null())
        .then(None)
        .when(first.is_not_null() & holds_more)
        .then(first)
        .when(first.is_not_null() & full.is_null())
        .then(None)  # a first name that stands alone is one
        .otherwise(pl.coalesce(full, first, last))
    )
    plain = pl.col("whole").str.replace_all(r'\([^)]*\)|\[[^\]]*\]|"[^"]*"|“[^”]*”', " ")
    plain = plain.str.replace_all(
        r"(?i)\s(?:t\s?/\s?as?|trading as|d/?b/?a)\b.*$|\bn[ée]e\s+\S.*$"
        r"|^\s*(?:the\s+)?estate\s+of(?:\s+the)?(?:\s+late)?\b",
        " ",
    ).str.replace_all(r"(\p{L})[-‐‑–](\p{L})", f"${{1}}{_HYPHEN}${{2}}")
    # A name that is nothing but brackets and quotes is read as it stands.
    return (
        frame.with_columns(whole=whole)
        .with_columns(plain=plain, aside=pl.col("whole").is_null())
        .with_columns(whole=pl.when(folded(pl.col("plain")).is_null()).then("whole").otherwise("plain"))
    )


def _split_comma(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds given and family of "Smith, John", and `straight` for names in speaking order."""
    left = folded(pl.col("whole").str.extract(r"^([^,]*),"))
    right = folded(pl.col("whole").str.extract(r"^[^,]*,(.*)$"))
    # "Sir John Smith, 1st Baronet" has an honour behind the comma, no given name.
    plain = pl.col("whole").str.replace(r",\s*\d+\S*\s+\S.*$", "")
    frame = frame.with_columns(whole=plain).with_columns(left=left, right=right)
    inverted = (
        pl.col("left").is_not_null()
        & pl.col("right").is_not_null()
        & ~pl.col("right").str.contains(_after_comma())
    )
    return frame.with_columns(
        straight=pl.when(~inverted).then(folded(pl.col("whole"))).otherwise(None),
        given=pl.when(pl.col("aside")).then(folded(pl.col("first"))).when(inverted).then(pl.col("right")),
        family=pl.when(pl.col("aside")).then(folded(pl.col("last"))).when(inverted).then(pl.col("left")),
    )


def _split_whole(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds given, family and suffix of names in speaking order, and `suffix`."""
    bare = pl.col("straight").str.replace(_states(), "").str.replace(_postnominals(), "${1}")
    frame = frame.with_columns(bare=bare, suffix=bare.str.extract(rf"^\S+ .*\S ({_suffixes()})$"))
    bare = pl.col("bare").str.replace(rf"^(\S+ .*\S) {_suffixes()}$", "${1}")
    frame = frame.with_columns(bare=bare, titled=bare.str.extract(_title()))
    name = pl.coalesce("titled", "bare").str.replace(r" (mc|mac) (\p{L}{3,})$", " ${1}${2}")
    name = name.str.replace(rf" o ({any_of(reference('persons')['o_names'])})$", " o${1}")
    # One word, or a family name that stands alone ("van der Berg"), has no given name before it.
    alone = rf"^(?:{any_of(reference('persons')['openers'])} )+\S+$|^\S+$"
    parts = name.str.extract_groups(
        rf"^(?<given>\S+(?: .*?)??) (?<family>(?:{any_of(reference('persons')['particles'])} )*\S+)$"
    )
    is_alone = name.str.contains(alone)
    return frame.with_columns(
        given=pl.coalesce("given", pl.when(~is_alone).then(parts.struct.field("given"))),
        family=pl.coalesce("family", pl.when(is_alone).then(name).otherwise(parts.struct.field("family"))),
    )


@cache
def _suffixes() -> str:
    return any_of(aliases("persons", "suffixes"))


@cache
def _title() -> str:
    return rf"^(?:{any_of(reference('persons')['titles'])} )+(.*\S)$"


@cache
def _states() -> str:
    return rf"^the late | {any_of(reference('persons')['states'])}$"


@cache
def _postnominals() -> str:
    return rf"^(\S+ .*?\S)(?: {any_of(reference('persons')['postnominals'])})+$"


@cache
def _after_comma() -> str:
    """What follows a comma without being a given name: "John Smith, Jr", "Smith, deceased"."""
    persons = reference("persons")
    alone = any_of([*aliases("persons", "suffixes"), *persons["postnominals"], *persons["states"]])
    return rf"^{alone}(?: {alone})*$"


def _without_title(text: pl.Expr) -> pl.Expr:
    titles = any_of(reference("persons")["titles"])
    return text.str.replace(_title(), "${1}").str.replace(rf"^(\S.*) {titles}$", "${1}")


def _take_suffix(frame: pl.DataFrame, part: str) -> pl.DataFrame:
    ending = rf"^(\S.*) ({_suffixes()})$"
    return frame.with_columns(
        pl.col(part).str.replace(ending, "${1}"),
        suffix=pl.coalesce("suffix", pl.col(part).str.extract(ending, 2)),
    )


def _joined_prefix(family: pl.Expr) -> pl.Expr:
    """ "o brien" → "obrien", "mc donald" → "mcdonald", "d angelo" → "dangelo"."""
    return family.str.replace(r"^(o|mc|mac|d) (\p{L}{2,})", "${1}${2}")


def _without_family(given: pl.Expr, family: pl.Expr) -> pl.Expr:
    """A first name that repeats the family name ("John Smith" beside "Smith") loses it."""
    tail = pl.concat_str(pl.lit(" "), family)
    return pl.when(given.str.ends_with(tail)).then(given.str.strip_suffix(tail)).otherwise(given)


def _middle(rest: pl.Expr, middle: pl.Expr) -> pl.Expr:
    """Further words of the first name and the middle name, once where they say the same."""
    said = pl.concat_str(pl.lit(" "), rest, pl.lit(" ")).str.contains(
        pl.concat_str(pl.lit(" "), middle, pl.lit(" ")), literal=True
    )
    return pl.when(said).then(rest).otherwise(joined(rest, middle))
