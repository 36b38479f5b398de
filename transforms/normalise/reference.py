"""The reference lists of `data/reference/`, read once, and the patterns made of them."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import yaml

from expectations.resources import YAML_LOADER, data_path


@cache
def reference(name: str) -> Mapping[str, Any]:
    """Content of `data/reference/<name>.yaml`. Raises FileNotFoundError where there is none."""
    text = data_path("reference", f"{name}.yaml").read_text("utf-8")
    loaded: Mapping[str, Any] = yaml.load(text, Loader=YAML_LOADER)
    return loaded


@cache
def aliases(name: str, section: str, with_codes: bool = True) -> Mapping[str, str]:
    """Alias → canonical code, of a section that lists the aliases of each code.

    With `with_codes` a code is an alias of itself too, underscores as spaces.
    """
    return inverted(reference(name)[section], with_codes)


def inverted(table: Mapping[str, Iterable[str]], with_codes: bool = True) -> Mapping[str, str]:
    """Alias → code of a table of code → aliases."""
    codes = {str(code).replace("_", " "): str(code) for code in table} if with_codes else {}
    return codes | {str(alias): str(code) for code, spelled in table.items() for alias in spelled}


def any_of(words: Iterable[str]) -> str:
    """A pattern that matches one of `words`, the longest first, in a group that captures nothing."""
    return f"(?:{'|'.join(re.escape(w) for w in sorted(words, key=lambda w: (-len(w), w)))})"
