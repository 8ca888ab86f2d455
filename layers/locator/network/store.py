"""The streets of the database as a graph in memory, made anew when they have changed: exact after every commit.

Each question asks the database once whether streets have changed (``layers.locator.changes``). One thread makes the
graph, the others wait for it: an old one would not be exact. One graph is kept for each database that is asked.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely import MultiPolygon

from layers.locator.changes import Version, version
from layers.locator.network.graph import Graph, Mode, Net, Streets, build_graph
from layers.locator.network.isochrones import isochrones
from layers.locator.network.paths import minutes_between
from layers.querying import read_rows

__all__ = ["Mode", "has_streets", "minutes_from", "minutes_to", "net_with", "reachable_area", "street_graph"]

_STREETS: Final = """
SELECT ST_AsBinary(geom), road_class, direction, users, barrier FROM layers_street
WHERE end_lifespan_version IS NULL ORDER BY id"""


@dataclass(frozen=True)
class _Kept:
    version: Version
    graph: Graph


_kept: dict[str, _Kept] = {}
_making = threading.Lock()


def street_graph(using: str = "default") -> Graph:
    """Return the graph of the current streets, as the last commit left them; without streets it has no edges."""
    return _look(using).graph


def has_streets(mode: Mode, *, using: str = "default") -> bool:
    """Tell whether there is any street that a mode may use: without one, minutes are not known to anybody."""
    return bool(len(street_graph(using).net(mode).u))


def minutes_to(
    origin: tuple[float, float],
    targets: ArrayLike,
    mode: Mode,
    *,
    limit_min: float | None = None,
    using: str = "default",
) -> NDArray[np.float64]:
    """Return the minutes from a position to each target.

    Parameters
    ----------
    origin : tuple of float
        x, y in the storage CRS.
    targets : array of shape (n, 2)
        The same; n may be 0.
    limit_min : float, optional
        What is farther counts as not reached; the search then is faster.

    Returns
    -------
    array of shape (n,)
        Minutes; infinite where a target, or the origin, cannot be reached, and where there are no streets.
    """
    net = street_graph(using).net(mode)
    return minutes_between(net, _xy(origin), _xy(targets), limit_min=limit_min)


def minutes_from(
    origins: ArrayLike,
    target: tuple[float, float],
    mode: Mode,
    *,
    limit_min: float | None = None,
    using: str = "default",
) -> NDArray[np.float64]:
    """Return the minutes from each origin to one target, by one search against the direction of travel."""
    net = street_graph(using).net(mode)
    return minutes_between(net, _xy(target), _xy(origins), limit_min=limit_min, reverse=True)


def reachable_area(
    origin: tuple[float, float], minutes: Sequence[float], mode: Mode, *, using: str = "default"
) -> list[MultiPolygon]:
    """Return the outline of what is reached from a position within each number of minutes, in the storage CRS.

    Empty where no street is near. Each lies within those of more minutes.

    Raises
    ------
    ValueError
        A number of minutes that is negative or not finite.
    """
    return isochrones(street_graph(using).net(mode), _xy(origin), minutes)


def net_with(streets: Streets, mode: Mode, *, using: str = "default") -> Net:
    """Return the net of the current streets and of others that are not on the map yet. It is not kept."""
    there = _read(using)
    names = ("lines", "road_class", "direction", "users", "barrier")
    columns = (np.concatenate([getattr(there, name), np.asarray(getattr(streets, name), object)]) for name in names)
    return build_graph(Streets(*columns)).net(mode)


def _look(using: str) -> _Kept:
    kept = _kept.get(using)
    if kept is not None and version(("streets",), kept.version, using=using) is kept.version:
        return kept
    with _making:
        kept = _kept.get(using)
        seen = version(("streets",), kept.version if kept else None, using=using)
        if kept is None or seen is not kept.version:
            _kept.pop(using, None)  # two would be in memory at a time
            kept = _kept[using] = _Kept(seen, build_graph(_read(using)))
        return kept


def _read(using: str) -> Streets:
    rows = read_rows(_STREETS, {}, kind="page", using=using)
    columns = np.array([row[1:] for row in rows], dtype=object).reshape(-1, 4).T
    return Streets(shapely.from_wkb([bytes(row[0]) for row in rows]), *columns)


def _xy(value: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(value, dtype=np.float64).reshape(-1, 2)
