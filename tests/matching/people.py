"""Small lists of made-up people for the tests of the library."""

import random

import polars as pl

_NAMES = """
anna ben carla dmitri eve farid greta hemi ines jack kiri liam mei noor olga piotr quinn rosa sam tane
adams brown chen dawson evans ferrari grant hughes ivanov jones kaur lopez moana nguyen owens patel
"""
_GIVEN, _FAMILY = (line.split() for line in _NAMES.strip().splitlines())


def two_lists(people: int, seed: int = 1) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Two lists of the same people, the second with errors and gaps; the number in the id tells who."""
    dice = random.Random(seed)
    left, right = [], []
    for number in range(people):
        person = {
            "given": dice.choice(_GIVEN),
            "family": dice.choice(_FAMILY) + dice.choice(_FAMILY)[:3],
            "born": f"{dice.randint(1940, 2005)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}",
            "post": str(dice.randint(2000, 2040)),
            "firm": f"f{number % 3}",
        }
        left.append({"id": f"a{number}", **person})
        changed: dict[str, str | None] = dict(person)
        if dice.random() < 0.3:
            at = dice.randrange(1, len(person["family"]))
            changed["family"] = person["family"][:at] + "x" + person["family"][at + 1 :]
        if dice.random() < 0.2:
            changed["born"] = None
        right.append({"id": f"b{number}", **changed})
    return pl.DataFrame(left), pl.DataFrame(right)
