"""The drawing sheet of a subdivision or merge: before and after at one true scale, with tables (A3)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shapely.ops import unary_union

from land_services.documents.drawing import Drawing, View, draw, fit_views, legend_svg
from land_services.documents.inset import inset
from land_services.documents.model import DrawingModel, PartLine, SubdivisionDrawingModel, data_json, data_sha256
from land_services.documents.pdf import environment, html_to_pdf
from land_services.documents.sheet import page_context
from land_services.domain import BoundaryCorner

PAIR_MM: Final = (195.0, 158.0)
SINGLE_MM: Final = (399.0, 158.0)
INSET_MM: Final = (58.0, 48.0)


@dataclass(frozen=True)
class Views:
    """The finished views of a sheet; ``before`` is None where there is nothing to compare."""

    before: Drawing | None
    after: Drawing


def sheet_views(model: DrawingModel) -> Views:
    """Return before and after in frames of one size, scale and centre; the after view alone on the whole width."""
    if not model.before:
        return Views(None, draw(View(model, model.after), fit_views(model.after, *SINGLE_MM)))
    frame = fit_views((*model.before, *model.after), *PAIR_MM)
    parent = unary_union([p.geometry for p in model.before])
    return Views(draw(View(model, model.before), frame), draw(View(model, model.after, parent), frame))


def _corners(model: DrawingModel) -> list[BoundaryCorner]:
    """Return every corner of the after state once, in the order of the parts."""
    found: dict[tuple[str, float, float], BoundaryCorner] = {}
    for parcel in model.after:
        for corner in parcel.corners:
            found.setdefault((corner.number, corner.x, corner.y), corner)
    return list(found.values())


def _sides(parts: tuple[PartLine, ...]) -> list[tuple[str, str, object]]:
    return [
        (part.parcel.parcel_no, line.face, segment)
        for part in parts
        for line in part.faces
        for segment in line.segments
    ]


def subdivision_drawing_html(model: SubdivisionDrawingModel, digest: str = "") -> str:
    """Return the sheet as a page, ready for WeasyPrint; ``digest`` is that of its data, where it is known."""
    views = sheet_views(model.drawing)
    return (
        environment()
        .get_template("subdivision_drawing.html")
        .render(
            d=model,
            views=views,
            inset=inset(model.drawing, *INSET_MM),
            legend={kind: legend_svg(kind) for kind in ("side", "parent", "new", "other", "corner", "street")},
            corners=_corners(model.drawing),
            sides=_sides(model.parts),
            **page_context(model.header, digest or data_sha256(model)),
        )
    )


def render_subdivision_drawing(model: SubdivisionDrawingModel, fonts: Path | None = None) -> bytes:
    """Return the drawing sheet as PDF/A-3b with its data attached.

    Raises
    ------
    ValueError
        If the land is larger than the last scale can show.
    """
    data = data_json(model)
    digest = hashlib.sha256(data).hexdigest()
    return html_to_pdf(
        subdivision_drawing_html(model, digest),
        data=data,
        data_name=f"{model.header.number}.json",
        issued_at=model.header.issued_at,
        identifier=f"{model.header.number} {digest}",
        fonts=fonts,
    )
