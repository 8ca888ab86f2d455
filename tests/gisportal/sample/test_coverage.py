"""The land of the sample is a coverage at one millimetre: measured here with shapely and with integers."""

from __future__ import annotations

from itertools import chain, pairwise

import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, Point, Polygon

from gisportal.sample.city import Chunk, City
from tests.budget import budget
from tests.gisportal.sample.cities import area2, city, polygon

SEEDS = range(1, budget(3, 40))


def pieces(chunk: Chunk) -> list[Polygon]:
    """All land of a chunk: parcels, public land, rights of way."""
    streets = [area for street in chunk.streets for area in street.right_of_way]
    outlines = chain((p.rings for p in chunk.parcels), (p.rings for p in chunk.public_land), streets)
    return [polygon(outline) for outline in outlines]


def all_pieces(sample: City) -> list[Polygon]:
    return [piece for chunk in sample.chunks() for piece in pieces(chunk)]


def t_junctions(polygons: list[Polygon], within_m: float = 0.001) -> list[Point]:
    """Vertices nearer than ``within_m`` to an edge that does not have them, found edge by edge."""
    rings = [ring for p in polygons for ring in (p.exterior, *p.interiors)]
    edges = {frozenset(edge): edge for ring in rings for edge in pairwise(ring.coords)}
    lines = [LineString(edge) for edge in edges.values()]
    corners = sorted({point for edge in edges for point in edge})
    points = shapely.points(np.array(corners))
    hits = shapely.STRtree(lines).query(points, predicate="dwithin", distance=within_m)
    ends = list(edges)
    return [Point(corners[p]) for p, e in hits.T if corners[p] not in ends[e]]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_plan_is_tiled_to_the_square_millimetre(seed: int) -> None:
    for chunk in city(1700, seed).chunks():
        if not chunk.plans:
            continue
        (plan,) = chunk.plans
        land = pieces(chunk)
        assert all(p.is_valid for p in land)
        assert shapely.coverage_is_valid(land, gap_width=0.01)
        outlines = [p.rings for p in chunk.parcels] + [p.rings for p in chunk.public_land]
        outlines += [area for street in chunk.streets for area in street.right_of_way]
        assert sum(map(area2, outlines)) == area2(plan.outline)


@pytest.mark.parametrize("seed", SEEDS)
def test_neighbouring_plans_and_the_roads_between_them_leave_no_gap(seed: int) -> None:
    land = all_pieces(city(1700, seed))
    assert shapely.coverage_is_valid(land, gap_width=0.01)
    whole = shapely.coverage_union_all(land)
    assert whole.geom_type == "Polygon"
    assert len(whole.interiors) == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_no_vertex_lies_on_an_edge_that_lacks_it(seed: int) -> None:
    assert t_junctions(all_pieces(city(1700, seed))) == []


def test_the_t_junction_test_finds_one_when_there_is_one() -> None:
    """
    +---+---+
    |   a   |   the vertex under a is not in the upper box
    +---.---+
    """
    upper = Polygon([(0, 1), (2, 1), (2, 2), (0, 2)])
    lower = Polygon([(0, 0), (1, 0), (1, 1), (0, 1)])
    assert [p.coords[0] for p in t_junctions([upper, lower])] == [(1.0, 1.0)]


def test_no_edge_is_shorter_than_five_centimetres_and_no_lot_is_a_sliver() -> None:
    parcels = list(city().parcels)
    shapes = [polygon(parcel.rings) for parcel in parcels]
    assert shapely.minimum_clearance(shapes).min() > 0.05
    narrowed = shapely.buffer(shapes, -2.0)
    assert {p.land_use for p, rest in zip(parcels, narrowed, strict=True) if rest.is_empty} <= {"utility"}


def test_coordinates_are_whole_millimetres_near_dammam() -> None:
    from pyproj import Transformer

    to_degrees = Transformer.from_crs(32639, 4326, always_xy=True)
    for parcel in city().parcels:
        assert all(type(c) is int for ring in parcel.rings for point in ring for c in point)
    lon, lat = to_degrees.transform(*polygon(parcel.rings).centroid.coords[0])
    assert abs(lon - 50.1) < 0.1
    assert abs(lat - 26.4) < 0.1


def test_rings_are_closed_and_turn_the_right_way() -> None:
    for parcel in city().parcels:
        shell, *holes = parcel.rings
        assert shell[0] == shell[-1]
        assert area2((shell,)) > 0
        assert all(area2((hole,)) < 0 for hole in holes)


def test_blocks_hold_their_lots_and_stay_apart() -> None:
    for chunk in city().chunks():
        blocks = {b.block_no: polygon(b.outline) for b in chunk.blocks}
        land = [(p.block_no, p.rings) for p in chunk.parcels] + [(p.block_no, p.rings) for p in chunk.public_land]
        for number, rings in land:
            assert blocks[number].covers(polygon(rings))
        assert shapely.coverage_is_valid(list(blocks.values()), gap_width=0.01)


def test_zones_lie_on_whole_lots() -> None:
    for chunk in city().chunks():
        zones = [polygon(z.outline) for z in chunk.zones]
        if not zones:
            continue
        tree = shapely.STRtree(zones)
        for parcel in chunk.parcels:
            shape = polygon(parcel.rings)
            inside = [k for k in tree.query(shape) if zones[k].intersection(shape).area > 1e-6]
            assert len(inside) == 1
            assert zones[inside[0]].covers(shape)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("parcels", [1, 1700, 40_000])
def test_the_flood_course_is_one_band_beside_the_plans(parcels: int, seed: int) -> None:
    sample = City(parcels, seed)
    (valley,) = [z for z in sample.prohibited_zones if z.code == "VALLEY"]
    band, lattice = polygon(valley.outline), sample.lattice
    assert band.is_valid
    assert area2(valley.outline) > 0
    assert polygon(sample.municipality.outline).contains(band)
    assert not band.intersects(polygon((lattice.frame(0, 0, lattice.columns, lattice.rows),)))
    assert not band.buffer(-20.0).is_empty
    assert band.buffer(-90.0).is_empty


def test_growth_phases_and_districts_do_not_overlap() -> None:
    sample = city()
    phases = [polygon(z.outline) for z in sample.growth_phases]
    assert shapely.coverage_is_valid(phases, gap_width=0.01)
    outline = polygon(sample.municipality.outline)
    assert abs(sum(p.area for p in phases) - outline.area) < 1e-6 * outline.area
    districts = [polygon(d.outline) for d in sample.districts]
    assert shapely.coverage_is_valid(districts, gap_width=0.01)
    for parcel in sample.parcels:
        assert districts[parcel.district].contains(polygon(parcel.rings))
