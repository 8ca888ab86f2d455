"""What of a parcel's boundary lies on a street."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from shapely.geometry import LineString, MultiLineString, MultiPolygon, Polygon

from land_services.precision import COVERAGE_WIDTH_M


class Frontage(NamedTuple):
    """The part of a boundary on one street: index of the right of way, the line, its length in metres."""

    street: int
    line: LineString | MultiLineString
    length_m: float


def frontage_m(
    polygon: Polygon | MultiPolygon,
    right_of_ways: Sequence[Polygon | MultiPolygon | None],
    tolerance_m: float = COVERAGE_WIDTH_M,
) -> list[Frontage]:
    """Return the boundary along each right of way, in the order given; streets touched at a point are left out."""
    raise NotImplementedError
