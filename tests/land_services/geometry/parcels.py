"""Real and random parcels for the kernel's tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import shapely
import shapely.affinity
from numpy.typing import NDArray
from shapely.geometry import LineString, MultiPolygon, Polygon

from land_services.geometry.snap import insert_vertices

FILES = {
    "epinay": ("parcels/france_91216/parcelles.gpkg", 2154),
    "cambridge": ("parcels/cambridge_ma/parcels_fy2014.gpkg", 26986),
}


@cache
def fabric(name: str) -> NDArray[np.object_]:
    """Return the parcels of a real fabric on the grid, single polygons, valid; skip where the files are not there."""
    root = os.environ.get("GISPORTAL_REAL_DATA")
    if not root:
        pytest.skip("GISPORTAL_REAL_DATA is not set")
    import pyogrio
    import pyproj

    file, srid = FILES[name]
    meta, _, wkb, _ = pyogrio.raw.read(Path(root) / file)
    shapes = shapely.force_2d(shapely.from_wkb(wkb))
    if meta["crs"] != f"EPSG:{srid}":
        change = pyproj.Transformer.from_crs(meta["crs"], srid, always_xy=True)
        shapes = shapely.transform(shapes, lambda xy: np.column_stack(change.transform(xy[:, 0], xy[:, 1])))
    shapes = shapely.get_parts(shapely.transform(shapes, lambda xy: np.rint(xy * 1000) / 1000))
    shapes = shapely.remove_repeated_points(shapes, 0)
    return shapes[shapely.is_valid(shapes) & (shapely.area(shapes) > 1.0)]


@cache
def tree(name: str) -> shapely.STRtree:
    """Return an index over :func:`fabric`."""
    return shapely.STRtree(fabric(name))


def around(name: str, index: int) -> list[Polygon]:
    """Return the real neighbours of a parcel."""
    found = tree(name).query(fabric(name)[index], predicate="dwithin", distance=0.05)
    return [fabric(name)[other] for other in sorted(found) if other != index]


def grid(shape: Polygon) -> Polygon:
    """Return a polygon on the grid."""
    return shapely.transform(shape, lambda xy: np.rint(xy * 1000) / 1000)


def random_line(rng: np.random.Generator, parent: Polygon | MultiPolygon) -> LineString:
    """Return a cut: at any angle, (nearly) through a vertex, (nearly) along an edge, bent, or the chords of an arc."""
    kind = rng.integers(0, 6)
    minx, miny, maxx, maxy = parent.bounds
    reach = float(np.hypot(maxx - minx, maxy - miny)) + 1.0
    coords = shapely.get_coordinates(parent.exterior)
    spot = np.array([rng.uniform(minx, maxx), rng.uniform(miny, maxy)])
    angle = rng.uniform(0, np.pi)
    if kind == 1:
        spot = coords[rng.integers(len(coords))] + rng.normal(0, 10.0 ** rng.uniform(-4, -1), 2)
    if kind == 2:
        at = rng.integers(len(coords) - 1)
        along = coords[at + 1] - coords[at]
        angle = float(np.arctan2(along[1], along[0])) + rng.normal(0, 10.0 ** rng.uniform(-6, -2))
        spot = coords[at] + np.array([-along[1], along[0]]) / np.hypot(*along) * rng.uniform(0.02, 5)
    direction = np.array([np.cos(angle), np.sin(angle)])
    if kind == 3:
        middle = spot + rng.normal(0, 1, 2)
        other = angle + rng.normal(0, 0.6)
        return LineString([spot - direction * reach, middle, middle + np.array([np.cos(other), np.sin(other)]) * reach])
    if kind == 4:
        radius = rng.uniform(0.3, 2) * reach
        centre = spot + np.array([-direction[1], direction[0]]) * radius
        turn = np.linspace(0, 2 * np.pi, int(rng.integers(24, 200)))
        return LineString(np.column_stack([np.cos(turn), np.sin(turn)]) * radius + centre)
    return LineString([spot - direction * reach, spot + direction * reach])


def random_parcel(rng: np.random.Generator) -> Polygon:
    """Return a made-up parcel far from the origin: lot, star, strip, holed, with near-duplicate vertices, or chords."""
    base = np.array([400_000.0, 2_900_000.0]) + rng.uniform(0, 5000, 2)
    kind = rng.integers(0, 6)
    turn = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(5, 14))))
    if kind == 0:
        shape = shapely.box(0, 0, rng.uniform(8, 40), rng.uniform(8, 60))
    elif kind == 1:
        spread = rng.uniform(3, 30, len(turn))
        shape = Polygon(np.column_stack([np.cos(turn), np.sin(turn)]) * spread[:, None])
    elif kind == 2:
        shape = shapely.box(0, 0, rng.uniform(20, 120), rng.uniform(0.05, 2))
    elif kind == 3:
        inner = shapely.box(10, 10, rng.uniform(11, 19), rng.uniform(11, 19))
        shape = shapely.box(0, 0, 30, 30).difference(shapely.affinity.rotate(inner, rng.uniform(0, 20)))
    elif kind == 4:
        ring = shapely.get_coordinates(shapely.box(0, 0, 20, 30))[:-1]
        twins = ring + rng.integers(1, 4, ring.shape) * 0.001 * rng.choice([-1, 1], ring.shape)
        shape = shapely.convex_hull(shapely.multipoints(np.vstack([ring, twins])))
    else:
        shape = shapely.Point(0, 0).buffer(rng.uniform(5, 40), quad_segs=int(rng.integers(8, 60)))
    moved = shapely.affinity.rotate(shape, rng.uniform(0, 360), origin=(0, 0)) if rng.random() < 0.8 else shape
    return grid(shapely.transform(moved, lambda xy: xy + base))


def random_neighbours(rng: np.random.Generator, parent: Polygon) -> list[Polygon]:
    """Return land around a made-up parcel that fits it vertex by vertex: one ring, or cut into several neighbours."""
    ring = parent.envelope.buffer(rng.uniform(3, 15), join_style="mitre")
    rest = shapely.difference(grid(ring), parent)
    shapes = [shape for shape in shapely.get_parts(rest) if isinstance(shape, Polygon)]
    return [shape for shape in map(grid, shapes) if shape.is_valid]


def with_t_junctions(rng: np.random.Generator, polygon: Polygon) -> Polygon:
    """Return a polygon with vertices on its edges, rounded to the grid, that its neighbours lack."""
    spots = [polygon.exterior.interpolate(share, normalized=True) for share in rng.uniform(0, 1, 3)]
    return insert_vertices(polygon, [(spot.x, spot.y) for spot in spots])


def cases(name: str, count: int, seed: int) -> Iterator[tuple[Polygon, list[Polygon], LineString]]:
    """Yield (parcel, neighbours, cut), the same for the same seed."""
    rng = np.random.default_rng(seed)
    while count:
        if name == "random":
            parent = random_parcel(rng)
            if not parent.is_valid or parent.is_empty or not isinstance(parent, Polygon):
                continue
            neighbours = random_neighbours(rng, parent)
            if rng.random() < 0.4:
                parent = with_t_junctions(rng, parent)
            if rng.random() < 0.4:
                neighbours = [with_t_junctions(rng, land) for land in neighbours]
            if not parent.is_valid or not all(land.is_valid for land in neighbours):
                continue
        else:
            index = int(rng.integers(len(fabric(name))))
            parent, neighbours = fabric(name)[index], around(name, index)
        yield parent, neighbours, random_line(rng, parent)
        count -= 1
