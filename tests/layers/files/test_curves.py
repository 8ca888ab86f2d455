"""Arcs in files become chords within half a millimetre, the same from both sides of a boundary."""

from __future__ import annotations

import itertools
import math
import struct

import pytest
import shapely
from shapely import Point

from layers.files.curves import to_chords
from tests.layers.files.making import raw_polygon

Points = list[tuple[float, float]]


def circular(points: Points) -> bytes:
    return struct.pack("<BII", 1, 8, len(points)) + b"".join(struct.pack("<dd", *p) for p in points)


def compound(*curves: bytes) -> bytes:
    return struct.pack("<BII", 1, 9, len(curves)) + b"".join(curves)


def line(points: Points) -> bytes:
    return struct.pack("<BII", 1, 2, len(points)) + b"".join(struct.pack("<dd", *p) for p in points)


def curve_polygon(*rings: bytes) -> bytes:
    return struct.pack("<BII", 1, 10, len(rings)) + b"".join(rings)


def multi_surface(*surfaces: bytes) -> bytes:
    return struct.pack("<BII", 1, 12, len(surfaces)) + b"".join(surfaces)


@pytest.mark.parametrize("radius", [0.2, 5.0, 100.0, 2000.0])
def test_a_circle_keeps_its_area_and_every_chord_its_distance(radius: float) -> None:
    centre = (410_000.0, 2_923_000.0)
    start, opposite = (centre[0] - radius, centre[1]), (centre[0] + radius, centre[1])

    polygon = shapely.from_wkb(to_chords(curve_polygon(circular([start, opposite, start]))))

    assert polygon.is_valid
    assert polygon.area == pytest.approx(math.pi * radius**2, abs=0.0012 * math.tau * radius)
    ring = shapely.get_coordinates(polygon.exterior)
    for a, b in itertools.pairwise(ring):
        assert radius - math.dist((a + b) / 2, centre) < 0.0006 if radius > 1 else True


def test_neighbours_on_both_sides_of_an_arc_get_the_same_chords() -> None:
    r"""
    +--.   +        left and right lots share the bulging side
    |   )  |        from s to e over m
    +--'   +
    """
    s, m, e = (10.0, 0.0), (13.0, 5.0), (10.0, 10.0)
    left = compound(line([(0, 0), s]), circular([s, m, e]), line([e, (0, 10), (0, 0)]))
    right = compound(line([(30, 10), e]), circular([e, m, s]), line([s, (30, 0), (30, 10)]))

    lots = [shapely.from_wkb(to_chords(curve_polygon(ring))) for ring in (left, right)]

    assert all(lot.is_valid for lot in lots)
    assert shapely.coverage_is_valid(lots, gap_width=0.01)
    assert shapely.intersection(*lots).length > 10
    assert lots[0].distance(Point(m)) < 0.0006


def test_a_surface_of_curves_and_plain_polygons_is_read_whole() -> None:
    plain = raw_polygon([(100, 100), (110, 100), (110, 110), (100, 110), (100, 100)])
    curved = curve_polygon(circular([(0, 0), (2, 0), (0, 0)]))

    found = shapely.from_wkb(to_chords(multi_surface(curved, plain)))

    assert found.geom_type == "MultiPolygon"
    assert found.area == pytest.approx(100 + math.pi, abs=0.01)


def test_heights_in_curves_are_dropped() -> None:
    points = b"".join(struct.pack("<ddd", x, y, 7.0) for x, y in [(0, 0), (1, 1), (2, 0)])
    found = shapely.from_wkb(to_chords(struct.pack("<BII", 1, 1008, 3) + points))

    assert not found.has_z
    assert found.length == pytest.approx(math.pi, abs=0.01)


def test_three_points_on_a_line_are_no_arc() -> None:
    found = shapely.from_wkb(to_chords(circular([(0, 0), (1, 0), (2, 0)])))

    assert found.length == 2


def test_what_is_cut_short_comes_back_for_shapely_to_refuse() -> None:
    whole = curve_polygon(circular([(0, 0), (2, 0), (0, 0)]))

    assert to_chords(whole[:20]) == whole[:20]
    assert to_chords(b"\x01") == b"\x01"
