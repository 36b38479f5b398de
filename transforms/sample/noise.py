"""How people mistype and vary text: each function changes the rows of a mask and leaves the others alone."""

import polars as pl

from transforms.sample.dice import Booleans, Dice
from transforms.sample.names import nicknames

_KEYS = "qwertyuiopasdfghjklzxcvbnm"


def mistype(dice: Dice, texts: pl.Series, mask: Booleans) -> pl.Series:
    """One letter left out, doubled, replaced or swapped with the next, never the first one."""
    n = len(texts)
    frame = pl.DataFrame({"s": texts, "u": dice.uniform(n), "kind": dice.pick([1, 1, 1, 1.4], n)})
    key = pl.Series(list(_KEYS)).gather(dice.integers(0, len(_KEYS), n))
    s, kind = pl.col("s"), pl.col("kind")
    at = (1 + pl.col("u") * (s.str.len_chars().cast(pl.Int64) - 2).clip(0)).floor().cast(pl.Int64)
    head, letter = s.str.slice(0, at), s.str.slice(at, 1)
    rest = s.str.slice(at + 1)
    changed = (
        pl.when(kind == 0)
        .then(head + rest)
        .when(kind == 1)
        .then(head + letter + letter + rest)
        .when(kind == 2)
        .then(head + pl.lit(key) + rest)
        .otherwise(head + rest.str.slice(0, 1) + letter + rest.str.slice(1))
    )
    hit = pl.lit(pl.Series(mask)) & (s.str.len_chars() > 3)
    return frame.select(pl.when(hit).then(changed).otherwise(s)).to_series()


def nickname(dice: Dice, given: pl.Series, mask: Booleans) -> pl.Series:
    """One of the nicknames of a given name, where it has any."""
    frame = pl.DataFrame({"given_name": given, "u": dice.uniform(len(given)), "hit": mask})
    frame = frame.join(nicknames(), on="given_name", how="left", maintain_order="left")
    count = pl.col("nicknames").list.len().cast(pl.Float64)
    chosen = pl.col("nicknames").list.get((pl.col("u") * count).floor().cast(pl.Int64), null_on_oob=True)
    return frame.select(
        pl.when(pl.col("hit")).then(pl.coalesce(chosen, "given_name")).otherwise("given_name")
    ).to_series()


def plain_letters(texts: pl.Series, mask: Booleans) -> pl.Series:
    """Without macrons and diacritics, as older software kept names."""
    plain = texts.str.normalize("NFD").str.replace_all(r"\p{M}", "")
    return plain.zip_with(pl.Series(mask), texts)


def respaced(dice: Dice, texts: pl.Series, mask: Booleans) -> pl.Series:
    """Hyphens as spaces, apostrophes curly or gone."""
    n = len(texts)
    frame = pl.DataFrame({"s": texts, "hit": mask, "kind": dice.pick([1, 1, 1], n)})
    s, kind = pl.col("s"), pl.col("kind")
    changed = (
        pl.when(kind == 0)
        .then(s.str.replace_all("-", " ").str.replace_all("'", "’"))
        .when(kind == 1)
        .then(s.str.replace_all("'", ""))
        .otherwise(s.str.replace_all("'", " ").str.replace_all("-", ""))
    )
    return frame.select(pl.when("hit").then(changed).otherwise(s)).to_series()


def recased(dice: Dice, texts: pl.Series, mask: Booleans) -> pl.Series:
    """All capitals or all small letters."""
    frame = pl.DataFrame({"s": texts, "hit": mask, "upper": dice.chance(0.75, len(texts))})
    s = pl.col("s")
    cased = pl.when("upper").then(s.str.to_uppercase()).otherwise(s.str.to_lowercase())
    return frame.select(pl.when("hit").then(cased).otherwise(s)).to_series()


def blanked(texts: pl.Series, mask: Booleans) -> pl.Series:
    """Null in the rows of the mask."""
    return pl.select(pl.when(~pl.Series(mask)).then(texts)).to_series()
