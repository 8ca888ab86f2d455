"""How many homes have a service within some minutes on foot: pure, over arrays, for the planner and for layouts alike.

A home has a service where the way to the nearest place of it, along streets that people on foot may use, takes no
longer than the limit. A home with no street near has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from layers.locator.network.graph import Floats, Ints, Net, Snapped
from layers.locator.network.paths import nearest_of_snapped

__all__ = ["LIMITS_MIN", "Cluster", "clusters", "count_within", "district_of", "shares_within", "walking_minutes"]

LIMITS_MIN: Final = (5.0, 10.0, 15.0)
"""Within how many minutes on foot a service is counted as near."""
CELL_M: Final = 250.0
"""Homes in one or in neighbouring cells of this side are one cluster."""


def walking_minutes(net: Net, homes: Floats | Snapped, places: Floats, *, limit_min: float | None = None) -> Floats:
    """Return the minutes on foot from each home to the nearest place.

    Parameters
    ----------
    net : Net
        Of ``Mode.FOOT``.
    homes : array of shape (n, 2), or Snapped
        Positions, or what ``net.snap`` made of them: worth keeping where several services are asked for.
    places : array of shape (m, 2)
        m may be 0.
    limit_min : float, optional
        What is farther is told as infinite.

    Returns
    -------
    array of shape (n,)
        Infinite where no place can be reached.
    """
    at = homes if isinstance(homes, Snapped) else net.snap(homes)
    return nearest_of_snapped(net, at, net.snap(places), limit_min=limit_min)


def shares_within(
    net: Net, homes: Floats | Snapped, places: Floats, limits_min: Sequence[float] = LIMITS_MIN
) -> tuple[float, ...]:
    """Return the share of homes that have a place within each limit, 0 to 1; NaN where there are no homes."""
    minutes = walking_minutes(net, homes, places, limit_min=max(limits_min))
    if not len(minutes):
        return tuple(float("nan") for _ in limits_min)
    return tuple(float((minutes <= limit).mean()) for limit in limits_min)


def count_within(minutes: Floats, district: Ints, districts: int, limits_min: Sequence[float] = LIMITS_MIN) -> Ints:
    """Return how many homes of each district are within each limit: shape (districts + 1, limits).

    ``district`` is each home's, from 0; homes outside all have ``districts``, the last row.
    """
    return np.stack(
        [np.bincount(district[minutes <= limit], minlength=districts + 1) for limit in limits_min], axis=1
    ).astype(np.int64)


def district_of(xy: Floats, districts: Sequence[BaseGeometry]) -> Ints:
    """Return the first district that each position (n, 2) is in or on the border of; ``len(districts)`` where none."""
    found = np.full(len(xy), len(districts), dtype=np.int64)
    for number, shape in enumerate(districts):
        if shapely.is_empty(shape):
            continue
        x0, y0, x1, y1 = shapely.bounds(shape)
        near = (xy[:, 0] >= x0) & (xy[:, 0] <= x1) & (xy[:, 1] >= y0) & (xy[:, 1] <= y1)
        near = np.flatnonzero(near & (found == len(districts)))
        shapely.prepare(shape)
        found[near[shapely.intersects_xy(shape, xy[near])]] = number
    return found


@dataclass(frozen=True)
class Cluster:
    """Homes of one district near each other; ``x``, ``y`` is the home nearest to their middle."""

    district: int
    homes: int
    x: float
    y: float


def clusters(xy: Floats, district: Ints, cell_m: float = CELL_M) -> list[Cluster]:
    """Return homes (n, 2) as clusters, district by district, the largest first."""
    if not len(xy):
        return []
    key = np.column_stack([district, np.floor(xy / cell_m).astype(np.int64)])
    order = np.lexsort(key.T)
    is_new = np.ones(len(key), dtype=bool)
    is_new[1:] = (np.diff(key[order], axis=0) != 0).any(axis=1)
    cell = np.empty(len(key), dtype=np.int64)
    cell[order] = np.cumsum(is_new) - 1
    label = _connected(key[order[is_new]])[cell]
    homes = np.bincount(label)
    middle = np.column_stack([np.bincount(label, weights=xy[:, k]) / homes for k in (0, 1)])
    away = np.hypot(*(xy - middle[label]).T)
    order = np.lexsort((away, label))
    nearest = order[np.flatnonzero(np.diff(label[order], prepend=-1))]
    made = [
        Cluster(int(district[home]), int(number), float(xy[home, 0]), float(xy[home, 1]))
        for home, number in zip(nearest, homes, strict=True)
    ]
    return sorted(made, key=lambda one: (-one.homes, one.district, one.x, one.y))


def _connected(cells: NDArray[np.int64]) -> Ints:
    """Return the number of each cell's cluster: cells (district, column, row) that touch, also at a corner."""
    number = {tuple(cell): at for at, cell in enumerate(cells.tolist())}
    pairs = [
        (at, number[d, i + di, j + dj])
        for (d, i, j), at in number.items()
        for di, dj in ((1, -1), (1, 0), (1, 1), (0, 1))
        if (d, i + di, j + dj) in number
    ]
    links = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    matrix = coo_array((np.ones(len(links)), links.T), shape=(len(cells), len(cells)))
    return connected_components(matrix, directed=False)[1].astype(np.int64)
