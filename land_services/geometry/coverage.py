"""Faults of a coverage, with places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from land_services.precision import COVERAGE_WIDTH_M

FaultKind = Literal["invalid", "empty", "overlap", "duplicate", "gap", "t_junction", "misfit"]


@dataclass(frozen=True)
class Fault:
    """One fault: ``members`` index the polygons given; ``size`` is m2 for areas, m for lines, 0 for points."""

    kind: FaultKind
    where: BaseGeometry
    members: tuple[int, ...]
    size: float


def coverage_faults(polygons: Sequence[Polygon | MultiPolygon], gap_width: float = COVERAGE_WIDTH_M) -> list[Fault]:
    """Return the faults of a coverage, by kind and member."""
    raise NotImplementedError


def new_faults(
    before: Sequence[Polygon | MultiPolygon],
    after: Sequence[Polygon | MultiPolygon],
    gap_width: float = COVERAGE_WIDTH_M,
) -> list[Fault]:
    """Return the faults of ``after`` at places where ``before`` had none."""
    raise NotImplementedError


def adjacency(polygons: Sequence[Polygon | MultiPolygon]) -> NDArray[np.int64]:
    """Return pairs (i < j) of polygons that share an edge, shape (n, 2), sorted."""
    raise NotImplementedError
