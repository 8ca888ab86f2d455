"""Exact proofs by 1-chains: what went in is what came out, edge by edge, in whole millimetres.

The chain of a polygon is the multiset of its directed edges (exterior counter-clockwise, holes clockwise), where
an edge from a to b counts +1 and one from b to a counts -1. Chains of parts add up to the chain of their union
because the edges they share cancel. So one equation proves equal areas, equal outlines and that no part has a
vertex that its neighbour lacks:

    chain(retired and amended, noded) + chain(acquired) = chain(created and amended) + chain(released)

*Noded*: every vertex of the new outlines nearer than ``GRID_M`` to an edge of an old one is inserted there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from shapely.geometry import LineString, MultiPolygon, Polygon

from .lattice import edges_of, lines_of, to_metres, unique_points
from .snap import insert_vertices

__all__ = ["Chain", "Vertex", "add_chains", "chain", "chain_area_mm2_twice", "chain_residual", "node_outline"]

Vertex: TypeAlias = tuple[int, int]
Chain: TypeAlias = dict[tuple[Vertex, Vertex], int]


def chain(polygon: Polygon | MultiPolygon) -> Chain:
    """Return the 1-chain of a polygon.

    Parameters
    ----------
    polygon : Polygon or MultiPolygon
        Metres on the grid, any orientation, holes allowed, may be empty.

    Returns
    -------
    dict
        (a, b) -> count with a < b in whole millimetres; edges that cancel are left out.

    Examples
    --------
    >>> chain(Polygon([(0, 0), (0.001, 0), (0, 0.001)]))
    {((0, 0), (1, 0)): 1, ((0, 1), (1, 0)): -1, ((0, 0), (0, 1)): -1}
    >>> chain(Polygon())
    {}
    """
    starts, ends = edges_of(polygon)
    total: Chain = {}
    for ax, ay, bx, by in np.hstack([starts, ends]).tolist():
        a, b = (ax, ay), (bx, by)
        key, sign = ((a, b), 1) if a < b else ((b, a), -1)
        count = total.get(key, 0) + sign
        if count:
            total[key] = count
        else:
            del total[key]
    return total


def add_chains(chains: Iterable[Chain], signs: Iterable[int] | None = None) -> Chain:
    """Return the sum of chains, edges that cancel left out; ``signs`` (+1 or -1) per chain, all +1 if not given.

    Examples
    --------
    >>> from shapely import box
    >>> left, right = chain(box(0, 0, 1, 1)), chain(box(1, 0, 2, 1))
    >>> ((1000, 0), (1000, 1000)) in add_chains([left, right])
    False
    >>> add_chains([])
    {}
    """
    chains = list(chains)
    total: Chain = {}
    for one, sign in zip(chains, signs or [1] * len(chains), strict=True):
        for edge, count in one.items():
            total[edge] = total.get(edge, 0) + sign * count
    return {edge: count for edge, count in total.items() if count}


def chain_area_mm2_twice(one: Chain) -> int:
    """Return twice the area that a chain encloses in mm2, exact.

    Examples
    --------
    >>> from shapely import box
    >>> chain_area_mm2_twice(chain(box(0, 0, 1, 1)))
    2000000
    >>> chain_area_mm2_twice({})
    0
    """
    return sum(count * (a[0] * b[1] - b[0] * a[1]) for (a, b), count in one.items())


def node_outline(polygon: Polygon | MultiPolygon, points: ArrayLike) -> Polygon | MultiPolygon:
    """Return the outline with every point nearer than ``GRID_M`` to an edge inserted there, ordered along the edge.

    One pass over the edges as they are: a point that lies near only an edge so bent is not inserted.

    Parameters
    ----------
    polygon : Polygon or MultiPolygon
        Metres on the grid, may be empty.
    points : array_like, shape (n, 2)
        Metres.

    Returns
    -------
    Polygon or MultiPolygon
        The same object where nothing was inserted.

    Examples
    --------
    >>> from shapely import box
    >>> node_outline(box(0, 0, 1, 1), [(0.5, 0)]).wkt
    'POLYGON ((1 0, 1 1, 0 1, 0 0, 0.5 0, 1 0))'
    >>> node_outline(Polygon(), []).is_empty
    True
    """
    return insert_vertices(polygon, points)


def chain_residual(
    before: Iterable[Polygon | MultiPolygon],
    after: Iterable[Polygon | MultiPolygon],
    acquired: Iterable[Polygon | MultiPolygon] = (),
    released: Iterable[Polygon | MultiPolygon] = (),
) -> list[LineString]:
    """Return the edges by which a change does not balance; empty means balanced exactly.

    Parameters
    ----------
    before, after : iterables of Polygon or MultiPolygon
        Old outlines (retired and amended), new outlines (created and amended), metres on the grid.
    acquired, released : iterables of Polygon or MultiPolygon
        Land that enters and leaves the register.

    Returns
    -------
    list of LineString
        Faulty edges in metres, sorted; each once, whatever its count.

    Examples
    --------
    >>> from shapely import box
    >>> whole, left, right = box(0, 0, 2, 1), box(0, 0, 1, 1), box(1, 0, 2, 1)
    >>> chain_residual([whole], [left, right])
    []
    >>> len(chain_residual([whole], [left]))
    4
    >>> chain_residual([whole], [left], released=[right]), chain_residual([], [])
    ([], [])
    """
    after, acquired, released = list(after), list(acquired), list(released)
    new = [edges_of(polygon)[0] for polygon in (*after, *acquired, *released)]
    points = to_metres(unique_points(np.concatenate(new))) if new else np.empty((0, 2))
    old = [chain(node_outline(polygon, points)) for polygon in before]
    gained, lost = [chain(polygon) for polygon in acquired], [chain(polygon) for polygon in (*after, *released)]
    rest = add_chains([*old, *gained, *lost], [1] * (len(old) + len(gained)) + [-1] * len(lost))
    edges = np.array(sorted(rest), dtype=np.int64).reshape(-1, 2, 2)
    return list(lines_of(edges[:, 0], edges[:, 1]))
