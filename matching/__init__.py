"""Are these two the same client? Probabilistic record linkage for many small lists, without labels.

from matching import Field, MatchSpec, link, dedupe
"""

from matching.linker import dedupe, link, train_model
from matching.model import Model, load
from matching.spec import Field, MatchSpec

__all__ = ["Field", "MatchSpec", "Model", "dedupe", "link", "load", "train_model"]
