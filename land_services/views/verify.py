"""What a document's QR symbol opens: genuine or not, current or superseded, and nothing about its owners."""

from __future__ import annotations

import hashlib
import time

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from land_services.cases.issued import is_superseded
from land_services.cases.models import IssuedDocument
from land_services.documents.qr import normalise_code
from land_services.register.selectors import numbers_of

__all__ = ["verify"]

TRIES_PER_MINUTE = 30
"""Looks from one address: more than a counter needs, far fewer than guessing 128 bits would."""


@never_cache
@require_safe
def verify(request: HttpRequest, code: str) -> HttpResponse:
    if _too_many(request.META.get("REMOTE_ADDR", "")):
        response = render(request, "land_services/verify_later.html", status=429)
        response["Retry-After"] = "60"
        return response
    stored = normalise_code(code)
    document = IssuedDocument.objects.select_related("case").filter(code=stored).first() if stored else None
    context = {
        "document": document,
        "superseded": document is not None and is_superseded(document),
        "numbers": [p["number"] for p in numbers_of([str(document.parcel_uid)])]
        if document and document.parcel_uid
        else [],
    }
    return render(request, "land_services/verify.html", context, status=200 if document else 404)


def _too_many(address: str) -> bool:
    """Count a look from this address in this minute; addresses are not kept, only a hash for a minute."""
    key = "verify:" + hashlib.sha256(f"{address}|{int(time.time() // 60)}".encode()).hexdigest()
    cache.add(key, 0, timeout=120)
    try:
        return int(cache.incr(key)) > TRIES_PER_MINUTE
    except ValueError:  # the entry was dropped between the two lines
        return False
