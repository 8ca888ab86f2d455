"""What a document's QR symbol opens: genuine or not, current or superseded, and nothing about its owners."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from land_services.cases.issued import is_superseded
from land_services.cases.verifying import find_document, too_many_looks
from land_services.register.selectors import numbers_of
from layers.clients import client_address

__all__ = ["verify"]


@never_cache
@require_safe
def verify(request: HttpRequest, code: str) -> HttpResponse:
    document = find_document(code)
    if too_many_looks(client_address(request), known=document is not None):
        response = render(request, "land_services/verify_later.html", status=429)
        response["Retry-After"] = "60"
        return response
    context = {
        "document": document,
        "superseded": document is not None and is_superseded(document),
        "numbers": [p["number"] for p in numbers_of([str(document.parcel_uid)])]
        if document and document.parcel_uid
        else [],
    }
    return render(request, "land_services/verify.html", context, status=200 if document else 404)
