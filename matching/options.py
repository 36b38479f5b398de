"""How the run matches: where the bands lie, and which model scores."""

from dataclasses import dataclass
from pathlib import Path

DEFAULT_MODEL = Path(__file__).parent / "default_model.json"


@dataclass(frozen=True)
class MatchOptions:
    """exact: probability from which a pair is joined without asking; near: from which a person is asked."""

    exact: float = 0.998
    near: float = 0.2
    model: Path = DEFAULT_MODEL
