"""Corner cuts at street corners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from shapely.geometry import LineString, MultiPolygon, Point, Polygon

from land_services.precision import COVERAGE_WIDTH_M

Quarter = Literal["NE", "NW", "SE", "SW"]


@dataclass(frozen=True)
class CornerCut:
    """A street corner of a parcel and the cut there.

    ``point`` is where the two street sides meet (prolonged); ``chord`` the cut's line (None where the corner is not cut);
    ``leg_m`` the shorter distance from ``point`` to an end of the chord; ``area_m2`` the triangle that is missing.
    """

    point: Point
    quarter: Quarter
    streets: tuple[int, int]
    chord: LineString | None
    length_m: float
    leg_m: float
    area_m2: float
    angle_deg: float


def corner_cut_at(
    polygon: Polygon, right_of_ways: Sequence[Polygon | MultiPolygon | None], tolerance_m: float = COVERAGE_WIDTH_M
) -> list[CornerCut]:
    """Return every corner where two street sides meet, cut or not."""
    raise NotImplementedError


def make_corner_cut(polygon: Polygon, corner_index: int, leg_m: float) -> tuple[Polygon, Polygon]:
    """Return (what remains, the triangle cut off) with ``leg_m`` along both sides of that exterior vertex."""
    raise NotImplementedError


def corner_cut_areas(cuts: Sequence[CornerCut]) -> dict[Quarter, Decimal]:
    """Return the cut areas by quarter in m2, two decimals, 0.00 where there is none."""
    raise NotImplementedError
