"""Error pages of our own, in both languages, with and without DEBUG."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

__all__ = ["bad_request", "csrf_failure", "page_not_found", "permission_denied", "server_error", "too_many_requests"]


def _page(request: HttpRequest, status: int, code: str, **context: Any) -> HttpResponse:
    response = render(request, "gisportal/error.html", {"status": status, "code": code, **context}, status=status)
    response.designed = True  # type: ignore[attr-defined]
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 400, "bad_request")


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 403, "permission_denied")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(request, 403, "csrf")


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 404, "not_found")


def too_many_requests(request: HttpRequest, wait_s: int) -> HttpResponse:
    """Return 429 with the number of seconds to wait, in words and in ``Retry-After``."""
    response = _page(request, 429, "too_many", wait_s=wait_s)
    response["Retry-After"] = str(wait_s)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    return _page(request, 500, "server_error")
