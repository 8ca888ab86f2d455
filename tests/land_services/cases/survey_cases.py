"""Survey decisions for tests: a lot measured on the national reference, with what its net area leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import Polygon

from land_services.cases.models import Case
from land_services.domain import Facts, FactsQuery
from land_services.register.selectors import load_facts
from layers import crs
from tests.land_services.cases.land_cases import draft, draw, issued, submitted
from tests.sample import SRID, Sample

__all__ = ["FORM", "GRF17", "decided", "facts_of", "marks_of", "surveyed"]

GRF17 = "EPSG:9359"
FORM = {
    "purpose": "permit", "ownership_kind": "deed", "area": "500", "visit_phone": "0501234567",
    "instruments": "both", "project_type": "land", "accuracy_mm": "20",
}  # fmt: skip


def facts_of(sample: Sample, situation: str = "deed_3_percent") -> Facts:
    return load_facts(FactsQuery((sample.situation(situation),)))


def _corner(outline: Polygon, size_m: float, at: int) -> Polygon:
    """Return the triangle of a corner of an outline, its legs along the sides."""
    ring = shapely.get_coordinates(outline.exterior)[:-1]
    corner, ends = ring[at], (ring[at - 1], ring[(at + 1) % len(ring)])
    legs = [corner + (end - corner) * size_m / ((end - corner) ** 2).sum() ** 0.5 for end in ends]
    return Polygon([corner, *legs])


def marks_of(outline: Polygon) -> dict[str, list[Polygon]]:
    """Return a strip of the west as excluded, a room in the middle and a cut at the first corner that is convex."""
    west, south, east, north = outline.bounds
    middle = outline.representative_point()
    strip = shapely.box(west - 1, south + (north - south) * 0.45, west + (east - west) * 0.12, north + 1)
    room = shapely.box(middle.x, middle.y, middle.x + 2, middle.y + 2.5)
    cuts = [_corner(outline, 3.0, index) for index in range(len(outline.exterior.coords) - 1)]
    cut = next(one for one in cuts if outline.buffer(0.001).covers(one) and one.disjoint(strip))
    return {"excluded": [strip], "room": [room], "corner_cut": [cut]}


def on_reference(polygon: Polygon) -> Polygon:
    moved: Polygon = crs.transform(polygon, SRID, GRF17)
    return moved


def surveyed(
    sample: Sample, folder: Path, form: Mapping[str, Any] | None = None, situation: str = "deed_3_percent"
) -> Case:
    """File a decision for the lot of a situation and submit it."""
    parcel = facts_of(sample, situation).parcels[0]
    outline = shapely.get_parts(parcel.geometry)[0]
    marks = {role: [on_reference(one) for one in drawn] for role, drawn in marks_of(outline).items()}
    path = draw(folder, (parcel.parcel_no, on_reference(outline)), marks=marks)
    case = draft(sample, "survey_decision", [parcel.uid], {**FORM, **(form or {})})
    return submitted(sample, case, path, crs=GRF17)


def decided(
    sample: Sample, folder: Path, form: Mapping[str, Any] | None = None, situation: str = "deed_3_percent"
) -> Case:
    """File a decision and pass it through all its stages up to the issued papers."""
    return issued(sample, surveyed(sample, folder, form, situation))
