"""Splits by lines, areas and drawn parts."""

from __future__ import annotations

import time
from decimal import Decimal

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Polygon

from land_services.geometry.areas_split import split_by_areas, split_equal
from land_services.geometry.balance import add_chains, chain, chain_residual, node_outline
from land_services.geometry.coverage import coverage_faults, new_faults
from land_services.geometry.drawn import split_by_parts
from land_services.geometry.errors import (
    AreasDoNotFit,
    CutMissesParcel,
    CutTouchesOnly,
    GeometryError,
    InvalidOutline,
    NoSuchArea,
    NoSuchSide,
    NothingToDo,
    NotOnGrid,
    PartInPieces,
    PartOutsideParcel,
    PartsLeaveGap,
    PartsOverlap,
    PartTooThin,
)
from land_services.geometry.measure import area_mm2_twice, exact_area_m2
from land_services.geometry.sides import sides
from land_services.geometry.split import split_by_lines
from tests.budget import budget
from tests.geometries import (
    BOW_TIE,
    EMPTIES,
    L_PLOT,
    NECK,
    PLOT_WITH_HOLE,
    PLOTS,
    ROTATED_BLOCK,
    SLIVER,
    TWO_PLOTS,
    U_PLOT,
    UNIT_LOT,
)

ACROSS = LineString([(-5, 10), (35, 10)])


def test_a_cut_gives_neighbours_its_new_vertices() -> None:
    """The vertex x goes into the parcel and into its neighbour.

    +-----+-----+
    |  p  |     |
    |-----x  n  |
    |  p  |     |
    +-----+-----+
    """
    neighbour = shapely.box(20, 0, 40, 30)
    far = shapely.box(100, 0, 120, 30)
    result = split_by_lines(UNIT_LOT, [ACROSS], [far, neighbour])
    assert set(result.amended) == {1}
    assert (20.0, 10.0) in set(result.amended[1].exterior.coords)
    assert result.inserted == ((0.0, 10.0), (20.0, 10.0))
    assert chain_residual([UNIT_LOT, neighbour], [*result.parts, result.amended[1]]) == []


def test_a_rotated_cut_is_rounded_once_and_stays_exact() -> None:
    parent, *neighbours = ROTATED_BLOCK
    middle = parent.centroid
    cut = LineString([(middle.x - 60, middle.y - 17.77), (middle.x + 60, middle.y + 13.13)])
    result = split_by_lines(parent, [cut], neighbours)
    assert sum(map(area_mm2_twice, result.parts)) == area_mm2_twice(result.noded_parent)
    assert add_chains(map(chain, result.parts)) == chain(result.noded_parent)
    after = [*result.parts, *(result.amended.get(i, lot) for i, lot in enumerate(neighbours))]
    assert coverage_faults(after) == []
    left_alone = [*result.parts, *neighbours]
    assert new_faults(ROTATED_BLOCK, left_alone), "without the new vertices the neighbours must show faults"


def test_a_bent_cut_and_two_crossing_cuts() -> None:
    bent = LineString([(-1, 5), (10, 15), (21, 5)])
    assert len(split_by_lines(UNIT_LOT, [bent]).parts) == 2
    cross = [LineString([(-1, 15), (21, 15)]), LineString([(10, -1), (10, 31)])]
    parts = split_by_lines(UNIT_LOT, cross).parts
    assert [part.area for part in parts] == [150.0] * 4
    assert (parts[0].centroid.x, parts[0].centroid.y) == (5.0, 22.5)


def test_a_cut_through_a_hole_and_one_around_nothing() -> None:
    result = split_by_lines(PLOT_WITH_HOLE, [LineString([(-1, 15), (31, 15)])])
    assert [part.area for part in result.parts] == [400.0, 400.0]
    beside = split_by_lines(PLOT_WITH_HOLE, [LineString([(-1, 5), (31, 5)])])
    assert sorted(len(part.interiors) for part in beside.parts) == [0, 1]


def test_a_closed_line_inside_cuts_out_an_island() -> None:
    ring = LineString([(5, 5), (10, 5), (10, 10), (5, 10), (5, 5)])
    assert sorted(part.area for part in split_by_lines(UNIT_LOT, [ring]).parts) == [25.0, 575.0]


def test_a_cut_that_crosses_a_concave_plot_twice_gives_three_parts() -> None:
    assert len(split_by_lines(U_PLOT, [LineString([(-1, 20), (31, 20)])]).parts) == 3


@pytest.mark.parametrize(
    ("cut", "error"),
    [
        (LineString([(100, 100), (200, 100)]), CutMissesParcel),
        (LineString([(-5, 10), (15, 10)]), CutTouchesOnly),
        (LineString([(0, -5), (0, 35)]), CutTouchesOnly),
        (LineString([(-5, 30), (25, 30)]), CutTouchesOnly),
        (LineString([(-5, 0.004), (25, 0.004)]), PartTooThin),
        (LineString(), CutMissesParcel),
    ],
)
def test_cuts_that_do_not_divide_are_refused_by_name(cut: LineString, error: type[GeometryError]) -> None:
    with pytest.raises(error) as caught:
        split_by_lines(UNIT_LOT, [cut])
    assert caught.value.kind == error.__name__


def test_unsound_outlines_are_refused_with_their_place() -> None:
    for empty in EMPTIES:
        with pytest.raises(InvalidOutline):
            split_by_lines(empty, [ACROSS])  # type: ignore[arg-type]
    with pytest.raises(InvalidOutline):
        split_by_lines(BOW_TIE, [ACROSS])
    with pytest.raises(NotOnGrid) as caught:
        split_by_lines(shapely.box(0, 0, 20.0004, 30), [ACROSS])
    assert caught.value.where is not None
    with pytest.raises(PartTooThin):
        split_by_lines(SLIVER, [LineString([(25, -1), (25, 1)])])


def test_a_parcel_of_two_pieces_can_be_cut_in_one_of_them() -> None:
    assert len(split_by_lines(TWO_PLOTS, [LineString([(-1, 5), (11, 5)])]).parts) == 3


def test_a_cut_a_tenth_of_a_millimetre_beside_an_inward_corner_goes_through_it() -> None:
    notched = Polygon([(0, 0), (30, 0), (30, 20), (24, 20), (20, 10), (16, 20), (0, 20)])
    result = split_by_lines(notched, [LineString([(-7.31, 9.9999), (41.77, 9.9999)])])
    assert sorted(area_mm2_twice(part) // 2_000_000 for part in result.parts) == [80, 180, 300]
    assert all((20.0, 10.0) in part.exterior.coords for part in result.parts)
    assert len(split_by_lines(notched, [LineString([(-7.31, 9.997), (41.77, 9.997)])]).parts) == 2


@pytest.mark.parametrize("size", [6e5, 1e8, 1e200])
def test_land_and_cuts_beyond_all_measure_are_refused_by_name(size: float) -> None:
    with pytest.raises(InvalidOutline):
        split_by_lines(shapely.box(0, 0, size, 30), [ACROSS])
    with pytest.raises(InvalidOutline):
        split_by_lines(shapely.box(0, 0, 20, 30), [LineString([(-size, 10), (size, 10)])])
    faults = coverage_faults([shapely.box(0, 0, size, 30), shapely.box(0, 30, 20, 60)])
    assert [(fault.kind, fault.members) for fault in faults] == [("invalid", (0,))]


def test_twenty_parts_with_neighbours_are_quick() -> None:
    parent = shapely.box(0, 0, 400, 30)
    neighbours = [shapely.box(20 * i, y, 20 * i + 20, y + 30) for i in range(20) for y in (-30, 30)]
    cuts = [LineString([(20.0037 * i, -1), (20.0041 * i, 31)]) for i in range(1, 20)]
    best = 9.9
    for _ in range(5):
        start = time.process_time()
        result = split_by_lines(parent, cuts, neighbours)
        best = min(best, time.process_time() - start)
    assert len(result.parts) == 20
    assert best < 0.12, f"{best * 1000:.0f} ms"


@pytest.mark.parametrize("name", sorted(PLOTS))
@pytest.mark.parametrize("n", [2, 3, 7])
def test_equal_parts_are_equal_to_what_a_millimetre_makes(name: str, n: int) -> None:
    parent = PLOTS[name]
    for index, side in enumerate(sides(parent)):
        try:
            result = split_equal(parent, n, index)
        except (PartInPieces, PartTooThin) as refused:
            assert refused.where is not None
            continue
        across = max(part.length / 2 for part in result.parts)
        for part in result.parts:
            assert abs(part.area - parent.area / n) <= across * 0.0015, (name, index, side.face)
        assert sum(map(area_mm2_twice, result.parts)) == area_mm2_twice(result.noded_parent)


def test_areas_are_cut_in_order_from_the_side_chosen() -> None:
    south = next(i for i, side in enumerate(sides(UNIT_LOT)) if side.face == "S")
    parts = split_by_areas(UNIT_LOT, [Decimal("100.00"), 180, None], south).parts
    assert [exact_area_m2(part) for part in parts] == [Decimal("100.0000000"), Decimal(180), Decimal(320)]
    assert [part.bounds[1] for part in parts] == [0.0, 5.0, 14.0]


def test_a_part_that_would_fall_in_two_pieces_is_refused() -> None:
    north = next(i for i, side in enumerate(sides(U_PLOT)) if side.face == "N")
    with pytest.raises(PartInPieces) as caught:
        split_equal(U_PLOT, 3, north)
    assert caught.value.where is not None
    with pytest.raises(PartInPieces):
        split_by_areas(PLOT_WITH_HOLE, [300, 200, None], 0)


@pytest.mark.parametrize(
    ("areas", "side", "error"),
    [
        ([], 0, NothingToDo),
        ([600], 0, NothingToDo),
        ([0, 600], 0, NoSuchArea),
        ([-5, None], 0, NoSuchArea),
        ([None, 300], 0, NoSuchArea),
        ([float("nan"), None], 0, NoSuchArea),
        ([300, 200], 0, AreasDoNotFit),
        ([600, None], 0, AreasDoNotFit),
        ([300, 300], 4, NoSuchSide),
        ([300, 300], -1, NoSuchSide),
    ],
)
def test_areas_that_do_not_fit_are_refused(areas: list[float | None], side: int, error: type[GeometryError]) -> None:
    with pytest.raises(error):
        split_by_areas(UNIT_LOT, areas, side)


def test_drawn_parts_take_the_outline_of_the_register() -> None:
    drawn = [Polygon([(0.02, -0.01), (20, 0.03), (19.98, 10), (0, 10.01)]), shapely.box(0, 9.99, 20.02, 30.01)]
    fitted = split_by_parts(UNIT_LOT, drawn, [shapely.box(20, 0, 40, 30)])
    assert shapely.union_all(fitted.result.parts).equals(fitted.result.noded_parent)
    assert [round(part.area) for part in fitted.result.parts] == [200, 400]
    assert all(deviation <= 0.05 for deviation in fitted.deviations_m)
    assert set(fitted.result.amended) == {0}


def test_drawn_parts_keep_their_order() -> None:
    south, north = shapely.box(0, 0, 20, 10), shapely.box(0, 10, 20, 30)
    for drawn in ([south, north], [north, south]):
        assert [part.area for part in split_by_parts(UNIT_LOT, drawn).result.parts] == [part.area for part in drawn]


@pytest.mark.parametrize(
    ("drawn", "error"),
    [
        ([shapely.box(0, 0, 20, 10), shapely.box(0, 10.2, 20, 30)], PartsLeaveGap),
        ([shapely.box(0, 0, 20, 10.2), shapely.box(0, 10, 20, 30)], PartsOverlap),
        ([shapely.box(0, 0, 20, 10), shapely.box(0, 10, 20.2, 30)], PartOutsideParcel),
        ([shapely.box(0, 0, 20, 10)], PartsLeaveGap),
        ([UNIT_LOT, UNIT_LOT], PartsOverlap),
        ([BOW_TIE], InvalidOutline),
        ([Polygon()], InvalidOutline),
        ([], NothingToDo),
    ],
)
def test_drawings_that_do_not_fit_are_refused_with_their_place(
    drawn: list[Polygon], error: type[GeometryError]
) -> None:
    with pytest.raises(error) as caught:
        split_by_parts(UNIT_LOT, drawn)
    if error in (PartsLeaveGap, PartsOverlap, PartOutsideParcel):
        assert caught.value.where is not None
        assert caught.value.where.area > 0


def test_a_drawn_part_that_ends_beside_a_corner_of_another_is_joined_to_it() -> None:
    """The three parts meet at x, drawn as three points some centimetres apart.

    +-----------+
    |     b     |
    +-----x-----+
    |  a  |  c  |
    +-----+-----+
    """
    a, b = shapely.box(0, 0, 10.01, 10.02), shapely.box(0, 10, 20, 30)
    c = Polygon([(9.99, 0), (20, 0), (20, 9.98), (9.98, 9.99)])
    result = split_by_parts(UNIT_LOT, [a, b, c]).result
    assert coverage_faults(result.parts) == []
    assert (
        len({tuple(p) for part in result.parts for p in part.exterior.coords if 9 < p[0] < 11 and 9 < p[1] < 11}) == 1
    )


@settings(max_examples=budget(60, 1500), deadline=None)
@given(
    st.sampled_from(sorted(PLOTS)),
    st.floats(0, np.pi),
    st.floats(0.05, 0.95),
    st.floats(0.05, 0.95),
)
def test_any_cut_balances_or_is_refused(name: str, angle: float, x: float, y: float) -> None:
    parent = PLOTS[name]
    low_x, low_y, high_x, high_y = parent.bounds
    spot = np.array([low_x + (high_x - low_x) * x, low_y + (high_y - low_y) * y])
    way = np.array([np.cos(angle), np.sin(angle)]) * 100
    try:
        result = split_by_lines(parent, [LineString([spot - way, spot + way])])
    except (CutMissesParcel, CutTouchesOnly, PartTooThin):
        return
    assert chain_residual([parent], result.parts) == []
    assert sum(map(exact_area_m2, result.parts)) == exact_area_m2(result.noded_parent)
    assert coverage_faults(result.parts) == []
    assert node_outline(result.noded_parent, shapely.get_coordinates(result.parts)) is result.noded_parent


@settings(max_examples=budget(25, 400), deadline=None)
@given(st.sampled_from(["unit_lot", "l_plot", "rotated", "triangle"]), st.integers(2, 5), st.integers(0, 2**32 - 1))
def test_equal_parts_drawn_with_noise_come_back_within_the_tolerance(name: str, n: int, seed: int) -> None:
    parent, noise = PLOTS[name], np.random.default_rng(seed)
    try:
        parts = split_equal(parent, n, 0).parts
    except PartInPieces:
        return
    drawn = [
        Polygon(shapely.get_coordinates(part)[:-1] + noise.uniform(-0.012, 0.012, (len(part.exterior.coords) - 1, 2)))
        for part in parts
    ]
    fitted = split_by_parts(parent, drawn)
    assert shapely.union_all(fitted.result.parts).equals(fitted.result.noded_parent)
    assert max(fitted.deviations_m) < 0.05
    for part, final in zip(parts, fitted.result.parts, strict=True):
        assert abs(part.area - final.area) < 0.03 * part.length


def test_a_neck_can_be_cut_at_its_narrowest() -> None:
    assert len(split_by_lines(NECK, [LineString([(15, 0), (15, 20)])]).parts) == 2
    assert len(split_by_lines(L_PLOT, [LineString([(10, 10), (0, 10)])]).parts) == 2
