"""Following a request without signing in: by its reference and the code that was given for it."""

from __future__ import annotations

import hmac
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from land_services.cases.acts.filing import hash_of
from land_services.cases.at_work import look_at
from land_services.cases.models import Case
from land_services.cases.references import is_reference
from land_services.cases.verifying import too_many_looks
from layers.clients import client_address
from layers.digits import to_latin_digits
from layers.viewer import ANONYMOUS

from .services import service_title
from .steps import case_steps, state_words
from .uploads import plain_text

__all__ = ["follow"]


def follow(request: HttpRequest) -> HttpResponse:
    """Ask for a reference and its code; tell how far the request is, and no name, land or document."""
    reference = to_latin_digits(plain_text(request.POST.get("reference"), 30)).upper()
    context: dict[str, Any] = {"reference": reference}
    if request.method != "POST":
        return render(request, "land_services/follow.html", context)
    found = _found(reference, to_latin_digits(plain_text(request.POST.get("code"), 30)))
    if too_many_looks(client_address(request), known=found is not None):
        words = _("Too many tries from this place. Wait a minute.")
        return render(request, "land_services/follow.html", {**context, "problem": words}, status=429)
    if found is None:
        words = _("No request has this reference and code.")
        return render(request, "land_services/follow.html", {**context, "problem": words}, status=404)
    work = look_at(found, ANONYMOUS)
    context |= {
        "case": found,
        "service": service_title(found.service),
        "state": state_words(found.state),
        "steps": [step | {"note": "", "by": ""} for step in case_steps(work, staff=False)],
        "remarks": len(work.open_remarks()) if found.state == "returned" else 0,
    }
    response = render(request, "land_services/follow.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


def _found(reference: str, code: str) -> Case | None:
    if not is_reference(reference) or not code:
        return None
    case = Case.objects.filter(reference=reference).first()
    if case is None or not case.secret or not hmac.compare_digest(case.secret, hash_of(code)):
        return None
    return case
