"""Sample fleets: landing zones made from nothing but a seed, with the truth about who is who beside them."""

from transforms.sample.embedded import write_embedded
from transforms.sample.landing import make_fleet
from transforms.sample.spec import FleetSpec

__all__ = ["FleetSpec", "make_fleet", "write_embedded"]
