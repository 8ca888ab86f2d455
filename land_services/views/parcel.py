"""The page of a parcel: where it lies, what the register says of it, where it came from and what became of it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from land_services.documents.build_parts import land_use_text
from land_services.domain import Facts, FactsQuery
from land_services.isolated import NO_PLAN
from land_services.register.deed_state import DeedState, deed_history, deed_states
from land_services.register.personal import READERS, read_parties
from land_services.register.selectors import load_facts, numbers_of, parcel_history
from layers.models import District
from layers.viewer import Viewer

from . import drawing
from .access import seen_among, viewer_of
from .case_registry import deed_chip
from .services import entry_words

__all__ = ["parcel"]

AROUND_M = 60.0


@require_http_methods(["GET", "HEAD", "POST"])
def parcel(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Everyone may see land; owners are shown to those who need them, when they ask, and each look is recorded."""
    history = parcel_history(str(uid))
    if not history:
        raise Http404
    language, viewer = get_language() or "ar", viewer_of(request)
    shown = _version(history, request.GET.get("version", ""))
    facts = load_facts(FactsQuery((str(uid),), AROUND_M), at=_moment(shown))
    may_see_owners = viewer.has_role(*READERS)
    context = {
        "uid": str(uid),
        "parcel": shown,
        "plan": NO_PLAN.get(shown["plan_no"], shown["plan_no"]) if language == "en" else shown["plan_no"],
        "is_current": history[-1]["end"] is None,
        "shown": shown["version"],
        "district": _district(facts, language),
        "land_use": getattr(land_use_text(shown["land_use"]), language),
        "deed": deed_chip(_deed_state(str(uid), shown), language, with_deeds=may_see_owners),
        "deed_history": [
            {"at": event.at, "state": deed_chip(event.state, language, with_deeds=may_see_owners)}
            for event in deed_history(str(uid))
        ],
        "has_open_case": history[-1]["end"] is None and bool(facts.open_cases),
        "open_references": _references(facts, viewer),
        "map": _map(facts, language),
        "history": [
            {
                **v,
                "by": entry_words(v["begun_by_service"], v["begun_by_reference"]),
                "ended_by": entry_words(v["ended_by_service"], v["ended_by_reference"]) if v["end"] else "",
            }
            for v in reversed(history)
        ],
        "parents": numbers_of(history[0]["parents"]),
        "children": numbers_of(history[-1]["children"]),
        "may_see_owners": may_see_owners,
        "owners": _owners(facts, viewer, language) if may_see_owners and request.method == "POST" else None,
    }
    return render(request, "land_services/parcel.html", context)


def _references(facts: Facts, viewer: Viewer) -> list[str]:
    """The open cases on this land that the viewer may see: for everybody else there is one, without its name."""
    return seen_among(viewer, [case.reference for case in facts.open_cases])


def _version(history: list[dict[str, Any]], wanted: str) -> dict[str, Any]:
    asked = int(wanted) if wanted.isdecimal() and len(wanted) < 18 else None
    return next((v for v in history if v["version"] == asked), history[-1])


def _district(facts: Facts, language: str) -> str:
    name = facts.parcels[0].district if facts.parcels else ""
    if language != "en" or not name:
        return name
    english = District.objects.filter(end_lifespan_version=None, name_ar=name).exclude(name_en="")
    return english.values_list("name_en", flat=True).first() or name


def _moment(version: dict[str, Any]) -> Any:
    """A moment at which the version is drawn: now for the current one, its last for a past one."""
    return None if version["end"] is None else version["end"] - timedelta(microseconds=1)


def _deed_state(uid: str, version: dict[str, Any]) -> DeedState:
    return deed_states([uid], at=_moment(version))[uid]


def _map(facts: Facts, language: str) -> dict[str, Any]:
    return {
        "before": drawing.parcels(facts.parcels),
        "neighbours": drawing.parcels(facts.neighbours),
        "streets": drawing.streets(facts.streets, language),
    }


def _owners(facts: Facts, viewer: Viewer, language: str) -> list[dict[str, Any]]:
    rights = [right for title in facts.titles for right in title.rights if right.kind == "ownership"]
    people = {p.id: p for p in read_parties([r.party_id for r in rights], viewer=viewer, purpose=_purpose(facts))}
    return [
        {
            "name": (people[r.party_id].name_en if language == "en" else "")
            or people[r.party_id].name_ar
            or _("unnamed"),
            "share": f"{r.share.numerator}/{r.share.denominator}",
        }
        for r in rights
        if r.party_id in people
    ]


def _purpose(facts: Facts) -> str:
    return f"parcel {facts.parcels[0].uid}" if facts.parcels else "parcel"
