"""Every spatial relation between every two of many geometries, against shapely; and the CRS of what is written."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from layers import crs
from layers.ogc.filters import Filter, FilterRefused, parse
from layers.ogc.filters.names import SPATIAL
from layers.ogc.filters.tree import Property, Shape, operation

from .features import FIELDS, Features, feature
from .oracle import holds
from .writing import to_json, to_text, wkt

GEOMETRY = Property("geometry")


def lattice(seed: int, count: int) -> list[BaseGeometry]:
    """Return valid geometries of every kind with corners on a lattice of five by five."""
    chance = random.Random(seed)

    def point() -> tuple[int, int]:
        return chance.randrange(5), chance.randrange(5)

    def made() -> BaseGeometry:
        kind = chance.randrange(8)
        if kind == 0:
            return shapely.Point(point())
        if kind == 1:
            return shapely.MultiPoint([point() for _ in range(3)])
        if kind == 2:
            return shapely.LineString([point() for _ in range(chance.randrange(2, 5))])
        if kind == 3:
            return shapely.MultiLineString([[point(), point()], [point(), point()]])
        if kind == 4:
            return shapely.Polygon([point() for _ in range(3)])
        if kind == 5:
            return shapely.Polygon([(0, 0), (4, 0), (4, 4), (0, 4)], [[(1, 1), (1, 3), (3, 3), (3, 1)]])
        x, y = point()
        box = shapely.box(x, y, x + chance.randrange(1, 4), y + chance.randrange(1, 4))
        if kind == 6:
            return box
        return shapely.MultiPolygon([box, shapely.box(x - 3, y - 3, x - 1, y)])

    found: list[BaseGeometry] = []
    while len(found) < count:
        geometry = made()
        # A line that runs back over itself is no simple feature; its relations differ between versions of GEOS.
        if geometry.is_valid and geometry.is_simple and not (geometry.length == 0 and "Line" in geometry.geom_type):
            found.append(geometry)
    return found


def relations(geometry: BaseGeometry) -> list[tuple[str, Any]]:
    """Return every relation with a geometry, the layer's own first and second."""
    shape = Shape(geometry, int(shapely.count_coordinates(geometry)))
    return [(name, operation(name, pair, "")) for name in SPATIAL for pair in ((GEOMETRY, shape), (shape, GEOMETRY))]


@pytest.mark.django_db
def test_req_spatial_functions__every_relation_is_the_one_that_shapely_finds() -> None:
    rows = [feature(n, geometry) for n, geometry in enumerate(lattice(1, 60))]
    features = Features(rows)
    met = dict.fromkeys(SPATIAL, 0)
    for geometry in lattice(2, 40):
        asked = relations(geometry)
        filters = [parse(to_text(tree), "cql2-text", FIELDS, filter_srid=32639) for _, tree in asked]
        for (name, tree), found in zip(asked, features.truths(filters), strict=True):
            expected = {row["id"]: holds(tree, row) for row in rows}
            assert found == expected, to_text(tree)
            met[name] += sum(bool(truth) for truth in expected.values())
    assert all(count >= 10 for count in met.values()), met  # each relation was there to be found


@pytest.mark.django_db
def test_req_spatial_functions__relations_between_two_written_geometries_are_decided() -> None:
    features = Features([feature(1, shapely.Point(0, 0))])
    for one, other in itertools.pairwise(lattice(3, 30)):
        for name in SPATIAL:
            found = features.ids(
                parse(f"{name.upper()}({wkt(one)}, {wkt(other)})", "cql2-text", FIELDS, filter_srid=32639)
            )
            assert bool(found) == bool(getattr(shapely, name[2:])(one, other)), (name, one, other)


# Coordinates in another system --------------------------------------------------------------------------------------

CITY = (50.05, 26.35, 50.15, 26.45)  # degrees


def in_city(seed: int, count: int) -> list[BaseGeometry]:
    """Return small areas and points of a city, in the storage CRS."""
    chance = random.Random(seed)
    made = []
    for n in range(count):
        lon, lat = chance.uniform(CITY[0], CITY[2]), chance.uniform(CITY[1], CITY[3])
        at = crs.transform(shapely.Point(lon, lat), 4326, 32639)
        made.append(at if n % 2 else shapely.box(at.x, at.y, at.x + 400, at.y + 300))
    return made


def asked_in(text: str, srid: int = 4326, *, is_yx: bool = False) -> Filter:
    return parse(text, "cql2-text", FIELDS, filter_srid=srid, is_yx=is_yx)


@pytest.mark.django_db
@pytest.mark.parametrize("srid", [4326, 3857, 9359, 20439, 32639])
def test_req_filter_crs_param__coordinates_are_read_in_the_filters_system(srid: int) -> None:
    rows = [feature(n, geometry) for n, geometry in enumerate(in_city(4, 80))]
    features = Features(rows)
    for west, south in ((50.08, 26.36), (50.1, 26.4), (50.04, 26.34)):
        corner = crs.transform(shapely.box(west, south, west + 0.04, south + 0.03), 4326, srid, allow_legacy=True)
        box = shapely.box(*corner.bounds)
        there = [crs.transform(row["geometry"], 32639, srid, allow_legacy=True) for row in rows]
        for name in ("s_intersects", "s_within", "s_disjoint"):
            expected = {n for n, geometry in enumerate(there) if getattr(shapely, name[2:])(geometry, box)}
            by_box = asked_in(f"{name.upper()}(geometry, BBOX({', '.join(map(repr, box.bounds))}))", srid)
            by_area = asked_in(f"{name.upper()}(geometry, {wkt(box)})", srid)
            assert features.ids(by_box) == features.ids(by_area) == expected
            assert 0 < len(expected) < len(rows)


@pytest.mark.django_db
def test_an_area_of_many_vertices_is_compared_with_all_its_edge_where_it_matters() -> None:
    """What lies in its middle is taken by its box; around that middle's edge, and the area's, nothing changes."""
    chance = random.Random(8)
    round_area = shapely.Point(410_000, 2_923_000).buffer(3_000, quad_segs=64)
    asked = {name: asked_in(f"{name.upper()}(geometry, {wkt(round_area)})", 32639) for name in SPATIAL}
    assert " @ " in asked["s_intersects"].sql and " @ " in asked["s_within"].sql
    core = shapely.from_wkb(asked["s_within"].params["flt_1"])
    assert core.area > round_area.area / 3 and round_area.contains_properly(core)
    rows = []
    for n in range(600):
        edge = (core.exterior, round_area.exterior)[n % 2].interpolate(chance.random(), normalized=True)
        x, y = edge.x + chance.uniform(-3, 3), edge.y + chance.uniform(-3, 3)
        rows.append(feature(n, shapely.Point(x, y) if n % 3 else shapely.box(x, y, x + 4, y + 2)))
    features = Features(rows)
    for name, one in asked.items():
        expected = {row["id"] for row in rows if getattr(shapely, name[2:])(row["geometry"], round_area)}
        assert features.ids(one) == expected, name


def test_a_system_with_latitude_first_is_read_so() -> None:
    plain = asked_in("S_INTERSECTS(geometry, POLYGON((50.1 26.3, 50.2 26.3, 50.2 26.4, 50.1 26.3)))")
    turned = asked_in("S_INTERSECTS(geometry, POLYGON((26.3 50.1, 26.3 50.2, 26.4 50.2, 26.3 50.1)))", is_yx=True)
    assert plain.params == turned.params
    plain, turned = (
        asked_in("S_INTERSECTS(geometry, BBOX(50.1, 26.3, 50.2, 26.4))"),
        asked_in("S_INTERSECTS(geometry, BBOX(26.3, 50.1, 26.4, 50.2))", is_yx=True),
    )
    assert plain.params == turned.params


@pytest.mark.django_db
def test_a_straight_edge_in_degrees_is_the_curve_that_it_is_on_the_grid() -> None:
    """A long box's southern edge bends by metres on the grid: points a centimetre beside it fall on their sides."""
    south = 26.4
    above, below = (crs.transform(shapely.Point(51.0, south + d), 4326, 32639) for d in (1e-7, -1e-7))
    features = Features([feature(1, above), feature(2, below)])
    assert features.ids(asked_in(f"S_INTERSECTS(geometry, BBOX(48.5, {south}, 53.5, 27))")) == {1}
    corners = [crs.transform(shapely.Point(x, south), 4326, 32639) for x in (48.5, 53.5)]
    middle = (corners[0].y + corners[1].y) / 2
    assert abs(middle - above.y) > 100  # what a box of four corners would be wrong by, in metres


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("S_INTERSECTS(geometry, BBOX(-180, -90, 180, 90))", {1, 2}),
        ("S_DISJOINT(geometry, BBOX(-180, -90, 180, 90))", set()),
        ("S_WITHIN(geometry, BBOX(-180, -90, 180, 90))", {1, 2}),
        ("S_CONTAINS(geometry, BBOX(-180, -90, 180, 90))", set()),
        ("S_INTERSECTS(geometry, BBOX(170, -90, -170, 90))", set()),  # across the antimeridian, and not here
        ("S_INTERSECTS(geometry, BBOX(50.0, 26, -170, 27))", {1, 2}),  # across it, from here eastward
        ("S_DISJOINT(geometry, BBOX(170, -90, -170, 90))", {1, 2}),
        ("S_INTERSECTS(geometry, POINT(0 0))", set()),
        ("S_DISJOINT(geometry, POINT(0 0))", {1, 2}),
        ("S_EQUALS(geometry, POINT(0 0))", set()),
        # Half of it lies on another continent; what is cut off still counts.
        ("S_CONTAINS(geometry, MULTIPOINT((50.1005 26.4005), (-100 40)))", set()),
        (
            "S_OVERLAPS(geometry, MULTIPOLYGON(((50.1 26.4, 50.1005 26.4, 50.1005 26.4005, 50.1 26.4005, 50.1 26.4)),"
            "((-100 40, -99 40, -99 41, -100 40))))",
            {1},
        ),
        ("S_CROSSES(geometry, MULTILINESTRING((50.1003 26.4003, 50.1006 26.4006), (-100 40, -99 41)))", {1}),
        ("S_WITHIN(geometry, POLYGON((50 26, 80 26, 80 27, 50 27, 50 26)))", {1, 2}),
        ("S_TOUCHES(geometry, POLYGON((50 26, 80 26, 80 27, 50 27, 50 26)))", set()),
    ],
)
def test_what_lies_beyond_the_grid_is_answered_rightly(text: str, expected: set[int]) -> None:
    area = crs.transform(shapely.box(50.1, 26.4, 50.101, 26.401), 4326, 32639)
    point = crs.transform(shapely.Point(50.12, 26.41), 4326, 32639)
    assert Features([feature(1, area), feature(2, point)]).ids(asked_in(text)) == expected


@pytest.mark.django_db
def test_a_collection_of_points_lines_and_areas_can_be_met() -> None:
    features = Features(
        [feature(1, shapely.Point(1, 1)), feature(2, shapely.Point(9, 9)), feature(3, shapely.Point(5, 5))]
    )
    mixed = "GEOMETRYCOLLECTION(POINT(9 9), LINESTRING(0 0, 2 2))"
    assert features.ids(asked_in(f"S_INTERSECTS(geometry, {mixed})", 32639)) == {1, 2}
    assert features.ids(asked_in(f"S_DISJOINT(geometry, {mixed})", 32639)) == {3}
    alike = "GEOMETRYCOLLECTION(POINT(9 9), POINT(5 5))"
    assert features.ids(asked_in(f"S_WITHIN(geometry, {alike})", 32639)) == {2, 3}
    with pytest.raises(FilterRefused, match="mixes points, lines and areas"):
        asked_in(f"S_WITHIN(geometry, {mixed})", 32639)


@pytest.mark.django_db
def test_heights_are_left_out() -> None:
    features = Features([feature(1, shapely.Point(1, 1))])
    for written in ("POINT Z (1 1 50)", "POINTZ(1 1 50)", "POINT(1 1 50)", "BBOX(0, 0, -5, 2, 2, 5)"):
        assert features.ids(asked_in(f"S_INTERSECTS(geometry, {written})", 32639)) == {1}
    point = {"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "Point", "coordinates": [1, 1, 50]}]}
    assert features.ids(parse(point, "cql2-json", FIELDS, filter_srid=32639)) == {1}


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("POINT(200 26)", "not degrees"),
        ("BBOX(410000, 2900000, 420000, 2910000)", "not degrees"),
        ("BBOX(50, 27, 51, 26)", "wrong way round"),
        ("BBOX(50, 26, 51)", "four numbers"),
        ("POLYGON((50 26, 51 26, 51 27))", "at least 4"),
        ("POLYGON((50 26, 51 26, 51 27, 50 27))", "end where they begin"),
        ("POLYGON((50 26, 51 27, 51 26, 50 27, 50 26))", "not valid"),
        ("LINESTRING(50 26)", "at least 2"),
        ("POINT((50 26))", "positions"),
        ("LINESTRING((50 26, 51 27))", "at least 2"),
        ("POINT(1e400 26)", "finite"),
        ("POINT(nan 26)", "cannot be read"),
        ("POINT EMPTY", "cannot be read"),
        ("GEOMETRYCOLLECTION(GEOMETRYCOLLECTION(POINT(1 1)))", "cannot be read"),
    ],
)
def test_a_geometry_that_is_none_is_refused_with_its_fault(written: str, message: str) -> None:
    with pytest.raises(FilterRefused, match=message):
        asked_in(f"S_INTERSECTS(geometry, {written})")


def test_a_rectangle_of_a_projected_system_cannot_run_backwards() -> None:
    with pytest.raises(FilterRefused, match="wrong way round"):
        asked_in("S_INTERSECTS(geometry, BBOX(420000, 2900000, 410000, 2910000))", 32639)


def test_json_is_the_same_filter() -> None:
    for geometry in lattice(5, 20):
        for _, tree in relations(geometry):
            text = parse(to_text(tree), "cql2-text", FIELDS, filter_srid=32639)
            assert text.params == parse(to_json(tree), "cql2-json", FIELDS, filter_srid=32639).params
