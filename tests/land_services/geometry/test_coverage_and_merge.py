"""Faults of a coverage, balance, merges."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import Polygon

from land_services.geometry.balance import chain, chain_residual, node_outline
from land_services.geometry.coverage import adjacency, coverage_faults, new_faults
from land_services.geometry.errors import DisconnectedParcels, HoleInResult, InvalidOutline, NothingToDo, PartsOverlap
from land_services.geometry.measure import area_mm2_twice
from land_services.geometry.merge import merge
from land_services.geometry.snap import insert_vertices
from land_services.geometry.split import split_by_lines, unshared_vertices
from tests.budget import budget
from tests.geometries import BLOCK, BOW_TIE, EMPTY_POLYGON, NODED_JUNCTION, ROTATED_BLOCK, T_JUNCTION, UNIT_LOT


def kinds(*polygons: Polygon) -> set[str]:
    return {fault.kind for fault in coverage_faults(polygons)}


def test_a_sound_block_has_no_fault() -> None:
    assert coverage_faults(ROTATED_BLOCK) == []
    assert coverage_faults(NODED_JUNCTION) == []
    assert coverage_faults([UNIT_LOT]) == []


def test_each_fault_is_named_with_its_place_and_members() -> None:
    (junction,) = coverage_faults(T_JUNCTION[:2])
    assert (junction.kind, junction.members, junction.where.wkt) == ("t_junction", (0, 1), "POINT (10 10)")
    gaps = coverage_faults([shapely.box(0, 0, 1, 1), shapely.box(1.004, 0, 2, 1)])
    assert {fault.kind for fault in gaps} == {"gap"}
    assert gaps[0].size == pytest.approx(0.004)
    (overlap,) = [f for f in coverage_faults([shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1)]) if f.kind == "overlap"]
    assert (overlap.members, overlap.size) == ((0, 1), 1.0)
    assert kinds(UNIT_LOT, UNIT_LOT) == {"overlap"}
    assert kinds(UNIT_LOT, shapely.box(5, 5, 6, 6)) == {"overlap"}
    assert kinds(UNIT_LOT, BOW_TIE) >= {"invalid"}
    assert kinds(UNIT_LOT, EMPTY_POLYGON) == {"empty"}


def test_a_gap_along_a_sliver_that_default_tests_miss_is_found() -> None:
    """A vertex 4 mm off the neighbour's edge: valid for GEOS without a gap width."""
    left = Polygon([(0, 0), (10, 0), (9.996, 15), (10, 30), (0, 30)])
    right = shapely.box(10, 0, 20, 30)
    assert shapely.coverage_is_valid([left, right]) is not None
    assert "gap" in kinds(left, right)


def test_streets_are_no_gaps_and_corners_that_touch_are_no_faults() -> None:
    assert coverage_faults([shapely.box(0, 0, 1, 1), shapely.box(1.02, 0, 2, 1), shapely.box(2, 1, 3, 2)]) == []


def test_a_known_false_alarm_of_geos_is_disproved() -> None:
    """A short edge at an acute corner: GEOS calls it a gap of 5 and 10 mm, but not of 20 mm."""
    west = Polygon([(-14.030, -1.206), (-0.006, 0.0), (55.002, 15.871), (-11.712, 3.971)])
    east = Polygon([(0.006, 0.001), (10.145, 0.617), (58.513, 0.245), (55.002, 15.871), (-0.006, 0.0)])
    assert shapely.coverage_is_valid([west, east], gap_width=0.02)
    assert coverage_faults([west, east]) == []


def test_old_faults_are_not_new_ones() -> None:
    parent, neighbour = shapely.box(0, 0, 20, 30), shapely.box(20.005, 0, 40, 30)
    assert kinds(parent, neighbour) == {"gap"}
    result = split_by_lines(parent, [shapely.LineString([(-1, 11), (21, 11)])], [neighbour])
    assert len(result.parts) == 2
    moved = shapely.box(20.005, 0, 40, 29)
    assert {f.kind for f in new_faults([parent], [parent, moved])} == {"gap"}


def test_a_cut_across_a_wedge_that_two_lots_always_shared_opens_nothing() -> None:
    """Along the whole border the wedge is one step wide on average; of the northern part's border it is more."""
    lot, neighbour = Polygon([(0, 0), (20, 0), (20.002, 30), (0, 30)]), shapely.box(20, 0, 40, 30)
    assert "overlap" not in {fault.kind for fault in coverage_faults([lot, neighbour])}
    result = split_by_lines(lot, [shapely.LineString([(-1, 20), (20.5, 20)])], [neighbour])
    parts = [*result.parts, result.amended.get(0, neighbour)]
    assert "overlap" in {fault.kind for fault in coverage_faults(parts)}, "it is told now, and is no new one"
    thicker = Polygon([(0, 20), (20.002, 20), (20.006, 30), (0, 30)])
    assert "overlap" in {fault.kind for fault in new_faults([lot, neighbour], [thicker, neighbour])}


def test_a_wedge_that_takes_a_vertex_from_beside_its_edge_is_no_new_one() -> None:
    """A neighbour's vertex, one step beside the edge, joins it: at 45 degrees the tip of the wedge goes 1.4 steps."""
    lot = Polygon([(-10, 0), (10, 0), (60, 0), (60, -20), (-10, -20)])
    over = Polygon([(60, 0), (60, 20), (-20, 20), (0, -0.006), (10, 0)])
    assert "overlap" not in {fault.kind for fault in coverage_faults([lot, over])}
    for step, fresh in ((0.001, set()), (0.004, {"overlap"})):
        part = Polygon([(-10, 0), (0, step), (10, 0), (10, -20), (-10, -20)])
        assert "overlap" in {fault.kind for fault in coverage_faults([part, over])}, "it is told now"
        assert {f.kind for f in new_faults([lot, over], [part, over]) if f.kind == "overlap"} == fresh


def test_faults_of_many_polygons_do_not_depend_on_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    lots = [shapely.box(x, y, x + 1, y + 1) for x in range(30) for y in range(30)]
    lots[100] = affinity.translate(lots[100], 0.003, 0)
    lots[500] = shapely.box(16, 20, 17.3, 21)
    whole = coverage_faults(lots)
    monkeypatch.setattr("land_services.geometry.coverage.CHUNK", 90)
    assert [(f.kind, f.members) for f in coverage_faults(lots)] == [(f.kind, f.members) for f in whole]
    assert {f.kind for f in whole} == {"gap", "overlap", "t_junction"}


@example(lot=0, corner=2, dx=3, dy=2)  # a wedge over the neighbour, 1.02 mm wide at its end
@settings(max_examples=budget(80, 1000), deadline=None)
@given(st.integers(0, 7), st.integers(0, 3), st.integers(-30, 30), st.integers(-30, 30))
def test_every_moved_corner_is_found(lot: int, corner: int, dx: int, dy: int) -> None:
    coords = shapely.get_coordinates(ROTATED_BLOCK[lot])[:-1]
    coords[corner] = np.round(coords[corner] + np.array([dx, dy]) / 1000, 3)
    changed = [*ROTATED_BLOCK[:lot], Polygon(coords), *ROTATED_BLOCK[lot + 1 :]]
    shared = sum(
        tuple(shapely.get_coordinates(ROTATED_BLOCK[lot])[corner]) in set(o.exterior.coords) for o in ROTATED_BLOCK
    )
    faults = coverage_faults(changed)
    if (dx, dy) == (0, 0) or (shared == 1 and not faults):
        return
    moved = shapely.Point(coords[corner])
    if shared > 1 and np.hypot(dx, dy) < 9:
        assert faults
        assert min(fault.where.distance(moved) for fault in faults) < 0.05


def test_adjacency_counts_edges_not_points() -> None:
    pairs = adjacency(BLOCK).tolist()
    assert [0, 1] in pairs
    assert [0, 4] in pairs
    assert [0, 5] not in pairs
    assert adjacency(T_JUNCTION).tolist() == [[0, 1], [0, 2], [1, 2]]


def test_chains_prove_balance_and_name_the_edge_that_fails() -> None:
    left, right = shapely.box(0, 0, 10, 30), shapely.box(10, 0, 20, 30)
    assert chain_residual([UNIT_LOT], [left, right]) == []
    assert chain_residual([UNIT_LOT], [left], released=[right]) == []
    whole = node_outline(UNIT_LOT, [(10, 0), (10, 30)])
    assert chain_residual([left], [whole], acquired=[right]) == []
    late = shapely.box(10.001, 0, 20, 30)
    assert chain_residual([UNIT_LOT], [left, late])
    t_junction = Polygon([(10, 0), (20, 0), (20, 30), (10, 30), (10, 12)])
    (faulty, *_) = chain_residual([UNIT_LOT], [left, t_junction])
    assert faulty.bounds[0] == 10.0
    assert chain(UNIT_LOT) == chain(UNIT_LOT.reverse())
    assert node_outline(UNIT_LOT, [(10, 0.0005)]) is not None


def test_a_merge_dissolves_shared_edges_exactly() -> None:
    first, second, third, *rest = ROTATED_BLOCK
    merged = merge([first, second, third], rest)
    assert area_mm2_twice(merged.outline) == sum(map(area_mm2_twice, (first, second, third)))
    assert merged.amended == {}
    assert len(merge(ROTATED_BLOCK).outline.exterior.coords) == 13


def test_a_merge_inserts_what_t_junctions_lack() -> None:
    merged = merge(T_JUNCTION[:2], [T_JUNCTION[2]])
    assert merged.outline.area == 300.0
    assert (10.0, 10.0) in set(merged.outline.exterior.coords)


def test_merges_that_are_none_are_refused() -> None:
    with pytest.raises(NothingToDo):
        merge([UNIT_LOT])
    with pytest.raises(DisconnectedParcels) as caught:
        merge([BLOCK[0], BLOCK[5]])
    assert caught.value.where is not None
    with pytest.raises(DisconnectedParcels):
        merge([BLOCK[0], BLOCK[1], BLOCK[3]])
    with pytest.raises(InvalidOutline):
        merge([BLOCK[0], EMPTY_POLYGON])
    with pytest.raises((PartsOverlap, DisconnectedParcels)):
        merge([UNIT_LOT, shapely.box(0, 0, 10, 30)])


def test_a_hole_is_refused_unless_it_is_allowed() -> None:
    """Eight lots around a ninth."""
    ring = [shapely.box(x, y, x + 1, y + 1) for x in range(3) for y in range(3) if (x, y) != (1, 1)]
    with pytest.raises(HoleInResult) as caught:
        merge(ring)
    assert caught.value.where is not None
    assert caught.value.where.area == 1.0
    assert merge(ring, allow_holes=True).outline.area == 8.0
    inside = shapely.box(1, 1, 2, 2)
    assert merge([merge(ring, allow_holes=True).outline, inside]).outline.area == 9.0


@settings(max_examples=budget(40, 600), deadline=None)
@given(st.floats(0.1, 3.0), st.floats(-14, 14), st.floats(-14, 14))
def test_merging_the_parts_of_a_split_gives_the_parcel_back(angle: float, dx: float, dy: float) -> None:
    parent, *neighbours = ROTATED_BLOCK
    centre = np.array([parent.centroid.x + dx, parent.centroid.y + dy])
    way = np.array([np.cos(angle), np.sin(angle)]) * 60
    try:
        result = split_by_lines(parent, [shapely.LineString([centre - way, centre + way])], neighbours)
    except ValueError:
        return
    after = [result.amended.get(i, lot) for i, lot in enumerate(neighbours)]
    merged = merge(result.parts, after)
    assert merged.outline.equals(result.noded_parent)
    assert merged.amended == {}


def test_a_vertex_beside_a_side_that_bends_towards_it_is_not_left_unshared() -> None:
    """A neighbour takes a vertex, and its side then runs by a vertex of the next one: the register would refuse it."""
    west, east = Polygon([(0, 0), (10, 0), (10, 10), (0, 10)]), Polygon([(10, 0), (20, 0), (20, 10), (10, 10)])
    assert unshared_vertices([west], [west], [east]).tolist() == []
    noded = Polygon([(0, 0), (10, 0), (10, 4), (10, 10), (0, 10)])
    assert unshared_vertices([west], [noded], [east]).tolist() == [[10.0, 4.0]]
    assert unshared_vertices([noded], [noded], [east]).tolist() == [], "it was so before"
    assert unshared_vertices([west, east], [noded, insert_vertices(east, [(10, 4)])], []).tolist() == []
    bent = Polygon([(0, 0), (10, 0), (10.004, 5), (10, 10), (0, 10)])
    beside = Polygon([(10.002, 2.5), (20, 2.5), (20, 9), (12, 9)])
    assert unshared_vertices([west], [bent], [beside]).tolist() == [[10.002, 2.5]]
    assert unshared_vertices([bent], [bent], [beside]).tolist() == []
