"""The OpenAPI document of everything below ``/api/v1/``: the locator's part, and services and cases beside it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from layers.locator import openapi as locator
from layers.locator.answers import CURRENT, json_answer
from layers.locator.answers import endpoint as open_endpoint
from layers.ogc.answers import dumps
from layers.ogc.asking import OPENAPI
from layers.ogc.parameters import plain_query

from . import openapi
from .schemas import schemas

__all__ = ["document", "schema"]


def document(base: str) -> dict[str, Any]:
    """Return the document in the language at hand; ``base`` is the address of the API without a slash at its end."""
    whole = locator.document(base)
    said = openapi.said
    whole["info"] |= {
        "title": said("واجهة البلدية البرمجية", "The municipality's API"),
        "description": said(
            "الأماكن القريبة: للقراءة ودون تسجيل دخول، ولا تُحفظ المواقع المرسلة. "
            "الخدمات والطلبات: بجلسة دخول أو برمز وصول.",
            "Places nearby: for reading, without signing in; positions that are sent are not kept. Services and cases: "
            "with a session or an access token.",
        ),
    }
    whole["paths"] |= openapi.paths()
    parts = whole["components"]
    parts["schemas"] |= schemas()
    parts["responses"] |= openapi.responses()
    parts["securitySchemes"] = openapi.security_schemes()
    return whole


@open_endpoint
def schema(request: HttpRequest) -> HttpResponse:
    """Answer with the document."""
    plain_query(request.GET, ("lang", "f"))
    return json_answer(request, dumps(document(request.build_absolute_uri("/api/v1"))), OPENAPI, CURRENT)
