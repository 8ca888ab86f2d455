"""Outlines of what is reached: nested, and around exactly the streets that minutes say are reached."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from layers.locator.network.graph import Mode, Streets, build_graph
from layers.locator.network.isochrones import isochrones, reached_lines
from layers.locator.network.paths import minutes_between
from layers.locator.network.speeds import ISOCHRONE_HALF_WIDTH_M
from tests.budget import budget
from tests.layers.locator.street_oracle import positions, random_streets
from tests.layers.locator.test_network_paths import streets_of

LIMITS = (5.0, 1.0, 2.5)


def on_streets(streets: Streets, count: int, seed: int) -> np.ndarray:
    """Return positions on centrelines, many of them away from vertices."""
    chance = np.random.default_rng(seed)
    lines = shapely.get_parts(streets.lines)
    chosen = lines[chance.integers(0, len(lines), count)]
    return shapely.get_coordinates(shapely.line_interpolate_point(chosen, chance.random(count), normalized=True))


def test_a_straight_street_is_cut_exactly_at_the_limit() -> None:
    """Two minutes are 150 m on foot: 10 m to the street, 140 m along it to either side."""
    net = build_graph(streets_of(("LINESTRING (0 0, 1000 0)",))).net(Mode.FOOT)

    lines = shapely.line_merge(shapely.union_all(reached_lines(net, np.array([400.0, 10.0]), 2.0)))
    [outline] = isochrones(net, np.array([400.0, 10.0]), [2.0])

    assert lines.bounds == pytest.approx((260, 0, 540, 0))
    assert outline.bounds == pytest.approx((260 - ISOCHRONE_HALF_WIDTH_M, -25, 540 + ISOCHRONE_HALF_WIDTH_M, 25))


def test_by_car_a_one_way_street_is_reached_ahead_only() -> None:
    net = build_graph(streets_of(("LINESTRING (0 0, 1000 0)", "local", "forward"))).net(Mode.CAR)

    lines = reached_lines(net, np.array([400.0, 0.0]), 0.6)

    assert shapely.union_all(lines).bounds == pytest.approx((400, 0, 650, 0))


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("seed", range(budget(3, 60)))
def test_a_piece_of_street_is_reached_just_when_its_minutes_are_within_the_limit(mode: Mode, seed: int) -> None:
    streets = random_streets(seed)
    net = build_graph(streets).net(mode)
    origin = positions(streets, 1, seed)[0]
    points = on_streets(streets, 400, seed)
    points = points[net.snap(points).off_m < 1e-7]  # of streets that the mode may use
    minutes = minutes_between(net, origin, points)

    for limit in LIMITS:
        lines = reached_lines(net, origin, limit)
        metres = shapely.distance(shapely.geometrycollections(lines), shapely.points(points)) if len(lines) else np.inf
        assert (np.broadcast_to(metres, minutes.shape)[minutes <= limit - 1e-6] < 1e-5).all()
        beyond = minutes > limit + 1e-6
        assert (np.broadcast_to(metres, minutes.shape)[beyond] > 0).all()


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("seed", range(budget(3, 60)))
def test_outlines_lie_within_those_of_more_minutes_and_around_what_is_reached(mode: Mode, seed: int) -> None:
    streets = random_streets(seed)
    net = build_graph(streets).net(mode)
    origin = positions(streets, 1, seed)[0]
    points = positions(streets, 300, seed + 1)
    minutes = minutes_between(net, origin, points)

    five, one, half = isochrones(net, origin, LIMITS, hole_m2=0)
    filled = isochrones(net, origin, LIMITS)

    assert shapely.is_valid([five, one, half, *filled]).all()
    assert one.difference(half).area < 1e-3 > half.difference(five).area
    for raw, whole in zip((five, one, half), filled, strict=True):  # in other chords
        assert raw.difference(shapely.buffer(whole, ISOCHRONE_HALF_WIDTH_M * 0.03)).area < 1e-3
    for limit, outline in zip(LIMITS, (five, one, half), strict=True):
        lines = shapely.union_all(reached_lines(net, origin, limit))
        metres = shapely.distance(lines, shapely.points(points))
        inside = np.asarray(shapely.contains(outline, shapely.points(points)))
        # A circle in chords is narrower than the circle by two hundredths of its radius.
        assert (inside | ~(metres < ISOCHRONE_HALF_WIDTH_M * 0.98)).all()
        assert (~inside | (metres <= ISOCHRONE_HALF_WIDTH_M + 1e-6)).all()
        # Within the limit, and no farther from the street than the width: inside.
        near = net.snap(points).off_m < ISOCHRONE_HALF_WIDTH_M * 0.98
        assert inside[(minutes <= limit - 1e-6) & near].all()


@pytest.mark.parametrize("seed", range(budget(6, 120)))
def test_it_is_every_street_widened_with_small_holes_filled(seed: int) -> None:
    """The same as the plain way, which widens every street at once; in chords, and smoothed, it is a metre narrower."""
    streets = random_streets(seed)
    net = build_graph(streets).net(Mode.CAR if seed % 2 else Mode.FOOT)
    origin = positions(streets, 1, seed)[0]
    for minutes, hole_m2 in ((2.0, 300.0), (8.0, 3_000.0), (30.0, 10_000.0)):
        [outline] = isochrones(net, origin, [minutes], hole_m2=hole_m2)
        lines = reached_lines(net, origin, minutes)
        if not len(lines):
            assert outline.is_empty
            continue
        least, most = (plainly(lines, width, hole_m2) for width in (0.95 * ISOCHRONE_HALF_WIDTH_M, 25.001))
        assert shapely.difference(least, outline).area < 1e-3, (minutes, hole_m2)
        assert shapely.difference(outline, most).area < 1e-3, (minutes, hole_m2)


def plainly(lines: np.ndarray, width: float, hole_m2: float) -> shapely.Geometry:
    wide = shapely.get_parts(shapely.buffer(shapely.union_all(lines), width, quad_segs=64))
    large = ([ring for ring in part.interiors if shapely.Polygon(ring).area >= hole_m2] for part in wide)
    return shapely.union_all([shapely.Polygon(part.exterior, rings) for part, rings in zip(wide, large, strict=True)])


def test_small_holes_are_filled_and_large_ones_stay() -> None:
    def square(side: float) -> str:
        return f"LINESTRING (0 0, {side} 0, {side} {side}, 0 {side}, 0 0)"

    small = build_graph(streets_of((square(140),))).net(Mode.FOOT)
    large = build_graph(streets_of((square(200),))).net(Mode.FOOT)

    assert not isochrones(small, np.zeros(2), [15.0])[0].geoms[0].interiors
    [hole] = isochrones(large, np.zeros(2), [15.0])[0].geoms[0].interiors
    assert shapely.Polygon(hole).area == pytest.approx(150 * 150)


def test_outlines_of_nowhere_are_empty() -> None:
    net = build_graph(streets_of(("LINESTRING (0 0, 1000 0)",))).net(Mode.FOOT)

    for origin in ([5000.0, 5000.0], [np.nan, 0.0], [400.0, 200.0]):  # the last is 2.7 minutes from the street
        assert [outline.is_empty for outline in isochrones(net, np.array(origin), [1.0, 2.0])] == [True, True]
    assert isochrones(net, np.zeros(2), []) == []


@pytest.mark.parametrize("minutes", [-1.0, np.inf, np.nan])
def test_minutes_that_are_none_are_refused(minutes: float) -> None:
    net = build_graph(streets_of(("LINESTRING (0 0, 1000 0)",))).net(Mode.FOOT)

    with pytest.raises(ValueError, match="minutes"):
        isochrones(net, np.zeros(2), [5.0, minutes])
