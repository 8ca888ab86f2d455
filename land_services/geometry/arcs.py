"""True arcs, chords and bulges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from land_services.domain import Arc

XY = tuple[float, float]
SAGITTA_M = 0.0005


def densify(arc: Arc, start: XY, end: XY, sagitta_m: float = SAGITTA_M) -> NDArray[np.float64]:
    """Return coordinates from start to end (both kept exactly) along the arc, chords off by at most ``sagitta_m``."""
    raise NotImplementedError


def arc_from_bulge(start: XY, end: XY, bulge: float) -> Arc:
    """Return the arc of a DXF bulge (tan of a quarter of the angle; positive turns left, counter-clockwise)."""
    raise NotImplementedError


def arc_through(start: XY, middle: XY, end: XY) -> Arc:
    """Return the arc through three points."""
    raise NotImplementedError


def arc_of_radius(start: XY, end: XY, radius_m: float, sense: str, large: bool = False) -> Arc:
    """Return the arc from start to end of a given radius and sense (``large``: more than half a turn)."""
    raise NotImplementedError


def segment_area_m2(arc: Arc, start: XY, end: XY) -> float:
    """Return the area between chord and arc in m2 (positive)."""
    raise NotImplementedError


def is_chord_of(arc: Arc, start: XY, end: XY, tolerance_m: float = 0.001) -> bool:
    """Return whether both points lie on the arc's circle within the tolerance."""
    raise NotImplementedError
