"""Split a parcel by parts as drawn in a survey file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shapely.geometry import MultiPolygon, Polygon

from .split import SplitResult

FIT_TOLERANCE_M = 0.05


@dataclass(frozen=True)
class DrawnSplit:
    """``result.parts`` in the order drawn; ``deviations_m`` per part: greatest distance drawn -> final, metres."""

    result: SplitResult
    deviations_m: tuple[float, ...]


def split_by_parts(
    parent: Polygon | MultiPolygon,
    drawn: Sequence[Polygon],
    neighbours: Sequence[Polygon | MultiPolygon] = (),
    tolerance_m: float = FIT_TOLERANCE_M,
) -> DrawnSplit:
    """Return the drawn parts fitted onto the parent's outline, which is authoritative, and onto each other."""
    raise NotImplementedError
