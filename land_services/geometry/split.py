"""Split a parcel by lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shapely.geometry import LineString, MultiPolygon, Polygon


@dataclass(frozen=True)
class SplitResult:
    """A parent divided exactly.

    ``noded_parent`` is the parent with the new vertices; ``amended`` maps the index of a neighbour to its new outline
    (only neighbours that change); ``inserted`` are the new vertices on the old boundary, metres.
    """

    parts: tuple[Polygon, ...]
    noded_parent: Polygon | MultiPolygon
    amended: Mapping[int, Polygon | MultiPolygon] = field(default_factory=dict)
    inserted: tuple[tuple[float, float], ...] = ()


def split_by_lines(
    parent: Polygon | MultiPolygon, lines: Sequence[LineString], neighbours: Sequence[Polygon | MultiPolygon] = ()
) -> SplitResult:
    """Return the parts that the lines cut the parent into, ordered NW to SE (row by row)."""
    raise NotImplementedError
