"""How fast people and cars are, and how far from a street a door may be: all numbers of the network in one place.

None of them has an official source: an answer is told with them (``docs/how-to/walking-minutes-and-coverage.md``).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = [
    "CAR_KMH",
    "ISOCHRONE_HALF_WIDTH_M",
    "ISOCHRONE_HOLE_M2",
    "SNAP_LIMIT_M",
    "WALK_KMH",
    "WALK_M_PER_MIN",
]

WALK_KMH: Final = 4.5
"""On foot, waiting at crossings included: slower than the 5 km/h of an adult on open ground."""

CAR_KMH: Final = MappingProxyType({"arterial": 50.0, "collector": 40.0, "local": 25.0, "alley": 10.0})
"""By car, by class of street: means over a street with its crossings, below what signs allow."""

SNAP_LIMIT_M: Final = 250.0
"""A position farther than this from every street that the mode may use is not reached: no way is invented."""

ISOCHRONE_HALF_WIDTH_M: Final = 25.0
"""How far beside a reached street its outline goes: half a street and the depth of a plot."""

ISOCHRONE_HOLE_M2: Final = 10_000.0
"""Holes in the outline that are smaller (a block's inside) are filled."""


WALK_M_PER_MIN: Final = WALK_KMH * 1000 / 60
