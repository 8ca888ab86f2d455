"""The location inset: where the parcel lies in its block and among the streets."""

from __future__ import annotations

from markupsafe import Markup
from shapely.geometry.base import BaseGeometry

from land_services.documents.drawing import STYLES, Drawing
from land_services.documents.frame import area_path, fit_frame, line_path
from land_services.documents.model import DrawingModel

INSET_MARGIN_MM = 1.5


def inset(model: DrawingModel, width_mm: float, height_mm: float) -> Drawing | None:
    """Return the surroundings at a small standard scale, the parcels filled; None where nothing is known of them.

    The extent is the outline given, or what is known around; neighbours stand in where no context was given.
    """
    parcels = model.context_parcels or tuple(n.geometry for n in model.neighbours)
    streets = model.context_streets or tuple(s.right_of_way for s in model.streets if s.right_of_way is not None)
    shown: list[BaseGeometry] = [model.context_outline] if model.context_outline is not None else list(parcels)
    if not shown:
        return None
    subjects = [p.geometry for p in (model.before or model.after)]
    frame = fit_frame([*shown, *subjects], width_mm, height_mm, INSET_MARGIN_MM)
    window = frame.ground()
    out = [
        f'<svg class="drawing" width="{width_mm:g}mm" height="{height_mm:g}mm" '
        f'viewBox="0 0 {width_mm:g} {height_mm:g}">'
    ]
    out += [_path("street", area_path(g.intersection(window), frame)) for g in streets]
    out += [_path("other", line_path(g.boundary.intersection(window), frame)) for g in parcels]
    if model.context_outline is not None:
        out.append(_path("parent", line_path(model.context_outline.boundary.intersection(window), frame)))
    out += [_path("area", area_path(g, frame)) for g in subjects]
    out.append("</svg>")
    return Drawing(Markup("".join(out)), (), frame)  # noqa: S704  (numbers and constants only)


def _path(kind: str, data: str) -> str:
    return f'<path {STYLES[kind]} d="{data}"/>' if data else ""
