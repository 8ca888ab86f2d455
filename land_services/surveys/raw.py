"""What a format reader hands to ``assemble``: polygons in the file's own unit and axis order x east, y north."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from shapely.geometry.base import BaseGeometry

from land_services.domain import Finding, Severity, SurveyPoint
from land_services.surveys.errors import SurveyUnreadable

XY = tuple[float, float]
Role = Literal["", "outer", "building", "excluded", "room", "corner_cut"]
MARKED: tuple[Role, ...] = ("building", "excluded", "room", "corner_cut")
"""Roles of polygons that are shown on the land and are no parts of it."""
SHOWN_PER_KIND = 50
"""So many findings of one kind are written out; the rest are counted in one SRV-98."""

COORDINATE_LIMIT = 1e11
"""No plane coordinate on earth is larger, in millimetres."""


@dataclass(frozen=True)
class Curve:
    """The circle of an arc side: centre, radius, and whether it turns left (counter-clockwise)."""

    centre: XY
    radius: float
    ccw: bool


@dataclass(frozen=True)
class Seg:
    """One side: a straight line, or an arc where ``curve`` is given. ``names`` are point numbers of start and end."""

    start: XY
    end: XY
    curve: Curve | None = None
    names: tuple[str, str] = ("", "")

    def reversed(self) -> Seg:
        """Return the same side walked the other way."""
        curve = None if self.curve is None else Curve(self.curve.centre, self.curve.radius, not self.curve.ccw)
        return Seg(self.end, self.start, curve, (self.names[1], self.names[0]))


Ring = list[Seg]


@dataclass
class RawPolygon:
    """One polygon of a file: exterior first, then holes."""

    rings: list[Ring]
    where: str
    number: str = ""
    role: Role = ""
    stated_area_m2: float | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Label:
    """A text of the file at its place; ``layer`` separates parcel numbers from areas and dimensions."""

    text: str
    at: XY
    layer: str = ""


@dataclass
class RawPlan:
    """Everything a format reader found. ``crs`` and ``unit`` are what the file itself states, "" where it is silent."""

    format: str
    polygons: list[RawPolygon] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    points: list[SurveyPoint] = field(default_factory=list)
    crs: str = ""
    crs_wkt: str = ""
    unit: str = ""
    crs_stated_by: str = ""
    crs_is_default: bool = False
    number_from_labels: bool = False


class Notes:
    """Collects findings while a file is read, so that all faults are told at once and none is told a thousand times."""

    def __init__(self) -> None:
        self._findings: list[Finding] = []
        self._count: Counter[tuple[str, str, Severity]] = Counter()
        self._faults = 0
        self.crs = ""

    def add(
        self, severity: Severity, rule: str, variant: str = "", *, at: BaseGeometry | None = None, **params: object
    ) -> None:
        """Add a finding; ``params`` fill its message, ``at`` is in the plan's coordinates."""
        for axis in ("x", "y"):
            if isinstance(value := params.get(axis), float):
                params[axis] = f"{value:.10g}"
        kind = (rule, variant, severity)
        self._count[kind] += 1
        if self._count[kind] <= SHOWN_PER_KIND:
            self._findings.append(Finding(rule=rule, severity=severity, variant=variant, params=dict(params), where=at))

    def error(self, rule: str, variant: str = "", *, at: BaseGeometry | None = None, **params: object) -> None:
        """Add a fault that leaves the file without a plan once ``stop_on_errors`` is reached."""
        self._faults += 1
        self.add("error", rule, variant, at=at, **params)

    def error_remark(self, rule: str, variant: str = "", *, at: BaseGeometry | None = None, **params: object) -> None:
        """Add a fault of the plan that does not keep it from being read: it stays among the plan's remarks."""
        self.add("error", rule, variant, at=at, **params)

    @property
    def has_errors(self) -> bool:
        """Whether a fault was added that leaves the file without a plan."""
        return self._faults > 0

    def all(self) -> tuple[Finding, ...]:
        """Return every finding, faults first, with a count of those not written out."""
        rest = [
            Finding("SRV-98", severity, {"rule": rule, "count": count - SHOWN_PER_KIND})
            for (rule, _, severity), count in self._count.items()
            if count > SHOWN_PER_KIND
        ]
        order = {"error": 0, "warning": 1, "info": 2}
        return tuple(sorted([*self._findings, *rest], key=lambda f: order[f.severity]))

    def stop_on_errors(self) -> None:
        """Raise ``SurveyUnreadable`` with all findings so far if one of them is a fault."""
        if self.has_errors:
            raise SurveyUnreadable(self.all(), crs=self.crs)


def is_coordinate(*values: float) -> bool:
    """Return whether all values are finite and of a size that a coordinate can have."""
    return all(math.isfinite(v) and abs(v) < COORDINATE_LIMIT for v in values)
