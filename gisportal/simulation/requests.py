"""What people fill in and attach: answers that a form takes, and one small file of each kind, shared by all cases."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from datetime import date, timedelta
from math import ceil
from pathlib import Path
from random import Random
from typing import Any, Final

from PIL import Image
from shapely.geometry import Polygon

from gisportal.sample.deed import write_deed
from land_services.catalogue import Document, Field, ServiceCard
from land_services.domain import SurveyPart
from land_services.surveys.write_dxf import write_subdivision_dxf

__all__ = ["draw_form", "paper_for", "write_papers"]

FIRST_DAY: Final = date(2026, 1, 1)
TEXTS: Final = ("طلب تجريبي", "للتطوير والصيانة", "حسب المخطط المرفق", "made up for a simulation")
ORDER: Final = ("pdf", "jpg", "png", "dxf", "xlsx", "csv", "json", "xml", "zip")
"""Which kind is attached where several are taken: the first of these."""
SAME: Final = {"landxml": "xml", "geojson": "json"}


def draw_form(card: ServiceCard, draw: Random) -> dict[str, Any]:
    """Return answers to a card's form; a field that depends on another is answered where it is asked for."""
    answers: dict[str, Any] = {}
    for field in card.form:
        rule = field.only_if
        if rule is not None and _meant(answers.get(rule.field)) != rule.value:
            continue
        if field.required or draw.random() < 0.5:
            answers[field.code] = _answer(field, draw)
    return answers


def _meant(answer: Any) -> Any:
    return {"yes": True, "no": False}.get(answer, answer)


def _answer(field: Field, draw: Random) -> str:
    if field.kind == "choice":
        return draw.choice(field.choices).code
    if field.kind in ("integer", "number", "money"):
        low = ceil(field.min) if field.min is not None else 1
        high = int(field.max) if field.max is not None else low + 200
        return str(draw.randint(low, max(low, min(high, low + 200))))
    given: Mapping[str, str] = {
        "date": (FIRST_DAY + timedelta(days=draw.randrange(365))).isoformat(),
        "yes_no": draw.choice(("yes", "no")),
        "phone": f"05{draw.randrange(10**8):08d}",
        "email": f"someone{draw.randrange(1000)}@example.com",
        "parcel": f"{draw.randint(1, 99)}/{draw.randint(1, 20)}/{draw.randint(1, 60)}",
    }
    return given.get(field.kind) or draw.choice(TEXTS)[: field.max_length or None]


def write_papers(folder: Path) -> dict[str, Path]:
    """Write one small file of each kind; return them by kind."""
    folder.mkdir(parents=True, exist_ok=True)
    papers = {kind: folder / f"paper.{kind}" for kind in ORDER}
    write_deed(papers["pdf"], {"طلب": "محاكاة"})
    for kind in ("jpg", "png"):
        Image.new("RGB", (64, 64), "white").save(papers[kind])
    square = [(0, 0), (30, 0), (30, 20), (0, 20)]
    write_subdivision_dxf(papers["dxf"], [SurveyPart("1", _square(square))])
    papers["csv"].write_text("number,x,y\n1,0,0\n2,30,0\n", encoding="utf-8")
    papers["json"].write_text(json.dumps({"type": "FeatureCollection", "features": []}), encoding="utf-8")
    papers["xml"].write_text('<?xml version="1.0"?><LandXML/>\n', encoding="utf-8")
    for kind, name in (("xlsx", "xl/workbook.xml"), ("zip", "readme.txt")):
        with zipfile.ZipFile(papers[kind], "w") as container:
            container.writestr(name, "<workbook/>")
    return papers


def _square(corners: list[tuple[int, int]]) -> Polygon:
    return Polygon(corners)


def paper_for(document: Document, papers: Mapping[str, Path]) -> Path | None:
    """Return a file that a document takes; None where it takes none of our kinds."""
    taken = {SAME.get(kind, kind) for kind in document.formats} or {"pdf"}
    return next((papers[kind] for kind in ORDER if kind in taken), None)
