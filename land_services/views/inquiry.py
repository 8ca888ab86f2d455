"""Asking for a survey decision without signing in: by its number, and the owner's identity number."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from land_services.cases.decisions import DecisionView, inquire
from land_services.cases.land_papers import ID_KINDS as ID_WORDS
from land_services.cases.verifying import too_many_looks
from land_services.register.personal import ID_KINDS
from layers.clients import client_address

from .uploads import plain_text

__all__ = ["inquiry"]


def inquiry(request: HttpRequest) -> HttpResponse:
    """Tell how a decision stands; a wrong number and a wrong owner are answered alike."""
    number, kind = plain_text(request.POST.get("number"), 40), plain_text(request.POST.get("id_kind"), 40)
    context: dict[str, Any] = {"number": number, "id_kind": kind, "kinds": _kinds()}
    if request.method != "POST":
        return render(request, "land_services/decision_inquiry.html", context)
    found = inquire(number, kind, plain_text(request.POST.get("id_number"), 40))
    if too_many_looks(client_address(request), known=found is not None):
        words, status = _("Too many tries from this place. Wait a minute."), 429
    elif found is None:
        words, status = _("Nothing was found for this number and owner."), 404
    else:
        words, status, context = "", 200, {**context, "found": found, "said": _said(found)}
    response = render(request, "land_services/decision_inquiry.html", {**context, "problem": words}, status=status)
    response["Cache-Control"] = "private, no-store"
    if status == 429:
        response["Retry-After"] = "60"
    return response


def _kinds() -> list[tuple[str, str]]:
    arabic = get_language() != "en"
    return [(code, ID_WORDS[code].ar if arabic else ID_WORDS[code].en) for code in ID_KINDS]


def _said(found: DecisionView) -> dict[str, Any]:
    """Return the words of a decision in the language at hand."""
    areas, purpose = found.areas, found.purpose
    of_deed = _("Parent’s deed") if found.is_part else _("Deed area")
    return {
        "purpose": purpose.ar if get_language() != "en" else purpose.en or purpose.ar,
        "areas": [
            (name, area)
            for name, area in (
                (of_deed, areas.deed_m2),
                (_("Measured area"), areas.measured_m2),
                (_("Excluded overlaps"), areas.excluded_m2),
                (_("Electricity room"), areas.electricity_room_m2),
                (_("Corner cuts"), sum(areas.corner_cuts_m2.values()) if areas.corner_cuts_m2 else None),
                (_("Net area"), areas.net_m2),
            )
            if area is not None
        ],
    }
