"""How the run matches: which joins are promised, from where people are asked, and which model scores."""

from dataclasses import dataclass
from pathlib import Path

DEFAULT_MODEL = Path(__file__).parent / "default_model.json"

SURE = 0.998
"""What a pair would need by itself to look sure, where explanations tell what decided."""


@dataclass(frozen=True)
class MatchOptions:
    """exact: probability from which a pair is joined without asking, whatever is promised; None: the promise.

    near: probability from which a person is asked. wrong_per_10000: the promise, wrong joins expected in
    10,000 clients of a practice.
    """

    exact: float | None = None
    near: float = 0.3
    model: Path = DEFAULT_MODEL
    wrong_per_10000: float = 1.0
