"""Error pages of our own, with and without DEBUG; machine addresses get problem details (RFC 9457)."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language, gettext_noop, ngettext
from django.utils.translation import gettext as _

from gisportal.context import page_basics
from layers.reaching import is_unreachable

__all__ = ["bad_request", "csrf_failure", "page_not_found", "permission_denied", "server_error", "too_many_requests"]

MACHINE_PREFIXES = ("/api/", "/ogc/", "/tiles/")


PHRASES = {
    400: gettext_noop("Bad Request"),
    403: gettext_noop("Forbidden"),
    404: gettext_noop("Not Found"),
    429: gettext_noop("Too Many Requests"),
    500: gettext_noop("Internal Server Error"),
    503: gettext_noop("Service Unavailable"),
}


def phrase(status: int) -> str:
    """Return the phrase of an HTTP status in the language at hand: the title of ``about:blank`` (RFC 9457)."""
    return _(PHRASES[status])


def wait_text(wait_s: int) -> str:
    """Return how long to wait in words: seconds up to two minutes, then minutes rounded up."""
    if wait_s <= 120:
        return ngettext("%(n)d second", "%(n)d seconds", wait_s) % {"n": wait_s}
    minutes = -(-wait_s // 60)
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}


def _page(request: HttpRequest, status: int, icon: str, title: str, text: str, *, alone: bool = False) -> HttpResponse:
    """Render an error; ``alone`` renders it without database, session or messages, which may be what failed."""
    response: HttpResponse
    if request.path.startswith(MACHINE_PREFIXES):
        problem = {"type": "about:blank", "title": phrase(status), "status": status, "detail": text}
        response = JsonResponse(problem, status=status, content_type="application/problem+json")
    else:
        context: dict[str, Any] = {"status": status, "icon_name": icon, "title": title, "text": text, "alone": alone}
        if alone:
            nonce = str(getattr(request, "csp_nonce", ""))
            context |= {**page_basics(request), "site_nav": [], "CSP_NONCE": nonce, "hide_sign_in": True}
        body = render_to_string("gisportal/error.html", context, request=None if alone else request)
        response = HttpResponse(body, status=status)
    response["Content-Language"] = get_language() or settings.LANGUAGE_CODE
    response["Cache-Control"] = "no-store"
    response.designed = True  # type: ignore[attr-defined]
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    text = _("Your browser sent something that we cannot read. Go back and try once more.")
    return _page(request, 400, "alert", _("The request could not be read"), text, alone=True)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    text = _("Your account does not have the role that this page needs.")
    return _page(request, 403, "lock", _("You may not open this page"), text)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    text = _(
        "This form was open for too long or came from another site, so nothing was sent. Go back, reload and send."
    )
    return _page(request, 403, "shield", _("The form was not accepted"), text)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    text = _(
        "It does not exist, or it is not yours to see. Check the address, or sign in with the account it belongs to."
    )
    return _page(request, 404, "not-found", _("There is nothing at this address"), text)


def too_many_requests(request: HttpRequest, wait_s: int) -> HttpResponse:
    """Return 429 with the number of seconds to wait, in words and in ``Retry-After``."""
    text = _("Please wait %(wait)s, then try again.") % {"wait": wait_text(wait_s)}
    response = _page(request, 429, "hourglass", _("Too many attempts"), text)
    response["Retry-After"] = str(wait_s)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    if is_unreachable(sys.exc_info()[1]):
        text = _("The database cannot be reached at this moment. Nothing was half done. Try again in a minute.")
        response = _page(request, 503, "hourglass", _("Not available at this moment"), text, alone=True)
        response["Retry-After"] = "30"
        return response
    text = _("The fault is ours and has been recorded. Nothing was half done. Try again in a moment.")
    return _page(request, 500, "error", _("Something went wrong here"), text, alone=True)
