"""The grid: integer millimetres, canonical coordinates, vertices inserted into edges."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.errors import ShapelyError
from shapely.geometry import MultiPoint, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from land_services.precision import GRID_M, GRID_PER_M

from .errors import InvalidOutline, NotOnGrid, ParcelCollapsesOnGrid
from .lattice import Ints, edges_of, near_edges, to_metres, to_mm, unique_points

__all__ = [
    "from_mm",
    "insert_vertices",
    "is_on_grid",
    "missing_vertices",
    "mm",
    "require_on_grid",
    "require_outline",
    "to_grid",
]

WIDEST_M = 500_000.0
"""No outline is wider than this many metres: products of wider distances in millimetres overflow 64 bits."""

FARTHEST_M = 1e9
"""No coordinate lies farther from the origin than this many metres."""

G = TypeVar("G", bound=BaseGeometry)
P = TypeVar("P", bound=Polygon | MultiPolygon)


def mm(coords: ArrayLike) -> NDArray[np.int64]:
    """Return coordinates in metres as whole millimetres.

    Parameters
    ----------
    coords : array_like, shape (n, 2) or (n, 3)
        Metres; a third ordinate is dropped. May be empty.

    Returns
    -------
    int64 array, shape (n, 2)

    Examples
    --------
    >>> mm([(0.001, 4892012.345)]).tolist()
    [[1, 4892012345]]
    >>> mm([]).shape
    (0, 2)
    """
    values = np.asarray(coords, dtype=np.float64)
    return to_mm(values if values.size else np.empty((0, 2)))


def from_mm(points: ArrayLike) -> NDArray[np.float64]:
    """Return whole millimetres as canonical metres: always k/1000, never k*0.001.

    Parameters
    ----------
    points : array_like of int, shape (n, 2)
        May be empty.

    Returns
    -------
    float64 array, shape (n, 2)

    Examples
    --------
    >>> from_mm([(3, 1001)]).tolist()
    [[0.003, 1.001]]
    >>> from_mm([]).shape
    (0, 2)
    """
    values = np.asarray(points, dtype=np.int64)
    return to_metres(values.reshape(-1, 2))


def to_grid(geometry: G) -> G:
    """Return the geometry with every coordinate rounded to the grid and repeated vertices dropped.

    Parameters
    ----------
    geometry : BaseGeometry
        Any geometry in metres, empty allowed.

    Returns
    -------
    BaseGeometry
        Of the same type; a valid geometry stays valid.

    Raises
    ------
    ParcelCollapsesOnGrid
        Where rounding makes a valid geometry empty, invalid or of another kind.
    InvalidOutline
        Where a coordinate is not finite or absurdly far away.

    Examples
    --------
    >>> to_grid(shapely.box(0, 0, 1.00049, 1)).bounds
    (0.0, 0.0, 1.0, 1.0)
    >>> to_grid(Polygon()).is_empty
    True
    """
    if geometry.is_empty:
        return geometry
    _require_near(geometry)
    rounded = shapely.transform(geometry, lambda coords: to_metres(to_mm(coords)))
    try:
        rounded = shapely.remove_repeated_points(rounded, 0)
    except ShapelyError:  # a ring of which fewer than three points are left
        raise ParcelCollapsesOnGrid("the geometry collapses on the grid", geometry) from None
    if rounded.is_empty or (geometry.is_valid and not rounded.is_valid):
        raise ParcelCollapsesOnGrid("the geometry collapses on the grid", geometry)
    result: G = rounded
    return result


def is_on_grid(geometry: BaseGeometry) -> bool:
    """Return whether every coordinate is a canonical whole millimetre (k/1000).

    Examples
    --------
    >>> is_on_grid(shapely.box(0, 0, 1.001, 2)), is_on_grid(shapely.box(0, 0, 1.0005, 2)), is_on_grid(Polygon())
    (True, False, True)
    """
    coords = shapely.get_coordinates(geometry)
    return bool(np.array_equal(np.rint(coords * GRID_PER_M) / GRID_PER_M, coords))


def require_on_grid(geometry: BaseGeometry) -> None:
    """Raise where a coordinate is not on the grid, with those points.

    Raises
    ------
    NotOnGrid

    Examples
    --------
    >>> require_on_grid(Polygon())
    """
    coords = shapely.get_coordinates(geometry)
    off = np.any(np.rint(coords * GRID_PER_M) / GRID_PER_M != coords, axis=1)
    if off.any():
        raise NotOnGrid(f"{int(off.sum())} coordinates are not whole millimetres", MultiPoint(coords[off]))


def require_outline(geometry: BaseGeometry) -> None:
    """Raise unless the geometry is a valid polygon or multipolygon on the grid, not empty, at most 500 km wide.

    Raises
    ------
    InvalidOutline, NotOnGrid

    Examples
    --------
    >>> require_outline(Polygon())
    Traceback (most recent call last):
    land_services.geometry.errors.InvalidOutline: the outline is empty
    """
    if not isinstance(geometry, Polygon | MultiPolygon):
        raise InvalidOutline(f"the outline is a {geometry.geom_type}, not a polygon", geometry)
    if geometry.is_empty:
        raise InvalidOutline("the outline is empty")
    if not geometry.is_valid:
        raise InvalidOutline(f"the outline is not valid: {shapely.is_valid_reason(geometry)}", geometry)
    _require_near(geometry)
    west, south, east, north = geometry.bounds
    if max(east - west, north - south) > WIDEST_M:
        raise InvalidOutline("the outline is wider than 500 km", geometry)
    require_on_grid(geometry)


def _require_near(geometry: BaseGeometry) -> None:
    """Raise where a coordinate is not finite or too far away for whole millimetres."""
    coords = shapely.get_coordinates(geometry)
    if not np.isfinite(coords).all() or np.abs(coords).max() > FARTHEST_M:
        raise InvalidOutline("a coordinate is not finite or is too far away", geometry)


def insert_vertices(polygon: P, points: ArrayLike, tolerance_m: float = GRID_M) -> P:
    """Return the polygon with each point that lies nearer than ``tolerance_m`` to an edge inserted there.

    Parameters
    ----------
    polygon : Polygon or MultiPolygon
        Metres, holes allowed, may be empty.
    points : array_like, shape (n, 2)
        Metres; rounded to the grid. Points that are ends of the edge or lie elsewhere are passed over.
    tolerance_m : float
        A distance equal to it does not count.

    Returns
    -------
    Polygon or MultiPolygon
        The same object where nothing was inserted. Points are ordered along the edge; two outlines that share an
        edge in opposite directions take the same points in opposite order. Validity is the caller's to check.

    Examples
    --------
    >>> insert_vertices(shapely.box(0, 0, 4, 4), [(1, 0), (9, 9)]).wkt
    'POLYGON ((4 0, 4 4, 0 4, 0 0, 1 0, 4 0))'
    >>> insert_vertices(Polygon(), [(1, 0)]).is_empty
    True
    """
    if polygon.is_empty:
        return polygon
    reach_mm = max(1, round(tolerance_m * GRID_PER_M))
    low, high = np.rint(np.reshape(polygon.bounds, (2, 2)) * GRID_PER_M).astype(np.int64)
    every = mm(points)
    # Most points of a long outline lie elsewhere: sorting them for each neighbour would cost more than all the rest.
    near = np.all((every >= low - reach_mm) & (every <= high + reach_mm), axis=1)
    grid_points = unique_points(every[near])
    if not len(grid_points):
        return polygon
    parts = polygon.geoms if isinstance(polygon, MultiPolygon) else (polygon,)
    done: list[Polygon] = []
    changed = False
    for part in parts:
        rings = [shapely.get_coordinates(ring) for ring in (part.exterior, *part.interiors)]
        noded = [_insert_in_ring(ring, grid_points, reach_mm) for ring in rings]
        touched = any(new is not old for new, old in zip(noded, rings, strict=True))
        changed |= touched
        done.append(Polygon(noded[0], noded[1:]) if touched else part)
    if not changed:
        return polygon
    result = MultiPolygon(done) if isinstance(polygon, MultiPolygon) else done[0]
    return result  # type: ignore[return-value]


def _insert_in_ring(ring: NDArray[np.float64], points: Ints, reach_mm: int) -> NDArray[np.float64]:
    """Return the closed ring with the points in, or the ring itself."""
    grid_ring = to_mm(ring)
    # A street's land may have thousands of vertices and hundreds of rings: each ring looks only at what is near it.
    around = np.all((points >= grid_ring.min(axis=0) - reach_mm) & (points <= grid_ring.max(axis=0) + reach_mm), axis=1)
    points = points[around]
    if not len(points):
        return ring
    rows, cols, _ = near_edges(points, grid_ring[:-1], grid_ring[1:], reach_mm)
    if not len(rows):
        return ring
    return np.insert(ring, cols + 1, to_metres(points[rows]), axis=0)


def missing_vertices(polygon: Polygon | MultiPolygon, neighbour: Polygon | MultiPolygon) -> NDArray[np.float64]:
    """Return the vertices of ``polygon`` that lie on an edge of ``neighbour`` but are no vertex of it.

    Parameters
    ----------
    polygon, neighbour : Polygon or MultiPolygon
        Metres, on the grid, may be empty.

    Returns
    -------
    float64 array, shape (n, 2)
        Metres, sorted by x, then y.

    Examples
    --------
    >>> missing_vertices(shapely.box(0, 0, 1, 1), shapely.box(-1, 1, 3, 2)).tolist()
    [[0.0, 1.0], [1.0, 1.0]]
    >>> missing_vertices(Polygon(), shapely.box(0, 0, 1, 1)).tolist()
    []
    """
    own, _ = edges_of(polygon)
    starts, ends = edges_of(neighbour)
    rows, _, _ = near_edges(unique_points(own), starts, ends)
    return to_metres(unique_points(unique_points(own)[rows]))
