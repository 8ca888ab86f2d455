"""What the table formats (GeoPackage, Shapefile) share: a row with a geometry -> polygons, points."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

from land_services.domain import SurveyPoint
from land_services.surveys.numbers import attribute, clean_text, parcel_number
from land_services.surveys.raw import Notes, RawPlan, RawPolygon, Ring
from land_services.surveys.wkb import Shapes

POINT_NAMES = ("point_no", "point_number", "point", "number", "name", "id")


class Rows:
    """Adds rows to a plan and counts what is left out."""

    def __init__(self, plan: RawPlan, notes: Notes) -> None:
        self.plan, self.notes = plan, notes
        self.left_out: Counter[str] = Counter()
        self.heights = 0

    def add(self, shapes: Shapes, attributes: Mapping[str, Any], place: str) -> None:
        """Add one row's shapes."""
        self.heights += shapes.heights
        self.left_out.update(shapes.others)
        for index, rings in enumerate(shapes.polygons):
            where = place if len(shapes.polygons) == 1 else f"{place} polygon {index + 1}"
            if self._closed(rings, where):
                self.plan.polygons.append(RawPolygon(rings, where, attributes=attributes))
        number = next((n for name in POINT_NAMES if (n := parcel_number(attribute(dict(attributes), name)))), "")
        for x, y, z in shapes.points:
            if number:
                code = clean_text(str(attribute(dict(attributes), "code") or ""))
                height = z if z is not None and math.isfinite(z) else None
                self.plan.points.append(SurveyPoint(number, x, y, height, code))
            else:
                self.left_out["Point"] += 1

    def _closed(self, rings: list[Ring], place: str) -> bool:
        for ring in rings:
            if len(ring) < 2:
                self.notes.error("SRV-08", "few_points", place=place, count=len(ring))
                return False
            if ring[0].start != ring[-1].end:
                x, y = ring[-1].end
                self.notes.error("SRV-08", "open", place=place, x=x, y=y)
                return False
        return True

    def finish(self) -> None:
        """Say what was left out."""
        for kind, count in self.left_out.items():
            self.notes.add("info" if kind == "empty" else "warning", "SRV-17", "geometry", kind=kind, count=count)
        if self.heights:
            self.notes.add("info", "SRV-17", "heights", count=self.heights)
