"""Names of organisations: the core that names them, apart from legal form, trustee and trading parts."""

from collections.abc import Mapping
from functools import cache

import polars as pl

from transforms.normalise.reference import aliases, any_of, reference
from transforms.normalise.text import lowered, over_distinct, present, swap_words, words

_AFTER = r"[\s:]+(.*?)[)\]>]?\s*$"
_TRUSTEE = (
    r"^(.*?)(?:^|[\s,;(\[<-])(?:a\.?/?t\.?/?f\.?"
    r"|as\s+(?:the\s+)?(?:corporate\s+)?(?:trustees?|tees?|ttees?)\s+(?:for|of)|trustees?\s+for"
    r"|^(?:the\s+)?trustees?\s+(?:for|of))" + _AFTER
)
_TRADING = (
    r"^(.*?)(?:^|[\s,;(\[<-])(?:t\s?[/\\]\s?a[s.]?|t\.a\.|trading\s+(?:as|under)|trading\s+name:?"
    r"|d/?b/?a|d\.b\.a\.)" + _AFTER
)
# Remarks that practices write into names; they tell nothing about who it is.
_REMARKS = (
    r"[(\[](?:in liq\w*|in voluntary liq\w*|under administration|receivers? \w+|formerly[^)\]]*"
    r"|previously[^)\]]*|deregistered|dereg|struck off|dormant|old|new|duplicate|dup|do not use|archived?"
    r"|inactive|ceased|closed|deceased|decd|wound up)[)\]]"
    r"|\bformerly (?:known as )?.*$|\bin liquidation\s*$"
)


def organisation_name(names: pl.Series) -> pl.DataFrame:
    """organisation_name, legal_form, trustee_for, trading_as, name_numbers, one row per name.

    "The Smith Co Pty Ltd ATF Smith Family Trust T/A Smith's" gives "smith company", pty_ltd, "smith family",
    "smiths". A name that is only "the trustee for X" is read as X. A name of nothing but a legal form stays
    whole.
    """
    return organisation_parts(names).drop("trustee_form")


def organisation_parts(names: pl.Series) -> pl.DataFrame:
    """The columns of `organisation_name` and trustee_form, the legal form of what it is trustee for."""
    return over_distinct(names.cast(pl.String).alias("name").to_frame(), _parse)


def _parse(frame: pl.DataFrame) -> pl.DataFrame:
    light = (
        lowered(present(pl.col("name"))).str.replace_all(r"\s\s+|[^\S ]", " ").str.replace_all(_REMARKS, " ")
    )
    parts = (
        frame.select(light=light)
        .with_columns(
            head=pl.coalesce(pl.col("light").str.extract(_TRUSTEE), pl.col("light")),
            trust=pl.col("light").str.extract(_TRUSTEE, 2),
        )
        .with_columns(
            trading=pl.coalesce(
                pl.col("trust").str.extract(_TRADING, 2),
                pl.col("head").str.extract(_TRADING, 2),
            ),
            trust=pl.coalesce(pl.col("trust").str.extract(_TRADING), pl.col("trust")),
            head=pl.coalesce(pl.col("head").str.extract(_TRADING), pl.col("head")),
        )
    )
    parts = parts.select(**{p: _spelled_out(pl.col(p)) for p in ("head", "trust", "trading")}).with_columns(
        head=pl.coalesce("head", "trust", "trading"),
        trust=pl.when(pl.col("head").is_not_null()).then(pl.col("trust")),
    )
    # Few have more than a head.
    cores = {name: over_distinct(parts.select(text=name), _core) for name in ("head", "trust", "trading")}
    return pl.DataFrame(
        {
            "organisation_name": cores["head"]["core"],
            "legal_form": cores["head"]["form"],
            "trustee_for": cores["trust"]["core"],
            "trustee_form": cores["trust"]["form"],
            "trading_as": cores["trading"]["core"],
            "name_numbers": _numbers(cores["head"]["core"]),
        }
    )


def _spelled_out(light: pl.Expr) -> pl.Expr:
    """Folded words: signs in words, "the" around them taken off."""
    text = light.str.replace_all(r"[&+]", " and ").str.replace_all(r"\bs/f\b", " super fund ")
    text = words(text.str.replace_all(r"\bn[o°º]\.?\s?(\d)", " ${1}").str.replace_all(r"\bp/l\b", "pty ltd"))
    return text.str.strip_prefix("the ").str.strip_suffix(" the")


def _initials_joined(text: pl.Expr) -> pl.Expr:
    """ "a b c plumbing" → "abc plumbing", as "A.B.C." and "ABC" are one name."""
    several = pl.when(text.str.contains(r"(?:^| )\p{L} \p{L}(?: |$)")).then(text)  # few are
    doubled = pl.concat_str(pl.lit(" "), several.str.replace_all(" ", "  ", literal=True), pl.lit(" "))
    marked = doubled.str.replace_all(r" (\p{L}) ", "\x01${1}\x01").str.replace_all(
        "\x01\x01", "", literal=True
    )
    return pl.coalesce(marked.str.replace_all(r"[\x01 ]+", " ").str.strip_chars(" "), text)


def _core(names: pl.DataFrame) -> pl.DataFrame:
    """core and form of folded names: column text."""
    word = pl.col("text")
    return (
        names.with_columns(
            before=word.str.extract(_form_before()).replace_strict(_forms("of_forms"), default=None)
        )
        .with_columns(
            text=word.str.replace(_form_before(), "${2}").str.replace(_form_then_number(), "${1} ${3} ${2}")
        )
        .with_columns(
            after=word.str.extract(_form_after()).replace_strict(_forms("legal_forms"), default=None)
        )
        .with_columns(text=_initials_joined(word.str.replace(_form_after(), "")))
        .with_columns(text=word.str.replace(" and (?:co|company)$", " andcompany"))
        .with_columns(company=pl.when(word.str.contains(_COMPANY)).then(pl.lit("co")))
        .with_columns(text=word.str.replace(_COMPANY, "${1}").str.replace(" andcompany$", " and company"))
        .with_columns(text=word.str.replace(" co$", " company").pipe(swap_words, _abbreviations()))
        .pipe(_counted, "number_words")
        .pipe(_counted, "roman_numerals")
        .select(
            core=word.str.replace_all(r"\b(?:no|number|num) (\d)", "${1}"),
            form=pl.coalesce("after", "company", "before"),
        )
    )


def _counted(frame: pl.DataFrame, section: str) -> pl.DataFrame:
    """`text` with a number in words or Roman numerals at its end in digits ("number two" → "number 2")."""
    numbers = {f" {word}": f" {number}" for word, number in reference("organisations")[section].items()}
    last = pl.col("text").str.extract(rf"({any_of(numbers)})$")
    frame = frame.with_columns(last=last)
    digits = pl.col("text").str.strip_suffix(pl.col("last")) + pl.col("last").replace(numbers)
    return frame.with_columns(text=pl.coalesce(digits, "text")).drop("last")


def _numbers(core: pl.Series) -> pl.Series:
    found = core.to_frame("core").select(
        pl.col("core").str.extract_all(r"\d+").list.join(" ").replace("", None)
    )
    return found.to_series()


_COMPANY = r"^(\S+ \S.*) (?:andcompany|company|co)$"  # only where a name of two words goes on without it


@cache
def _forms(section: str) -> Mapping[str, str]:
    return aliases("organisations", section, with_codes=False)


@cache
def _abbreviations() -> Mapping[str, str]:
    table: Mapping[str, str] = reference("organisations")["abbreviations"]
    return table


@cache
def _form_before() -> str:
    return rf"^({any_of(_forms('of_forms'))}) (\S.*)$"


@cache
def _form_after() -> str:
    return rf" ({any_of(_forms('legal_forms'))})$"  # anchored at the end: the longest form wins


@cache
def _form_then_number() -> str:
    words_for_numbers = [
        *reference("organisations")["number_words"],
        *reference("organisations")["roman_numerals"],
    ]
    number = rf"(?:no |number |num )?(?:\d+|{any_of(words_for_numbers)})"
    return rf"^(\S.*?) ({any_of(_forms('legal_forms'))}) ({number})$"
