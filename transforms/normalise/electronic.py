"""E-mail addresses and websites."""

import polars as pl

from transforms.normalise.lists import collected

_EMAIL = r"[\p{L}\p{N}._%+'&#!*/=?^{|}~$-]+@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+\p{L}{2,}"
_PLAIN = r"^[a-z0-9_-][a-z0-9._-]*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$"
"""One address and nothing else, as most texts are."""
_HOST = (
    r"^(?:[a-z][a-z0-9+.-]*:)?/*(?:[^/@\s]*@)?(?:www\d?\.)?"
    r"((?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+\p{L}{2,})\.?(?:[:/?#].*)?$"
)


def emails(values: pl.Series) -> pl.Series:
    """E-mails of each row, lower case, sorted, distinct; what is none is left out.

    Takes text or lists of text; one text may hold several. Null → empty list.
    """
    return collected(values, lambda text: text.map_batches(_emails_in, return_dtype=pl.List(pl.String)))


def websites(values: pl.Series) -> pl.Series:
    """Host names of each row without scheme, www, port and path, lower case, sorted, distinct.

    Takes text or lists of text; one text may hold several, parted by space, comma or semicolon. What is no
    host name is left out. Null → empty list.
    """
    return collected(
        values,
        lambda text: (
            text.str.to_lowercase()
            .str.replace_all(r"[\s,;]+", " ")
            .str.split(" ")
            .list.eval(pl.element().str.extract(_HOST))
        ),
    )


def _emails_in(texts: pl.Series) -> pl.Series:
    frame = texts.str.to_lowercase().to_frame("text")
    frame = frame.with_columns(other=pl.when(~pl.col("text").str.contains(_PLAIN)).then("text"))
    searched = pl.col("other").str.extract_all(_EMAIL).list.eval(_trimmed())
    plain = pl.concat_list("text")
    return frame.select(pl.when(pl.col("other").is_null()).then(plain).otherwise(searched)).to_series()


def _trimmed() -> pl.Expr:
    """Quotes and dots around an address are punctuation of the text that it stood in."""
    return pl.element().str.replace(r"^['.]+", "").str.replace(r"^@.*$", "").replace("", None)
