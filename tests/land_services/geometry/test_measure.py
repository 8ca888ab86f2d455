"""Areas, sides, faces, frontage, corners, arcs, apportionment."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import LineString, Polygon

from land_services.domain import Arc
from land_services.geometry.apportion import largest_remainder, surveyed_areas
from land_services.geometry.arcs import arc_from_bulge, arc_of_radius, arc_through, densify, segment_area_m2, sweep
from land_services.geometry.balance import chain_residual
from land_services.geometry.corner import corner_cut_areas, corner_cut_at, make_corner_cut
from land_services.geometry.errors import InvalidOutline, NoSuchArea, NoSuchCorner, NoSuchSide, NotAnArc
from land_services.geometry.frontage import frontage_m
from land_services.geometry.measure import (
    area_mm2_twice,
    depth_m,
    exact_area_m2,
    narrowest_m,
    touches_along_edge,
    width_m,
)
from land_services.geometry.sides import bearing_deg, faces, sides
from land_services.geometry.snap import from_mm, insert_vertices, is_on_grid, missing_vertices, mm, to_grid
from tests.budget import budget
from tests.geometries import EMPTIES, L_PLOT, NECK, PLOT_WITH_HOLE, PLOTS, ROTATED_BLOCK, U_PLOT, UNIT_LOT


@pytest.mark.parametrize("name", sorted(PLOTS))
def test_exact_area_agrees_with_shapely_near_the_origin(name: str) -> None:
    near = affinity.translate(PLOTS[name], -PLOTS[name].bounds[0], -PLOTS[name].bounds[1])
    assert float(exact_area_m2(PLOTS[name])) == pytest.approx(near.area, abs=1e-6)


def test_exact_area_holds_where_floats_do_not() -> None:
    huge = shapely.box(0, 0, 4_000_000.001, 4_000_000.003)
    assert area_mm2_twice(huge) == 2 * 4_000_000_001 * 4_000_000_003


@given(st.lists(st.tuples(st.integers(-9999, 9999), st.integers(-9999, 9999)), min_size=3, max_size=12, unique=True))
@settings(max_examples=budget(100, 2000), deadline=None)
def test_exact_area_does_not_change_by_moving_turning_or_reversing(points: list[tuple[int, int]]) -> None:
    hull = shapely.convex_hull(shapely.multipoints(np.array(points) / 1000))
    if not isinstance(hull, Polygon):
        return
    moved = Polygon(from_mm(mm(hull.exterior.coords) + np.array([400_000_000, 2_900_000_000])))
    turned = Polygon([(-y, x) for x, y in hull.exterior.coords])
    assert area_mm2_twice(hull) == area_mm2_twice(moved) == area_mm2_twice(turned) == area_mm2_twice(hull.reverse())


def test_widths() -> None:
    assert width_m(PLOTS["strip"]) == pytest.approx(0.3)
    assert width_m(ROTATED_BLOCK[0]) == pytest.approx(20.0, abs=0.003)
    assert narrowest_m(NECK)[0] == pytest.approx(2.0)
    assert narrowest_m(NECK)[1].length == pytest.approx(2.0)
    assert narrowest_m(U_PLOT)[0] == pytest.approx(10.0)
    assert narrowest_m(L_PLOT)[0] == pytest.approx(10.0)
    assert narrowest_m(PLOT_WITH_HOLE)[0] == pytest.approx(10.0)
    assert narrowest_m(UNIT_LOT)[0] == pytest.approx(20.0)
    with pytest.raises(InvalidOutline):
        narrowest_m(Polygon())


@given(st.sampled_from(sorted(PLOTS)), st.floats(0.05, 60))
@settings(max_examples=budget(60, 2000), deadline=None)
def test_whoever_asks_for_less_than_a_width_is_told_the_same_narrow_place(name: str, below: float) -> None:
    plot = PLOTS[name]
    width, line = narrowest_m(plot)
    asked, where = narrowest_m(plot, below_m=below)
    if width < below:
        assert (asked, where) == (width, line)
    else:
        assert asked >= below or asked == width == width_m(plot)


def test_sides_start_in_the_north_west_and_run_clockwise() -> None:
    found = sides(L_PLOT)
    assert found[0].line.coords[0] == (0.0, 30.0)
    assert [side.length_m for side in found] == [10.0, 20.0, 10.0, 10.0, 20.0, 30.0]
    assert [side.face for side in found] == ["N", "E", "N", "E", "S", "W"]
    assert sum(side.length_m for side in found) == pytest.approx(L_PLOT.length)


def test_vertices_on_a_straight_side_do_not_break_it() -> None:
    noded = insert_vertices(
        ROTATED_BLOCK[0], [tuple(ROTATED_BLOCK[0].exterior.interpolate(d).coords[0]) for d in (3, 3.004, 7, 24)]
    )
    assert len(noded.exterior.coords) > 5
    assert len(sides(noded)) == 4


def test_true_arcs_are_one_side_with_their_true_length() -> None:
    arc = arc_from_bulge((20.0, 0.0), (20.0, 30.0), 0.3)
    curve = densify(arc, (20.0, 0.0), (20.0, 30.0))
    plot = to_grid(Polygon([(0, 0), *curve, (0, 30)]))
    found = sides(plot, [((20.0, 0.0), (20.0, 30.0), arc)])
    assert len(found) == 4
    assert [side.arc for side in found].count(replace(arc, sense="cw")) == 1
    assert next(side for side in found if side.arc).length_m == arc.length_m
    assert next(side for side in found if side.arc).face == "E"


@pytest.mark.parametrize("bulge", [0.3, -0.3])
def test_an_arc_given_against_the_side_comes_back_turned_round(bulge: float) -> None:
    south, north = (20.0, 0.0), (20.0, 30.0)
    arc = arc_from_bulge(south, north, bulge)
    back = arc_from_bulge(north, south, -bulge)
    assert {arc.sense, back.sense} == {"cw", "ccw"}
    plot = to_grid(Polygon([(0, 0), *densify(arc, south, north), (0, 30)]))
    either = [next(s for s in sides(plot, [span]) if s.arc) for span in ((south, north, arc), (north, south, back))]
    for side in either:
        assert side.line.coords[0] == north  # clockwise: down the east side
        assert side.arc is not None
        assert side.arc.sense == back.sense
        again = densify(side.arc, north, south)
        assert side.line.hausdorff_distance(LineString(again)) < 0.002


@pytest.mark.parametrize("degrees", [0, 10, 44, 45, 46, 90, 133, 200, 359])
def test_each_side_has_exactly_one_face_and_no_face_of_a_lot_is_empty(degrees: float) -> None:
    lot = affinity.rotate(UNIT_LOT, degrees)
    grouped = faces(sides(lot))
    assert list(grouped) == ["N", "E", "S", "W"]
    assert all(len(group) == 1 for group in grouped.values())


def test_a_manual_face_wins_and_an_unknown_side_is_refused() -> None:
    outline = sides(UNIT_LOT)
    assert faces(outline, {0: "E"})["E"][0] is outline[0]
    with pytest.raises(NoSuchSide):
        faces(outline, {4: "N"})


def test_bearings_run_clockwise_from_north() -> None:
    assert [bearing_deg((0, 0), end) for end in [(0, 1), (1, 1), (1, 0), (0, -1), (-1, 0)]] == [0, 45, 90, 180, 270]


def test_depth_is_measured_square_to_the_front() -> None:
    front = next(side for side in sides(ROTATED_BLOCK[0]) if side.face == "S")
    assert depth_m(ROTATED_BLOCK[0], front) == pytest.approx(30.0, abs=0.003)


def test_frontage_counts_streets_along_edges_only() -> None:
    south, east = shapely.box(-50, -15, 50, 0), shapely.box(20, 0, 35, 30)
    corner_only = shapely.box(20, 30, 40, 50)
    found = frontage_m(UNIT_LOT, [south, east, corner_only, None, Polygon()])
    assert [(front.street, front.length_m) for front in found] == [(0, 20.0), (1, 30.0)]
    apart = frontage_m(UNIT_LOT, [shapely.box(-50, -15, 10, -0.008), shapely.box(0, -15, 20, -0.02)])
    assert [(front.street, round(front.length_m, 3)) for front in apart] == [(0, 10.0)]


def test_shared_length() -> None:
    assert touches_along_edge(ROTATED_BLOCK[0], ROTATED_BLOCK[1]) == pytest.approx(30.0, abs=0.003)
    assert touches_along_edge(ROTATED_BLOCK[0], ROTATED_BLOCK[5]) == 0.0


def test_corner_cuts_are_found_on_rotated_corner_plots() -> None:
    lot = Polygon([(0, 0), (17, 0), (20, 3), (20, 30), (0, 30)])
    street = shapely.box(-60, -60, 90, 90).difference(Polygon([(-40, 0), (17, 0), (20, 3), (20, 70), (-40, 70)]))
    for degrees in (0, 33, 90, 171):
        turned, around = (affinity.rotate(shape, degrees, origin=(0, 0)) for shape in (lot, street))
        (cut,) = corner_cut_at(turned, [around])
        assert (round(cut.area_m2, 6), round(cut.leg_m, 6), round(cut.length_m, 6)) == (
            4.5,
            3.0,
            round(math.sqrt(18), 6),
        )
        assert corner_cut_areas([cut])[cut.quarter] == Decimal("4.50")
    (square,) = corner_cut_at(UNIT_LOT, [shapely.box(-9, -9, 29, 0).union(shapely.box(20, -9, 29, 40))])
    assert (square.chord, square.area_m2, square.angle_deg) == (None, 0.0, 90.0)


def test_a_made_corner_cut_balances() -> None:
    for lot in (UNIT_LOT, ROTATED_BLOCK[0]):
        for index in range(4):
            rest, triangle = make_corner_cut(lot, index, 3.0)
            assert chain_residual([lot], [rest], released=[triangle]) == []
            assert triangle.area == pytest.approx(4.5, abs=0.01)
    with pytest.raises(NoSuchCorner):
        make_corner_cut(UNIT_LOT, 0, 25.0)
    with pytest.raises(NoSuchCorner):
        make_corner_cut(L_PLOT, [tuple(p) for p in L_PLOT.exterior.coords].index((10.0, 10.0)), 2.0)


@given(st.floats(-5, 5).filter(lambda b: abs(b) > 0.01), st.floats(0.5, 500))
@settings(max_examples=budget(60, 1000), deadline=None)
def test_chords_never_leave_the_arc_and_areas_agree(bulge: float, chord: float) -> None:
    start, end = (0.0, 0.0), (chord, 0.0)
    arc = arc_from_bulge(start, end, bulge)
    coords = densify(arc, start, end)
    middles = (coords[1:] + coords[:-1]) / 2
    off = np.abs(np.hypot(*(middles - arc.centre).T) - arc.radius_m)
    assert off.max() <= 0.0005 + 1e-9
    assert arc.length_m == pytest.approx(float(np.hypot(*np.diff(coords, axis=0).T).sum()), rel=1e-3)
    assert segment_area_m2(arc, start, end) == pytest.approx(Polygon(coords).area, abs=0.0005 * arc.length_m + 1e-6)
    middle = tuple(coords[len(coords) // 2])
    again = arc_through(start, (middle[0], middle[1]), end)
    assert again.sense == arc.sense
    assert again.radius_m == pytest.approx(arc.radius_m, rel=1e-6)
    same = arc_of_radius(start, end, arc.radius_m, arc.sense, large=abs(bulge) > 1)
    assert same.length_m == pytest.approx(arc.length_m, rel=1e-6)


def test_what_is_no_arc_is_refused() -> None:
    for bad in (
        lambda: arc_from_bulge((0, 0), (1, 0), 0.0),
        lambda: arc_from_bulge((0, 0), (0, 0), 1.0),
        lambda: arc_through((0, 0), (1, 0), (2, 0)),
        lambda: arc_of_radius((0, 0), (10, 0), 4.0, "cw"),
        lambda: densify(Arc((0, 0), 0.0, "cw", 0.0), (0, 0), (0, 0)),
    ):
        with pytest.raises(NotAnArc):
            bad()
    assert sweep(Arc((0, 0), 1.0, "cw", 0.0), (1, 0), (1, 0)) == pytest.approx(2 * math.pi)


@given(st.lists(st.fractions(0, 10**6), min_size=1, max_size=20), st.integers(0, 10**8))
@settings(max_examples=budget(100, 2000), deadline=None)
def test_shares_sum_exactly_and_are_off_by_less_than_a_step(weights: list[Fraction], cents: int) -> None:
    total = Decimal(cents) / 100
    if sum(weights) == 0:
        if cents:
            with pytest.raises(NoSuchArea):
                largest_remainder(weights, total)
        return
    shares = largest_remainder(weights, total)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(Fraction(share) - Fraction(total) * weight / sum(weights)) < Fraction(1, 100)


def test_shares_of_what_is_no_area_are_refused() -> None:
    for weights, total in (([1], Decimal("0.001")), ([1], Decimal(-1)), ([-1, 2], Decimal(1)), ([], Decimal(1))):
        with pytest.raises(NoSuchArea):
            largest_remainder(weights, total)
    assert sum(surveyed_areas(ROTATED_BLOCK, Decimal("4799.99"))) == Decimal("4799.99")


def test_the_grid() -> None:
    assert is_on_grid(to_grid(LineString([(0.00049, 1.00051), (400000.12349, 2.0)])))
    assert mm([(4e5 + 0.0005001, 0)]).tolist() == [[400000001, 0]]
    for empty in EMPTIES:
        assert to_grid(empty).is_empty
        assert is_on_grid(empty)
    assert insert_vertices(UNIT_LOT, [(0, 0), (20, 30), (5, 5), (0.001, 5)]) is UNIT_LOT
    assert len(insert_vertices(UNIT_LOT, [(0.03, 5)], tolerance_m=0.05).exterior.coords) == 6
    assert insert_vertices(PLOT_WITH_HOLE, [(15, 10)]).interiors[0].length == 40.0
    assert missing_vertices(shapely.box(20, 10, 30, 20), UNIT_LOT).tolist() == [[20.0, 10.0], [20.0, 20.0]]


@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=9), st.floats(0, 2 * math.pi))
@settings(max_examples=budget(100, 2000), deadline=None)
def test_both_sides_of_an_edge_take_points_in_opposite_order(shares: list[float], angle: float) -> None:
    end = np.round(np.array([math.cos(angle), math.sin(angle)]) * 10, 3)
    left = np.round(np.array([-end[1], end[0]]), 3)
    points = [tuple(np.round(end * share, 3)) for share in shares]
    one, other = Polygon([(0, 0), end, left]), Polygon([(0, 0), end, -left])
    first, second = insert_vertices(one, points), insert_vertices(other, points)
    both = [shapely.get_coordinates(shape).tolist() for shape in (first, second)]
    runs = [
        [p for p in ring[:-1] if p not in ([0.0, 0.0], end.tolist(), left.tolist(), (-left).tolist())] for ring in both
    ]
    assert runs[0] == runs[1]
