"""From a file's geometry to the grid: shared corners stay shared, nothing is lost without being named."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely import GeometryCollection, LineString, MultiPoint, MultiPolygon, Point, Polygon

from land_services import precision
from layers.files import cleaning
from layers.files.cleaning import Cleaned, clean, repair_area, snap
from layers.files.defects import KINDS, describe
from tests.budget import budget
from tests.layers.files.making import gpkg, is_on_grid, kinds, put_wkb, raw_polygon, square, staged


def same(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    return xy


def one(geometry: object, expected: cleaning.Expected = "MultiPolygon", carry: Callable[..., object] = same) -> Cleaned:
    wkb = None if geometry is None else shapely.to_wkb(geometry)
    (result,) = clean(np.array([geometry], dtype=object), [wkb], 1, carry, expected)  # type: ignore[arg-type]
    return result


def found(cleaned: Cleaned) -> list[str]:
    return [d.kind for d in cleaned.defects]


def test_the_grid_is_the_one_that_the_register_holds_land_on() -> None:
    assert cleaning.GRID_PER_M == precision.GRID_PER_M
    assert 1 / cleaning.GRID_PER_M == precision.GRID_M


def test_a_sound_polygon_becomes_a_multipolygon_on_the_grid() -> None:
    result = one(Polygon([(0.00049, 0), (10.1234, 0), (10.1236, 5), (0, 5)]))

    assert result.geometry == MultiPolygon([Polygon([(0, 0), (10.123, 0), (10.124, 5), (0, 5)])])
    assert result.original_wkb is None
    assert found(result) == []


@pytest.mark.parametrize(
    ("geometry", "kind"),
    [
        (None, "empty_geometry"),
        (Polygon(), "empty_geometry"),
        (MultiPolygon(), "empty_geometry"),
        (Point(1, 1), "not_an_area"),
        (LineString([(0, 0), (1, 1)]), "not_an_area"),
        (GeometryCollection([Point(1, 1)]), "not_an_area"),
        (Polygon([(0, 0), (math.inf, 0), (1, 1)]), "bad_coordinate"),
        (Polygon([(0, 0), (math.nan, 0), (1, 1)]), "bad_coordinate"),
        (Polygon([(0, 0), (0.0004, 0), (0.0004, 0.0004)]), "collapsed_on_grid"),
        (Polygon([(0, 0), (1e-5, 0), (1e-5, 900), (0, 900)]), "collapsed_on_grid"),
        (Polygon([(0, 0), (1, 1), (2, 2)]), "collapsed_on_grid"),
    ],
)
def test_what_cannot_be_land_is_left_out_and_named(geometry: object, kind: str) -> None:
    result = one(geometry)

    assert result.geometry is None
    assert found(result)[-1] == kind
    assert not KINDS[kind].is_loaded


def test_a_place_that_the_projection_cannot_hold_is_left_out() -> None:
    result = one(square(0, 0), carry=lambda xy: xy * np.inf)

    assert found(result) == ["bad_coordinate"]


def test_a_bow_tie_is_repaired_and_its_original_kept() -> None:
    r"""
    D   B        the lines cross at X, which becomes a corner of both halves
    |\ /|
    | X |
    |/ \|
    A   C
    """
    tie = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])

    result = one(tie)

    assert found(result) == ["invalid_ring", "several_parts"]
    assert result.geometry is not None
    assert result.geometry.is_valid
    assert result.geometry.area == 2.0
    assert result.original_wkb == shapely.to_wkb(tie)
    assert result.defects[0].where == Point(1, 1)
    assert result.defects[0].params == {"reason": "Self-intersection"}


def test_overlapping_parts_are_joined_and_not_cancelled_out() -> None:
    doubled = MultiPolygon([square(0, 0), square(10, 0)])

    result = one(doubled)

    assert found(result) == ["invalid_ring"]
    assert result.geometry is not None
    assert result.geometry.area == pytest.approx(30 * 20)


def test_rounding_that_breaks_an_outline_is_repaired_and_said() -> None:
    """A neck narrower than the grid closes: two parts are left where there was one."""
    left, right = [(5, 5.0001), (5, 10), (0, 10)], [(0, 0), (5, 0), (5, 4.9998)]
    neck = Polygon([*right, (10, 4.9998), (10, 0), (15, 0), (15, 10), (10, 10), (10, 5.0001), *left])

    result = one(neck)

    assert "repaired_on_grid" in found(result)
    assert "several_parts" in found(result)
    assert result.geometry is not None
    assert result.geometry.is_valid
    assert result.original_wkb is not None


def test_a_collection_gives_up_its_areas() -> None:
    mixed = GeometryCollection([square(0, 0), LineString([(0, 0), (1, 1)])])

    result = one(mixed)

    assert found(result) == ["mixed_geometry"]
    assert result.geometry is not None
    assert result.geometry.area == 400


def test_an_open_ring_is_closed_and_said(tmp_path: Path) -> None:
    corners = shapely.get_coordinates(square(0, 0)).tolist()[:-1]
    path = gpkg(tmp_path / "a.gpkg", [square(40, 0), square(0, 0)])
    put_wkb(path, 2, raw_polygon([tuple(c) for c in corners]))

    parcels, _ = staged(path)

    assert kinds(parcels[1]) == ["invalid_ring"]
    assert parcels[1].geometry is not None
    assert parcels[1].geometry.equals(square(0, 0))


def test_bytes_that_are_no_geometry_are_one_lost_row_and_no_crash(tmp_path: Path) -> None:
    path = gpkg(tmp_path / "a.gpkg", [square(0, 0), square(40, 0), square(80, 0)])
    put_wkb(path, 2, b"\x01\x03\x00\x00\x00\xff\xff\xff\x7f\x00")

    parcels, prepared = staged(path)

    assert [p.geometry is None for p in parcels] == [False, True, False]
    assert kinds(parcels[1]) == ["unreadable_geometry"]
    assert prepared.findings.read == 3


@pytest.mark.parametrize(
    ("geometry", "expected", "kind"),
    [
        (LineString([(0, 0), (5, 5)]), "MultiLineString", "MultiLineString"),
        (Point(1.23456, 2), "Point", "Point"),
        (MultiPoint([(1, 2), (3, 4)]), "Point", "Point"),
        (square(0, 0), "Point", "Point"),
    ],
)
def test_other_layers_get_the_type_they_hold(geometry: object, expected: cleaning.Expected, kind: str) -> None:
    result = one(geometry, expected)

    assert result.geometry is not None
    assert result.geometry.geom_type == kind
    assert is_on_grid(result.geometry)


def test_an_area_is_no_street() -> None:
    assert found(one(square(0, 0), "MultiLineString")) == ["wrong_type"]


def test_every_kind_of_fault_has_a_sentence_in_both_languages() -> None:
    for kind in KINDS:
        assert describe(kind, {}, "en").isascii()
        assert any("\u0600" <= letter <= "\u06ff" for letter in describe(kind, {}, "ar"))
    assert "تقاطع" in describe("invalid_ring", {"reason": "Self-intersection"}, "ar")


# Shared corners ------------------------------------------------------------------------------------------------------


@st.composite
def meshes(draw: st.DrawFn) -> tuple[list[Polygon], tuple[float, float]]:
    """A mesh of quadrilaterals with corners anywhere inside their cells, far from the origin, in no special place."""
    columns, rows = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    size = draw(st.floats(0.5, 50))
    x0, y0 = draw(st.floats(-1e6, 1e6)), draw(st.floats(-1e7, 1e7))
    shift = st.floats(-0.3, 0.3)
    corner = {
        (i, j): (x0 + (i + draw(shift)) * size, y0 + (j + draw(shift)) * size)
        for i in range(columns + 1)
        for j in range(rows + 1)
    }
    cells = [
        Polygon([corner[i, j], corner[i + 1, j], corner[i + 1, j + 1], corner[i, j + 1]])
        for i in range(columns)
        for j in range(rows)
    ]
    return cells, (x0, y0)


@given(meshes())
@settings(max_examples=budget(60, 3000), deadline=None)
def test_corners_that_neighbours_share_stay_shared(mesh: tuple[list[Polygon], tuple[float, float]]) -> None:
    cells, _ = mesh
    before = [p for c in cells for p in map(tuple, shapely.get_coordinates(c).tolist())]

    cleaned = clean(np.array(cells, dtype=object), [shapely.to_wkb(c) for c in cells], 1, same)

    after = [p for c in cleaned for p in map(tuple, shapely.get_coordinates(c.geometry).tolist())]
    assert all(c.geometry is not None and c.geometry.is_valid and is_on_grid(c.geometry) for c in cleaned)
    if not any(c.defects for c in cleaned):
        assert len(after) == len(before)
        images: dict[tuple[float, float], set[tuple[float, float]]] = {}
        for was, now in zip(before, after, strict=True):
            images.setdefault(was, set()).add(now)
        assert all(len(places) == 1 for places in images.values())
        assert shapely.coverage_is_valid([c.geometry for c in cleaned], gap_width=0.01)


@given(st.floats(-1e7, 1e7))
@settings(max_examples=budget(200, 20000), deadline=None)
def test_rounding_again_changes_nothing(x: float) -> None:
    once = snap(np.array([[x, -x]]))

    assert np.array_equal(snap(once), once)
    assert np.abs(once - [[x, -x]]).max() <= 0.0005 + 1e-9
    assert once.tolist()[0][0] == round(once.tolist()[0][0] * 1000) / 1000


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=3, max_size=14), st.floats(0.0007, 3))
@settings(max_examples=budget(150, 20000), deadline=None)
def test_any_scribble_is_repaired_onto_the_grid_or_given_up(points: list[tuple[int, int]], step: float) -> None:
    scribble = Polygon([(410_000 + x * step, 2_923_000 + y * step) for x, y in points])

    repaired = repair_area(shapely.transform(scribble, snap))

    assert repaired.is_valid
    assert is_on_grid(repaired)
    whole = shapely.make_valid(scribble, method="structure", keep_collapsed=False)
    assert abs(repaired.area - whole.area) <= 0.003 * (scribble.length + 0.01)
