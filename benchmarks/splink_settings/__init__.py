"""How a competent user of Splink would set it up for each kind of set.

Blocking rules, comparisons of Splink's own library with term frequencies, EM over several blocks, a prior
from deterministic rules. Training sees no labels; but rules and comparisons were chosen by hand with an eye
on these sets' figures and misses, which favours the peer. Read by the environment of the peers alone.
"""

from collections.abc import Callable

from benchmarks.splink_settings.base import Settings
from benchmarks.splink_settings.organisations import affiliations, clients, customers, names, restaurants
from benchmarks.splink_settings.persons import census, fake, febrl, febrl_large, historical

SETTINGS: dict[str, Callable[[list[str]], Settings]] = {
    "febrl": febrl, "febrl_large": febrl_large, "historical": historical, "census": census,
    "restaurants": restaurants, "clients": clients, "customers": customers, "fake": fake, "names": names,
    "affiliations": affiliations,
}  # fmt: skip
"""Name of the settings, as of the cases → settings for the columns at hand."""

__all__ = ["SETTINGS", "Settings"]
