"""Sides of a parcel, bearings, and the four faces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shapely.geometry import Polygon

from land_services.domain import Arc, Face, Side

COLLINEAR_DEG = 0.5


def bearing_deg(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Return the bearing from start to end, clockwise from grid north, 0 <= b < 360."""
    raise NotImplementedError


def sides(
    polygon: Polygon,
    arcs: Sequence[tuple[tuple[float, float], tuple[float, float], Arc]] = (),
    collinear_deg: float = COLLINEAR_DEG,
) -> tuple[Side, ...]:
    """Return the sides of the exterior: maximal straight runs or true arcs, from the NW corner clockwise.

    ``arcs`` are (start, end, arc): vertices of the outline between which the chords stand for that arc.
    """
    raise NotImplementedError


def faces(polygon_sides: Sequence[Side], override: Mapping[int, Face] | None = None) -> dict[Face, tuple[Side, ...]]:
    """Return N, E, S, W -> sides; each side in exactly one face; ``override`` maps side index -> face and wins."""
    raise NotImplementedError
