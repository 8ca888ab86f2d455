"""The grid: integer millimetres, canonical coordinates, vertices inserted into edges."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from land_services.precision import GRID_M


G = TypeVar("G", bound=BaseGeometry)
P = TypeVar("P", bound=Polygon | MultiPolygon)


def mm(coords: ArrayLike) -> NDArray[np.int64]:
    """Return coordinates in metres as integer millimetres, shape (n, 2)."""
    raise NotImplementedError


def from_mm(points: ArrayLike) -> NDArray[np.float64]:
    """Return integer millimetres as canonical metres (k/1000), shape (n, 2)."""
    raise NotImplementedError


def to_grid(geometry: G) -> G:
    """Return the geometry with every coordinate rounded to the grid, repeated vertices dropped; raise where it collapses."""
    raise NotImplementedError


def is_on_grid(geometry: BaseGeometry) -> bool:
    """Return whether every coordinate is canonical (k/1000)."""
    raise NotImplementedError


def insert_vertices(polygon: P, points: ArrayLike, tolerance_m: float = GRID_M) -> P:
    """Return the polygon with each point nearer than ``tolerance_m`` to an edge inserted there (same object if none)."""
    raise NotImplementedError


def missing_vertices(polygon: Polygon | MultiPolygon, neighbour: Polygon | MultiPolygon) -> NDArray[np.float64]:
    """Return the vertices of ``polygon`` that lie on an edge of ``neighbour`` but are no vertex of it, shape (n, 2)."""
    raise NotImplementedError
