"""What Splink is told of a set."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Settings:
    """What Splink is told. `certain`: rules that admit few wrong pairs, and their guessed recall."""

    comparisons: list[Any]
    blocking: list[Any]
    training: list[Any]
    certain: list[Any]
    recall: float
    one_to_one: bool = False
    random_pairs: float = 5e6
    derived: dict[str, str] = field(default_factory=dict)
    """Column → SQL expression over the columns of a list, made before linking."""


def with_frequencies(comparison: Any) -> Any:
    """The comparison, with rare values weighing more than common ones."""
    return comparison.configure(term_frequency_adjustments=True)


def by_hand(comparison: Any, m: list[float]) -> Any:
    """The comparison with m as an expert would set it."""
    return comparison.configure(m_probabilities=m)
