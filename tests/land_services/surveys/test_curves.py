"""Arc arithmetic against shapely and against itself."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Polygon

from land_services.surveys import curves
from land_services.surveys.raw import Seg
from tests.budget import budget

place = st.floats(-1000, 1000)
bulge = st.floats(0.001, 20).flatmap(lambda b: st.sampled_from((b, -b)))


@settings(max_examples=budget(200, 20_000), deadline=None)
@given(place, place, st.floats(0.01, 500), st.floats(0, math.tau), bulge)
def test_a_bulge_goes_to_a_circle_and_back(x: float, y: float, chord: float, turn: float, b: float) -> None:
    start, end = (x, y), (x + chord * math.cos(turn), y + chord * math.sin(turn))
    seg = Seg(start, end, curves.from_bulge(start, end, b))
    assert seg.curve is not None
    assert curves.to_bulge(seg) == pytest.approx(b, rel=1e-6)
    assert math.dist(seg.curve.centre, start) == pytest.approx(seg.curve.radius, rel=1e-9)
    assert curves.sweep(seg.reversed()) == pytest.approx(-curves.sweep(seg))
    assert curves.chord_points(seg) == curves.chord_points(seg.reversed())[::-1]


@settings(max_examples=budget(100, 5000), deadline=None)
@given(st.floats(0.5, 500), bulge.filter(lambda b: abs(b) < 5))
def test_chords_stay_within_half_a_millimetre(chord: float, b: float) -> None:
    seg = Seg((0, 0), (chord, 0), curves.from_bulge((0, 0), (chord, 0), b))
    assert seg.curve is not None
    points = [seg.start, *curves.chord_points(seg), seg.end]
    for p, q in itertools.pairwise(points):
        middle = ((p[0] + q[0]) / 2, (p[1] + q[1]) / 2)
        assert seg.curve.radius - math.dist(seg.curve.centre, middle) < 0.0005
    length = LineString(points).length
    assert curves.length(seg) == pytest.approx(length, abs=0.01)
    assert abs(curves.segment_area(seg)) == pytest.approx(Polygon(points).area, abs=0.0005 * length + 1e-9)


def test_an_area_far_from_the_origin_keeps_its_digits() -> None:
    ring = [(413000.123, 2925000.456), (413020.123, 2925000.456), (413020.123, 2925030.456), (413000.123, 2925030.456)]
    segs = [Seg(a, b) for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)]
    assert curves.ring_area(segs) == pytest.approx(600, abs=1e-7)


def test_a_circle_through_three_points_and_of_a_radius() -> None:
    quarter = curves.through((10, 0), (10 * math.sqrt(0.5), 10 * math.sqrt(0.5)), (0, 10))
    assert quarter is not None and quarter.centre == pytest.approx((0, 0), abs=1e-9) and quarter.ccw
    assert curves.through((0, 0), (1, 0), (2, 0)) is None
    for ccw in (True, False):
        for large in (True, False):
            circle = curves.of_radius((0, 0), (6, 0), 5, ccw, large)
            assert circle is not None
            sweep = curves.sweep(Seg((0, 0), (6, 0), circle))
            assert (sweep > 0) == ccw and (abs(sweep) > math.pi) == large
    assert curves.of_radius((0, 0), (11, 0), 5, True) is None
