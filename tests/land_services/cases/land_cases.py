"""Cases of the land services for tests: filed by a surveyor, passed on by who holds each role, decided, issued."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.test import Client
from django.utils import timezone

from gisportal.sample.office import join_office
from land_services.cases import acts
from land_services.cases.cards import card_of
from land_services.cases.models import Case
from land_services.domain import SurveyPart
from land_services.surveys.write_dxf import write_subdivision_dxf
from layers.viewer import Viewer
from tests.land_services.documents.pdfs import poppler_text
from tests.sample import CRS, Sample

__all__ = ["PRICE", "draft", "draw", "issued", "page_of", "papers", "sat", "submitted"]

PRICE = Decimal("1250.00")


def draw(
    folder: Path,
    *parts: tuple[str, Any],
    outer: Any = None,
    houses: Iterable[Any] = (),
    marks: Mapping[str, Iterable[Any]] = MappingProxyType({}),
    name: str = "survey.dxf",
) -> Path:
    """Write polygons with their numbers, houses, and what a survey decision shows, as a surveyor would."""
    path = folder / name
    drawn = [SurveyPart(number, polygon) for number, polygon in parts]
    shown = {role: [SurveyPart("", polygon) for polygon in polygons] for role, polygons in marks.items()}
    buildings = [SurveyPart("", house) for house in houses]
    write_subdivision_dxf(path, drawn, outer, buildings=buildings, marks=shown)
    return path


def draft(sample: Sample, service: str, uids: Iterable[str], form: Mapping[str, Any] | None = None) -> Case:
    """Open a case, filed by a surveyor of a classified office, with every document that its card requires."""
    join_office(sample.user("surveyor"), "5900000009", "مكتب الاختبار", "Test Surveyors")
    surveyor = sample.viewer("surveyor")
    case = acts.open_case(service, list(uids), viewer=surveyor, form=dict(form or {}))
    for document in card_of(case).documents:
        if document.required and document.code != "survey_file":
            acts.attach(case, sample.deed, viewer=surveyor, document=document.code, file_name="paper.pdf")
    return case


def submitted(sample: Sample, case: Case, path: Path, crs: str = CRS) -> Case:
    """Hand a fit file in and submit the case."""
    surveyor = sample.viewer("surveyor")
    attempt, _ = acts.hand_in(case, path, viewer=surveyor, crs=crs)
    assert attempt.fit, json.dumps(attempt.report, ensure_ascii=False, indent=1)
    return acts.submit(case, viewer=surveyor)


def issued(sample: Sample, case: Case) -> Case:
    """Pass a submitted case through all its stages up to the issued papers."""
    while True:
        case.refresh_from_db()
        run = case.stages.filter(state="active").order_by("position").first()
        assert run is not None, case.state
        viewer = sample.viewer(run.role if run.role != "archive" else "mayor")
        if run.kind == "decision":
            case, applied = acts.approve(case, viewer=viewer)
            assert (applied is not None) == card_of(case).register
        elif run.kind == "payment":
            acts.pay(case, f"R-{case.reference}", run.code, viewer=viewer)
        elif run.kind == "issue":
            acts.issue(case, viewer=viewer)
            case.refresh_from_db()
            return case
        else:
            if run.kind == "committee":
                sat(case, run.code, viewer, price=PRICE if card_of(case).stage(run.code).prices else None)
            if run.kind == "visit":
                visited(case, run.code, viewer, sample.viewer("surveyor"))
            acts.finish(case, run.code, viewer=viewer)


def visited(case: Case, stage: str, inspector: Viewer, filer: Viewer) -> None:
    """Visit the site on a date that the filer agreed to, a moment from now."""
    visit = acts.propose_visit(case, timezone.now() + timedelta(milliseconds=200), stage, viewer=inspector)
    acts.agree_visit(case, visit.pk, viewer=filer)
    time.sleep(0.25)
    acts.hold_visit(case, visit.pk, "كما في الرفع", viewer=inspector)


def sat(case: Case, stage: str, viewer: Viewer, *, price: Decimal | None = None, number: str = "") -> None:
    """Keep minutes that recommend the case, with the price of a surplus where the stage sets one."""
    day, names = timezone.localdate(), "رئيس اللجنة وعضوان"
    acts.minute(
        case, stage, viewer=viewer, number=number or f"M-{case.pk}", held_on=day, present=names, outcome="recommend",
        text="توصي اللجنة", price_per_m2=price,
    )  # fmt: skip


def page_of(sample: Sample, case: Case, login: str) -> Any:
    """Return the answer to somebody who opens the page of a case."""
    client = Client()
    client.force_login(sample.user(login))
    return client.get(f"/en/cases/{case.reference}/")


def papers(case: Case) -> dict[str, str]:
    """Return the text of each printed paper by its kind; of several of one kind the last."""
    return {
        document.kind: poppler_text(Path(document.file.path).read_bytes(), "-layout")
        for document in case.documents.filter(file__endswith=".pdf").order_by("pk")
    }
