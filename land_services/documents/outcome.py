"""The paper of a service that changes no register: a decision, letter or certificate, after its card."""

from __future__ import annotations

import hashlib
from pathlib import Path

from land_services.documents.model import OutcomeModel, Text, data_json, data_sha256
from land_services.documents.pdf import environment, html_to_pdf
from land_services.documents.sheet import page_context

__all__ = ["outcome_html", "render_outcome"]

APPLICANT = Text("مقدم الطلب", "Applicant")


def outcome_html(model: OutcomeModel, digest: str = "") -> str:
    """Return the paper as a page, ready for WeasyPrint; ``digest`` is that of its data, where it is known."""
    return (
        environment()
        .get_template("outcome.html")
        .render(d=model, holder_label=APPLICANT, **page_context(model.header, digest or data_sha256(model)))
    )


def render_outcome(model: OutcomeModel, fonts: Path | None = None) -> bytes:
    """Return the paper as PDF/A-3b with its data attached."""
    data = data_json(model)
    digest = hashlib.sha256(data).hexdigest()
    return html_to_pdf(
        outcome_html(model, digest),
        data=data,
        data_name=f"{model.header.number}.json",
        issued_at=model.header.issued_at,
        identifier=f"{model.header.number} {digest}",
        fonts=fonts,
    )
