"""One-to-one by best pair first, as users of engines without an assignment of their own do. Standard library
alone: both environments run it."""

from collections.abc import Iterable, Sequence


def one_to_one(pairs: Iterable[Sequence[str]]) -> list[bool]:
    """Whether each pair is taken, of pairs (left id, right id) in order of preference."""
    taken: set[str] = set()
    chosen = []
    for left, right in pairs:
        free = left not in taken and right not in taken
        if free:
            taken |= {left, right}
        chosen.append(free)
    return chosen
