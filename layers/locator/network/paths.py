"""Minutes along a net: from one position to many, from many to one, and to the nearest of many places.

A way is on foot from the position to its edge, along edges as the mode may go, and on foot from the last edge to the
target. What lies beyond the limit, or cannot be reached, is infinite.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from layers.locator.network.graph import Floats, Ints, Net, Snapped
from layers.locator.network.speeds import WALK_M_PER_MIN

__all__ = ["minutes_between", "minutes_from_nodes", "minutes_to_nearest", "nearest_of_snapped"]

SMALL: Final = 2_000
"""A net of so few nodes is gone through at once."""
DETOUR: Final = 2.0
SPARE_M: Final = 300.0
"""A way is looked for up to so many times the straight line and this more, before it is looked for anywhere."""
FEW: Final = 2
"""From so few nodes a search each is faster than one for all, which copies the net first."""
PAIRS: Final = 1_000_000
TARGETS: Final = 200_000
"""How many pairs of positions on one edge, and how many targets, are looked at in one go: they bound the memory."""


def minutes_between(
    net: Net, origin: Floats, targets: Floats, *, limit_min: float | None = None, reverse: bool = False
) -> Floats:
    """Return the minutes from a position (2,) to targets (n, 2), or from these to it (``reverse``).

    Examples
    --------
    >>> from layers.locator.network.graph import Mode, Streets, build_graph
    >>> import shapely
    >>> street = shapely.from_wkt(["LINESTRING (0 0, 750 0)"])
    >>> net = build_graph(Streets(street, *np.array([["local"], ["both"], ["all"], [""]], dtype=object))).net(Mode.FOOT)
    >>> minutes_between(net, np.array([0.0, 0.0]), np.array([[375.0, 0.0], [0.0, 9_000.0]]))
    array([ 5., inf])
    >>> minutes_between(net, np.array([0.0, 0.0]), np.empty((0, 2)))
    array([], dtype=float64)
    """
    limit = _limit(limit_min)
    at, to = net.snap(origin), net.snap(targets)
    first = min(limit, _guess(net, at, to, origin, targets))
    found = _arrivals(net, at, to, first, reverse)
    if first == limit or np.isfinite(found[to.edge >= 0]).all():
        return found
    return _arrivals(net, at, to, limit, reverse)


def _guess(net: Net, at: Snapped, to: Snapped, origin: Floats, targets: Floats) -> float:
    """Return a limit within which the targets will be found, if no way is a great detour: what is found is exact,
    and most searches need not go through the whole city.
    """
    some = np.asarray(targets, dtype=np.float64).reshape(-1, 2)[to.edge >= 0]
    if net.nodes <= SMALL or at.edge[0] < 0 or not len(some):
        return math.inf
    farthest_m = float(np.hypot(*(some - np.asarray(origin).reshape(2)).T).max())
    return DETOUR * (farthest_m + SPARE_M) * net.minutes_per_m


def minutes_to_nearest(net: Net, starts: Floats, places: Floats, *, limit_min: float | None = None) -> Floats:
    """Return the minutes from each of ``starts`` (n, 2) to the nearest of ``places`` (m, 2), by one search for all."""
    return nearest_of_snapped(net, net.snap(starts), net.snap(places), limit_min=limit_min)


def nearest_of_snapped(net: Net, starts: Snapped, places: Snapped, *, limit_min: float | None = None) -> Floats:
    """Return what ``minutes_to_nearest`` does, for positions that are on the net already."""
    return _arrivals(net, places, starts, _limit(limit_min), reverse=True)


def minutes_from_nodes(
    net: Net, nodes: Ints, minutes: Floats, *, limit_min: float = math.inf, reverse: bool = False
) -> Floats:
    """Return the minutes at every node, from nodes that are reached after so many minutes; infinite beyond the limit.

    ``reverse`` gives the minutes from every node to the nearest of those.
    """
    good = minutes <= limit_min
    nodes, minutes = nodes[good], minutes[good]
    if not len(nodes):
        return np.full(net.nodes, np.inf)
    matrix = net.backward if reverse else net.onward
    if len(nodes) <= FEW:
        left = dijkstra(matrix, indices=nodes, limit=limit_min - minutes.min())
        reached = np.asarray((left + minutes[:, None]).min(axis=0))
        reached[reached > limit_min] = np.inf
        return reached
    # One node more, with an edge to each of these: one search for all, and minutes of their own for each.
    seeds, at = np.unique(nodes, return_inverse=True)
    begun = np.full(len(seeds), np.inf)
    np.minimum.at(begun, at, minutes)
    together = csr_array(
        (
            np.concatenate([matrix.data, begun]),
            np.concatenate([matrix.indices, seeds.astype(matrix.indices.dtype)]),
            np.append(matrix.indptr, matrix.indptr[-1] + len(seeds)).astype(matrix.indptr.dtype),
        ),
        shape=(net.nodes + 1, net.nodes + 1),
    )
    return np.asarray(dijkstra(together, indices=net.nodes, limit=limit_min)[: net.nodes])


def _limit(limit_min: float | None) -> float:
    if limit_min is None:
        return math.inf
    if not limit_min >= 0:
        raise ValueError("a limit is a number of minutes, 0 or more")
    return float(limit_min)


def _arrivals(net: Net, at: Snapped, to: Snapped, limit: float, reverse: bool) -> Floats:
    """Return the minutes to each target from the nearest origin; the other way round where ``reverse``."""
    minutes = np.full(len(to.edge), np.inf)
    at, targets = at[at.edge >= 0], np.flatnonzero(to.edge >= 0)
    if not len(at.edge) or not len(targets):
        return minutes
    walked = at.off_m / WALK_M_PER_MIN
    out = net.arriving(at) if reverse else net.leaving(at)
    node = minutes_from_nodes(
        net,
        np.concatenate([net.u[at.edge], net.v[at.edge]]),
        np.concatenate([walked + out[0], walked + out[1]]),
        limit_min=limit,
        reverse=reverse,
    )
    for first in range(0, len(targets), TARGETS):
        some = targets[first : first + TARGETS]
        minutes[some] = _at_targets(net, node, at, walked, to[some], reverse)
    return np.where(minutes <= limit, minutes, np.inf)


def _at_targets(net: Net, node: Floats, at: Snapped, walked: Floats, to: Snapped, reverse: bool) -> Floats:
    """Return the minutes to targets on edges, from the minutes at nodes and from origins on the same edge."""
    back = net.leaving(to) if reverse else net.arriving(to)
    best = np.minimum(node[net.u[to.edge]] + back[0], node[net.v[to.edge]] + back[1])
    for one, other in _on_one_edge(at.edge, to.edge):
        a, b = (to.along_m[other], at.along_m[one]) if reverse else (at.along_m[one], to.along_m[other])
        np.minimum.at(best, other, walked[one] + net.direct(at.edge[one], a, b))
    return best + to.off_m / WALK_M_PER_MIN


def _on_one_edge(origins: Ints, targets: Ints) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield the pairs of an origin and a target that are on the same edge, some at a time."""
    order = np.argsort(origins, kind="stable")
    first = np.searchsorted(origins[order], targets, side="left")
    count = np.searchsorted(origins[order], targets, side="right") - first
    some = np.flatnonzero(count)
    while len(some):
        total = np.cumsum(count[some])
        take = max(1, int(np.searchsorted(total, PAIRS, side="right")))
        chosen, some = some[:take], some[take:]
        n = count[chosen]
        other = np.repeat(chosen, n)
        one = np.arange(len(other)) - np.repeat(np.cumsum(n) - n, n) + np.repeat(first[chosen], n)
        yield order[one], other
