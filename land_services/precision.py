"""The one place that says how exactly land is held.

Kernel, checks, the database guard and the audit read these values; none of them has a number of its own.
The guard's SQL is rendered from this module when it is installed (see ``land_services/register/sql``).

Notes
-----
Coordinates are whole millimetres in meaning. A new point on a boundary is rounded once, so it lies at most
``GRID_M * sqrt(2) / 2`` from the edge it was computed on: less than ``GRID_M``, which is therefore the distance
within which a vertex counts as lying on an edge.
"""

from __future__ import annotations

from typing import Final

GRID_M: Final = 0.001
"""Spacing of the coordinate grid in metres; a vertex nearer than this to an edge lies on it."""

GRID_PER_M: Final = 1000
"""Grid steps in a metre: coordinates times this, rounded, are the integers that areas are computed from."""

COVERAGE_WIDTH_M: Final = 0.01
"""Gaps and slivers narrower than this count as faults of the coverage (``gap_width`` of shapely's functions)."""

LOCK_CELL_M: Final = 200
"""Side of the grid cells that a change of the register locks, in metres."""

LOCK_BUFFER_M: Final = 1.0
"""How far beyond the touched land cells are locked, in metres."""


def overlap_limit_m2(shared_boundary_m: float) -> float:
    """Return the overlap area in m2 that rounding alone can cause along a shared boundary.

    Parameters
    ----------
    shared_boundary_m : float
        Length of the boundary that two parcels share, in metres; negative is read as 0.

    Returns
    -------
    float
        ``GRID_M`` times the length: a strip one grid step wide.

    Examples
    --------
    >>> overlap_limit_m2(30.0)
    0.03
    >>> overlap_limit_m2(0.0)
    0.0
    """
    return GRID_M * max(shared_boundary_m, 0.0)
