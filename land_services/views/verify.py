"""What a document's QR symbol opens: genuine or not, current or superseded, and nothing about its owners."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from land_services.cases.issued import standing_of
from land_services.cases.models import IssuedDocument
from land_services.cases.verifying import find_document, too_many_looks
from land_services.register.deed_state import deed_states, state_words
from land_services.register.deeds import parcels_of
from land_services.register.selectors import numbers_of
from layers.clients import client_address

from .uploads import plain_text

__all__ = ["ask", "verify"]


def _deeds(document: IssuedDocument) -> list[str]:
    """Return how land and deed of the document's parcels stand, each sentence once; no numbers of deeds."""
    language = get_language() or "ar"
    own = [str(document.parcel_uid)] if document.parcel_uid else parcels_of(document.case.reference)
    states = deed_states(own).values()
    return list(dict.fromkeys(state_words(state, language) for state in states if state.kind != "none"))


@csrf_exempt  # it only answers: what else is sent is told which methods there are (405)
@never_cache
@require_safe
def ask(request: HttpRequest) -> HttpResponse:
    """Take a code that somebody types; what it says stands at its own address, as on the paper."""
    typed = plain_text(request.GET.get("code"), 80).replace("/", "")
    if typed:
        return redirect("verify", code=typed)
    return render(request, "land_services/verify.html", {"asks": True})


@csrf_exempt  # as above
@never_cache
@require_safe
def verify(request: HttpRequest, code: str) -> HttpResponse:
    document = find_document(code)
    if too_many_looks(client_address(request), known=document is not None):
        response = render(request, "land_services/verify_later.html", status=429)
        response["Retry-After"] = "60"
        return response
    standing = standing_of(document) if document is not None else None
    context = {
        "document": document,
        "typed": code[:80],
        "standing": standing,
        "replaced": document is not None
        and document.superseded_by is not None
        and document.superseded_by.case_id == document.case_id,
        "numbers": [p["number"] for p in numbers_of([str(document.parcel_uid)])]
        if document and document.parcel_uid
        else [],
        "deeds": _deeds(document) if document is not None else [],
    }
    return render(request, "land_services/verify.html", context, status=200 if document else 404)
