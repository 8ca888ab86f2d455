"""The page of a case: what is asked for, on a map where it is about land, what was found and said, what came out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from land_services.cases.at_work import CaseAtWork, look_at
from land_services.cases.conflicts import Conflict, conflicts_of
from land_services.cases.issuing import facts_at_decision
from land_services.cases.looks import note_look_at_case
from land_services.cases.models import Attempt, Case, IssuedDocument
from land_services.cases.unanswered import unanswered
from land_services.changesets import from_json
from land_services.domain import AmendBoundary, ChangeSet, CreateSpatialUnit, Facts, ShowLand
from land_services.offices.work_areas import work_areas
from land_services.register.selectors import numbers_of
from land_services.registry import SERVICES

from . import case_field, case_offers, case_registry, case_said, drawing
from .access import is_staff, seen_among, viewer_of, visible_case
from .case_owners import owner_rows
from .erasures import erasure_rows, may_ask
from .services import service_title
from .steps import case_steps, due_words, stage_rows, state_words

__all__ = ["Problem", "case", "case_page", "conflicts_seen"]


@dataclass(frozen=True)
class Problem:
    """What stands against what was just tried: the answer's status, where on the page it is said, and the words."""

    status: int
    place: str
    title: str
    lines: tuple[str, ...] = ()

    @property
    def heading(self) -> str:
        """The id of the heading under which the page says it."""
        return f"{self.place}-title"


@login_required
@require_safe
def case(request: HttpRequest, reference: str) -> HttpResponse:
    return case_page(request, visible_case(request, reference))


def case_page(request: HttpRequest, found: Case, problem: Problem | None = None) -> HttpResponse:
    """Return the page of a case that the viewer may see, with the problem of what was just tried.

    A look of others than the filer is told in the audit.
    """
    viewer, language = viewer_of(request), get_language() or "ar"
    work = look_at(found, viewer)
    staff = is_staff(viewer) and not work.is_filer
    context = {
        "case": found,
        "service": service_title(found.service),
        "state": state_words(found.state),
        "due": due_words(found.due_at),
        "stages": stage_rows(work),
        "steps": case_steps(work, staff=staff),
        "documents": _documents(found),
        "may": case_offers.offered(work, request.POST),
        "said": case_said.said(work, language, staff=staff),
        "changed": case_said.changed(work, language),
        "form": case_said.form_rows(work, language),
        "papers": case_said.papers(work, language),
        "owners": owner_rows(work, inside=staff or work.is_filer),
        "field": case_field.field_records(work, language),
        "erasures": erasure_rows(found, language),
        "may_ask_erasure": may_ask(found, viewer),
        "staff": staff,
        "area": work_areas().get(found.area, found.area) if staff and found.area else "",
        "visitor_shown": staff or work.is_filer,
        "written": staff and bool(unanswered([found.pk])),
        "mine": work.is_filer,
        "paper_mb": settings.PAPER_MAX_MB,
        "problem": problem,
        **_surveyed(request, work, language),
    }
    note_look_at_case(work)
    context["registry"] = case_registry.registry(work, request.POST, inside=staff or work.is_filer)
    return render(request, "land_services/case.html", context, status=problem.status if problem else 200)


def _surveyed(request: HttpRequest, work: CaseAtWork, language: str) -> dict[str, Any]:
    """What a case about land shows: the map, the attempts, findings and resulting parcels."""
    found = work.case
    if not found.parcel_uids:
        return {"map": None, "attempts": [], "rows": [], "parts": [], "is_spatial": False, "conflicts": None}
    others = conflicts_of(found)
    attempts = list(found.attempts.order_by("-number"))
    filed = next((a for a in attempts if a.fit), None)
    shown = _shown(attempts, filed, found, request.GET.get("attempt", ""))
    change_set = from_json(shown.change_set) if shown and shown.change_set else None
    places, rows = drawing.findings(shown.report, language) if shown else ([], [])
    facts = facts_at_decision(found)
    return {
        "srid": settings.STORAGE_SRID,
        "max_mb": settings.SURVEY_MAX_MB,
        "is_spatial": found.service in SERVICES,
        "attempts": attempts,
        "attempt": shown,
        "filed": filed,
        "rows": rows,
        "map": _map(found, facts, shown, change_set, places + drawing.conflicts(others), language),
        "map_label": _("The parcel before and after, with its neighbours and the places of findings"),
        "parts": _parts(change_set, facts),
        "conflicts": conflicts_seen(work, others),
    }


def conflicts_seen(work: CaseAtWork, others: list[Conflict]) -> dict[str, Any] | None:
    """Return other open cases on this land: those that the viewer may see by name, the rest as a number."""
    if not others:
        return None
    seen = seen_among(work.viewer, [one.reference for one in others])
    return {"seen": seen, "unseen": len(others) - len(seen)}


def _shown(attempts: list[Attempt], filed: Attempt | None, found: Case, wanted: str) -> Attempt | None:
    """The attempt asked for; else the one that the case stands on, while it is with the office the last one."""
    if wanted.isdecimal() and len(wanted) < 9:
        for attempt in attempts:
            if attempt.number == int(wanted):
                return attempt
    last = attempts[0] if attempts else None
    return filed if filed and found.state not in ("draft", "returned") else last


def _with_sides(change_set: ChangeSet, facts: Facts) -> list[CreateSpatialUnit | AmendBoundary]:
    """Return the units whose sides are drawn: those that come out of it, and one that is described as measured."""
    measured = change_set.of(AmendBoundary) if change_set.of(ShowLand) else ()
    return [*drawing.results(change_set, facts), *measured]


def _map(
    found: Case, facts: Facts, shown: Attempt | None, change_set: ChangeSet | None, places: list[Any], language: str
) -> dict[str, Any]:
    """Before and after, with what lies around. What is decided is shown as it was on the day of the decision."""
    after = (
        drawing.resulting(change_set, facts, language)
        if change_set
        else [drawing.feature(part["geometry"], part["number"]) for part in (shown.drawn if shown else [])]
    )
    return {
        "before": drawing.parcels(facts.parcels),
        "after": after,
        "neighbours": drawing.parcels(facts.neighbours),
        "streets": drawing.streets(facts.streets, language),
        "sides": drawing.sides(_with_sides(change_set, facts)) if change_set else [],
        "findings": places,
        "remarks": drawing.remarks(found),
    }


def _parts(change_set: ChangeSet | None, facts: Facts) -> list[dict[str, Any]]:
    """Return the rows of the resulting parcels; one that lives on says what it was before."""
    if change_set is None:
        return []
    before = {parcel.uid: parcel for parcel in (*facts.parcels, *facts.neighbours)}
    return [
        {
            "uid": unit.uid,
            "number": unit.parcel_no,
            "surveyed_area_m2": unit.surveyed_area_m2,
            "official_area_m2": unit.official_area_m2,
            "before": before.get(unit.uid),
            "feature": f"part-{unit.uid}",
        }
        for unit in drawing.results(change_set, facts)
    ]


def _documents(found: Case) -> list[tuple[IssuedDocument, str]]:
    """Each document with the number of the parcel that it describes alone, "" where it is of the whole case."""
    documents = list(found.documents.order_by("pk"))
    uids = [str(document.parcel_uid) for document in documents if document.parcel_uid]
    numbers = {parcel["uid"]: parcel["number"] for parcel in numbers_of(uids)} if uids else {}
    return [(document, numbers.get(str(document.parcel_uid), "")) for document in documents]
