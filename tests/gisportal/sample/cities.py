"""Cities that several tests share, and helpers that measure them with shapely."""

from __future__ import annotations

import itertools
from functools import cache
from uuid import UUID

from shapely.geometry import Polygon

from gisportal.sample.city import City, generate
from gisportal.sample.rows import ParcelRow, PolygonMm


@cache
def city(parcels: int = 1700, seed: int = 1) -> City:
    return generate(parcels, seed)


def polygon(outline: PolygonMm) -> Polygon:
    shell, *holes = [[(x / 1000, y / 1000) for x, y in ring] for ring in outline]
    return Polygon(shell, holes)


def area2(outline: PolygonMm) -> int:
    """Twice the area in mm2, exact, holes taken off."""
    total = 0
    for ring in outline:
        total += sum(ax * by - bx * ay for (ax, ay), (bx, by) in itertools.pairwise(ring))
    return total


@cache
def parcels_by_uid(parcels: int = 1700, seed: int = 1) -> dict[UUID, ParcelRow]:
    return {p.uid: p for p in city(parcels, seed).parcels}
