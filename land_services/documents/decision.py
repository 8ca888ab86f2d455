"""The survey decision of one parcel (القرار المساحي): field groups first, then the drawing at true scale."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from land_services.documents.drawing import Drawing, View, draw, fit_views, legend_svg
from land_services.documents.inset import inset
from land_services.documents.model import DecisionModel, data_json, data_sha256
from land_services.documents.pdf import environment, html_to_pdf
from land_services.documents.qr import qr_svg, verify_url
from land_services.documents.sheet import page_context

DRAWING_MM: Final = (185.4, 106.0)
INSET_MM: Final = (44.0, 40.0)


def decision_drawing(model: DecisionModel) -> Drawing:
    """Return the parcel's drawing as the decision shows it."""
    frame = fit_views(model.drawing.after, *DRAWING_MM)
    return draw(View(model.drawing, model.drawing.after), frame)


def decision_html(model: DecisionModel, digest: str = "") -> str:
    """Return the decision as a page, ready for WeasyPrint; ``digest`` is that of its data, where it is known."""
    return (
        environment()
        .get_template("decision.html")
        .render(
            d=model,
            drawing=decision_drawing(model),
            inset=inset(model.drawing, *INSET_MM),
            corners=[corner for parcel in model.drawing.after for corner in parcel.corners],
            legend={kind: legend_svg(kind) for kind in dict.fromkeys(mark.kind for mark in model.drawing.marks)},
            sides=[(line.face, segment) for line in model.faces for segment in line.segments],
            **page_context(model.header, digest or data_sha256(model)),
        )
    )


def render_decision(model: DecisionModel, fonts: Path | None = None) -> bytes:
    """Return the survey decision as PDF/A-3b with its data attached.

    Raises
    ------
    ValueError
        If the parcel is larger than the last scale can show.
    """
    data = data_json(model)
    digest = hashlib.sha256(data).hexdigest()
    return html_to_pdf(
        decision_html(model, digest),
        data=data,
        data_name=f"{model.header.number}.json",
        issued_at=model.header.issued_at,
        identifier=f"{model.header.number} {digest}",
        fonts=fonts,
    )


def render_decisions(models: Iterable[DecisionModel], fonts: Path | None = None) -> Iterator[bytes]:
    """Return the decisions of many parcels, one PDF each, fonts and styles read once."""
    return (render_decision(model, fonts) for model in models)


__all__ = ["decision_drawing", "decision_html", "qr_svg", "render_decision", "render_decisions", "verify_url"]
