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


def families(number: int, seed: int = 1) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Two lists of families under one roof, some records twice or thrice; the number in the id tells who.

    One son in three bears his father's name. Half the people of the left list are in the right one too.
    """
    dice = random.Random(seed)
    left: list[dict[str, str | None]] = []
    right: list[dict[str, str | None]] = []
    for house in range(number):
        family = dice.choice(_FAMILY) + dice.choice(_FAMILY)[:3]
        address = f"{dice.randint(1, 99)} {dice.choice(_FAMILY)} street"
        given = dice.sample(_GIVEN, 3)
        if house % 3 == 0:
            given[2] = given[0]
        for place, name in enumerate(given):
            year = dice.randint(1950, 1960) + 25 * (place == 2)
            born = f"{year}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
            person = {"given": name, "family": family, "address": address}
            for side, share in ((left, 1.0), (right, 0.5)):
                for copy in range(dice.choice((1, 1, 2, 3)) if dice.random() < share else 0):
                    known = None if copy and dice.random() < 0.5 else born
                    side.append(
                        {"id": f"{'ab'[side is right]}{house}-{place}-{copy}", **person, "born": known}
                    )
    return pl.DataFrame(left), pl.DataFrame(right)
