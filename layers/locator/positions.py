"""A position on the earth as people give it, and how far the sphere can be from the spheroid.

The sphere's order of places comes from an index, the spheroid's is the true one. On the spheroid the radius of
curvature along the meridian is ``M`` and across it ``N``; at a geodetic latitude ``phi``

    ds^2 = M^2 dphi^2 + N^2 cos^2(phi) dlambda^2,    b^2/a <= M <= N <= a^2/b

(Rapp, Geometric Geodesy I, 1991, section 3; M is least at the equator, both are a^2/b at the poles). On the sphere of
radius R both are R. So every curve, drawn through the same latitudes and longitudes, is between ``b^2/(a R)`` and
``a^2/(b R)`` times as long on the spheroid as on the sphere; shortest curves are the least of all curves, so the same
holds for distances, everywhere, poles and antipodes too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

__all__ = [
    "LEAST",
    "MOST",
    "SPHERE_M",
    "BadPosition",
    "Position",
    "farthest_on_sphere",
    "least_on_spheroid",
    "on_sphere",
]

_A: Final = 6378137.0
_B: Final = _A * (1 - 1 / 298.257223563)
SPHERE_M: Final = (2 * _A + _B) / 3
"""The radius of the sphere that PostGIS measures by, m."""
LEAST: Final = _B * _B / (_A * SPHERE_M)
MOST: Final = _A * _A / (_B * SPHERE_M)
"""A distance on the spheroid is at least LEAST and at most MOST times that on the sphere."""

_ROUNDING: Final = 1e-9
_ROUNDING_M: Final = 1e-3  # both are computed; neither is off by a micrometre


class BadPosition(ValueError):
    """A longitude or latitude that is no place on the earth; ``name`` says which."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is no number of degrees on the earth")
        self.name = name


@dataclass(frozen=True)
class Position:
    """Degrees of WGS 84; both ends of the range of longitudes are the antimeridian.

    Examples
    --------
    >>> Position(50.1, 26.4)
    Position(lon=50.1, lat=26.4)
    >>> Position(50.1, float("nan"))
    Traceback (most recent call last):
        ...
    layers.locator.positions.BadPosition: lat is no number of degrees on the earth
    """

    lon: float
    lat: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.lon) and -180 <= self.lon <= 180):
            raise BadPosition("lon")
        if not (math.isfinite(self.lat) and -90 <= self.lat <= 90):
            raise BadPosition("lat")


def least_on_spheroid(sphere_m: float) -> float:
    """Return how far a place is at least that is so far on the sphere."""
    return max(0.0, sphere_m * LEAST * (1 - _ROUNDING) - _ROUNDING_M)


def farthest_on_sphere(spheroid_m: float) -> float:
    """Return how far a place may be on the sphere that is no farther than this on the spheroid."""
    return (spheroid_m + _ROUNDING_M) / LEAST * (1 + _ROUNDING)


def on_sphere(one: Position, other: Position) -> float:
    """Return the distance of two positions on the sphere, m.

    Examples
    --------
    >>> round(on_sphere(Position(0, 0), Position(90, 0)) / SPHERE_M, 9) == round(math.pi / 2, 9)
    True
    >>> on_sphere(Position(180, 26), Position(-180, 26)) < 1e-6
    True
    """
    a, b = math.radians(one.lat), math.radians(other.lat)
    across = math.radians(other.lon - one.lon)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(across / 2) ** 2
    return 2 * SPHERE_M * math.asin(math.sqrt(min(1.0, half)))
