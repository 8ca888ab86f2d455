"""Sides of curved lots are the kernel's, side for side, though no code is shared."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from shapely.geometry import Polygon

from gisportal.sample.boundary import boundaries
from gisportal.sample.rows import ParcelRow
from land_services.domain import Arc, Side
from land_services.geometry.arcs import sweep
from land_services.geometry.sides import sides
from tests.budget import budget
from tests.gisportal.sample.cities import city, parcels_by_uid, polygon

SEEDS = range(1, budget(4, 60))


def kernel_sides(parcel: ParcelRow) -> tuple[Side, ...]:
    """As the kernel measures the outline, given the arcs in the direction that sides run: clockwise."""
    return sides(Polygon(polygon(parcel.rings).exterior), list(_clockwise(parcel)))


def _clockwise(parcel: ParcelRow) -> Iterator[tuple[tuple[float, float], tuple[float, float], Arc]]:
    for arc in parcel.arcs:
        (sx, sy), (ex, ey), (cx, cy) = arc.end, arc.start, arc.centre
        start, end, radius = (sx / 1000, sy / 1000), (ex / 1000, ey / 1000), arc.radius_mm / 1000
        flat = Arc((cx / 1000, cy / 1000), radius, "cw" if arc.sense == "ccw" else "ccw", 0.0)
        length = sweep(flat, start, end) * radius
        yield start, end, Arc(flat.centre, radius, flat.sense, length)


@pytest.mark.parametrize("seed", SEEDS)
def test_sides_are_those_that_the_kernel_measures(seed: int) -> None:
    by_uid, curved = parcels_by_uid(1700, seed), 0
    for chunk in city(1700, seed).chunks():
        for row in boundaries(chunk.parcels):
            curved += 1
            found = kernel_sides(by_uid[row.uid])
            assert len(row.sides) == len(row.corners) == len(found)
            for mine, kernels in zip(row.sides, found, strict=True):
                assert (mine.start, mine.end) == (kernels.line.coords[0], kernels.line.coords[-1])
                assert mine.face == kernels.face
                assert math.isclose(mine.length_m, kernels.length_m, abs_tol=1e-6)
                assert (mine.arc is None) == (kernels.arc is None)
                if mine.arc is not None and kernels.arc is not None:
                    assert (mine.arc.centre, mine.arc.radius_m) == (kernels.arc.centre, kernels.arc.radius_m)
                    assert mine.arc.sense == kernels.arc.sense
    assert curved == sum(bool(parcel.arcs) for parcel in by_uid.values()) > 50


def test_every_arc_of_a_lot_is_a_side_and_bulges_from_its_chord() -> None:
    by_uid = parcels_by_uid()
    for chunk in city().chunks():
        for row in boundaries(chunk.parcels):
            arcs = [side for side in row.sides if side.arc is not None]
            assert len(arcs) == len(by_uid[row.uid].arcs)
            for side in arcs:
                assert side.arc is not None
                assert side.length_m > math.dist(side.start, side.end)
                assert side.length_m == side.arc.length_m


def test_sides_close_and_neighbours_number_a_corner_alike() -> None:
    for chunk in city().chunks():
        numbers: dict[tuple[float, float], str] = {}
        for row in boundaries(chunk.parcels):
            assert [s.end for s in row.sides] == [*(s.start for s in row.sides[1:]), row.sides[0].start]
            for side, corner in zip(row.sides, row.corners, strict=True):
                assert side.start == (corner.x, corner.y)
                assert numbers.setdefault(side.start, corner.number) == corner.number
        assert len(set(numbers.values())) == len(numbers)
