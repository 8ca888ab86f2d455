"""Exact proofs by 1-chains: what went in is what came out, edge by edge, in whole millimetres."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from shapely.geometry import LineString, MultiPolygon, Polygon

Vertex: TypeAlias = tuple[int, int]
Chain: TypeAlias = dict[tuple[Vertex, Vertex], int]


def chain(polygon: Polygon | MultiPolygon) -> Chain:
    """Return the 1-chain of a polygon: directed integer-mm edges (a < b) -> +1/-1; exterior CCW, holes CW."""
    raise NotImplementedError


def add_chains(chains: Iterable[Chain]) -> Chain:
    """Return the sum of chains, edges that cancel left out."""
    raise NotImplementedError


def node_outline(polygon: Polygon | MultiPolygon, points: ArrayLike) -> Polygon | MultiPolygon:
    """Return the outline with every point that lies < GRID_M from an edge inserted there, ordered along the edge."""
    raise NotImplementedError


def chain_residual(
    before: Iterable[Polygon | MultiPolygon],
    after: Iterable[Polygon | MultiPolygon],
    acquired: Iterable[Polygon | MultiPolygon] = (),
    released: Iterable[Polygon | MultiPolygon] = (),
) -> list[LineString]:
    """Return the faulty edges of a change (empty = balanced).

    chain(before noded with every vertex of after, acquired, released) + chain(acquired) == chain(after) + chain(released).
    """
    raise NotImplementedError
