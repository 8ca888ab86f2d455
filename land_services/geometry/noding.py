"""Snap rounding of linework on whole millimetres, by the register's own rule of nearness.

Why not GEOS's ``grid_size``: its hot pixels are half a step wide, while the register counts every vertex nearer
than ``GRID_M`` to an edge as lying on it. An arrangement noded by the narrower rule would leave vertices that the
guard then finds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from shapely.geometry import MultiPoint

from .errors import ParcelCollapsesOnGrid
from .lattice import Ints, crossing_pairs, near_edges, rounded_crossing, to_metres, unique_points

__all__ = ["Arrangement", "snap_round"]

MAX_ROUNDS = 60


@dataclass(frozen=True)
class Arrangement:
    """Undirected edges, each once, that neither cross nor pass a vertex nearer than ``GRID_M``; shape (n, 2) each."""

    starts: Ints
    ends: Ints


def snap_round(starts: Ints, ends: Ints, points: Ints | None = None) -> Arrangement:
    """Return the edges noded: crossings rounded to the grid, edges bent through every vertex nearer than ``GRID_M``.

    Parameters
    ----------
    starts, ends : int64 arrays, shape (n, 2)
        Edges in whole millimetres. Edges given first lend their line to a crossing before later ones.
    points : int64 array, shape (m, 2), optional
        Vertices that edges must take in although no edge ends there.

    Returns
    -------
    Arrangement
        Nothing but the ends of its edges lies nearer than ``GRID_M`` to any of them.

    Raises
    ------
    ParcelCollapsesOnGrid
        Where bending does not come to rest.

    Examples
    --------
    >>> a, b = np.array([[0, 0], [0, 10]]), np.array([[10, 10], [10, 0]])
    >>> len(snap_round(a, b).starts)
    4
    >>> empty = np.empty((0, 2), dtype=np.int64)
    >>> len(snap_round(empty, empty).starts)
    0
    """
    extra = np.empty((0, 2), dtype=np.int64) if points is None else points
    lines = np.stack([starts, ends], axis=1)
    starts, ends, line = _each_once(starts, ends, np.arange(len(starts), dtype=np.int64))
    for _ in range(MAX_ROUNDS):
        vertices = unique_points(np.concatenate([starts, ends, extra]))
        rows, cols, _ = near_edges(vertices, starts, ends)
        if len(rows):
            starts, ends, line = _each_once(*_split(starts, ends, line, vertices[rows], cols))
            continue
        first, second = crossing_pairs(starts, ends)
        if not len(first):
            return Arrangement(starts, ends)
        crossings = [_crossing(starts, ends, line, lines, i, j) for i, j in zip(first, second, strict=True)]
        extra = unique_points(np.concatenate([extra, np.array(crossings, dtype=np.int64)]))
    raise ParcelCollapsesOnGrid("the lines do not come to rest on the grid", MultiPoint(to_metres(starts)))


def _split(starts: Ints, ends: Ints, line: Ints, points: Ints, edges: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the edges with the points put in; points come sorted by edge and along it."""
    place = np.searchsorted(edges, np.arange(len(starts)), side="right")
    new_starts = np.insert(starts, edges + 1, points, axis=0)
    new_ends = np.insert(ends, edges, points, axis=0)
    counts = np.diff(np.concatenate([[0], place])) + 1
    return new_starts, new_ends, np.repeat(line, counts)


def _each_once(starts: Ints, ends: Ints, line: Ints) -> tuple[Ints, Ints, Ints]:
    """Return undirected edges without repeats and without length; of equals the one of the earliest line stays."""
    flip = (starts[:, 0] > ends[:, 0]) | ((starts[:, 0] == ends[:, 0]) & (starts[:, 1] > ends[:, 1]))
    low, high = np.where(flip[:, None], ends, starts), np.where(flip[:, None], starts, ends)
    order = np.lexsort((line, high[:, 1], high[:, 0], low[:, 1], low[:, 0]))
    low, high, line = low[order], high[order], line[order]
    keep = np.any(low != high, axis=1)
    keep[1:] &= np.any(low[1:] != low[:-1], axis=1) | np.any(high[1:] != high[:-1], axis=1)
    return low[keep], high[keep], line[keep]


def _crossing(starts: Ints, ends: Ints, line: Ints, lines: Ints, i: int, j: int) -> tuple[int, int]:
    """Return the rounded crossing of two edges, taken from the lines they came from if it still lies on both."""
    own = (starts[i], ends[i], starts[j], ends[j])
    point = rounded_crossing(*lines[line[i]], *lines[line[j]])
    if point is not None and point != (candidate := rounded_crossing(*own)):
        spot = np.array([point], dtype=np.int64)
        near = near_edges(spot, np.stack([own[0], own[2]]), np.stack([own[1], own[3]]))
        if len(near[0]) < 2:
            point = candidate
    if point is None:
        point = rounded_crossing(*own)
    if point is None:  # pragma: no cover - edges that cross are not parallel
        raise ParcelCollapsesOnGrid("parallel edges cannot cross")
    return point
