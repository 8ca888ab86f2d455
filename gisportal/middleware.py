"""Headers of every answer, error pages of our own, and the remembered language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from csp.constants import HEADER
from csp.middleware import CheckableLazyObject, CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import translation

from gisportal import errors
from land_services.views.field_keys import COOKIE, forget_key

__all__ = [
    "DesignedErrorMiddleware",
    "FieldKeyMiddleware",
    "LanguageCookieMiddleware",
    "PageMethodsMiddleware",
    "PolicyMiddleware",
]

GetResponse = Callable[[HttpRequest], HttpResponse]


class PolicyMiddleware(CSPMiddleware):
    """Content-Security-Policy on every answer, errors with DEBUG included (the parent leaves those out)."""

    _usual: tuple[Any, str] = (None, "")

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:  # type: ignore[override]
        if self._is_usual(request, response):
            response.headers.setdefault(HEADER, self._usual_policy(request, response))
            # As the parent does: a nonce asked for from here on would not be in the header.
            request.csp_nonce = CheckableLazyObject(self._csp_nonce_post_response)  # type: ignore[attr-defined]
        else:
            super().process_response(request, response)
            if HEADER not in response and not getattr(response, "_csp_exempt", False):
                response[HEADER] = build_policy(**asdict(self.get_policy_parts(request=request, response=response)))
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        return response

    @staticmethod
    def _is_usual(request: HttpRequest, response: HttpResponse) -> bool:
        """Return whether neither the page nor its view has anything of its own in the policy."""
        return (
            getattr(request, "_csp_nonce", None) is None
            and not any(name.startswith("_csp") for name in vars(response))
            and not getattr(settings, "CONTENT_SECURITY_POLICY_REPORT_ONLY", None)
        )

    def _usual_policy(self, request: HttpRequest, response: HttpResponse) -> str:
        """Return the policy of most answers. Building it for each took a quarter of the time of an empty answer."""
        if self._usual[0] is not settings.CONTENT_SECURITY_POLICY:
            parts = self.get_policy_parts(request=request, response=response)
            self._usual = settings.CONTENT_SECURITY_POLICY, build_policy(**asdict(parts))
        return self._usual[1]


class DesignedErrorMiddleware:
    """Show our own pages for 400, 404 and 500 also with DEBUG, where Django prints settings and source text instead."""

    PAGES: dict[int, Callable[[HttpRequest], HttpResponse]] = {
        400: errors.bad_request,
        404: errors.page_not_found,
        500: errors.server_error,
    }

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if settings.DEBUG and not settings.TECHNICAL_ERRORS and self._is_technical(response):
            return self.PAGES[response.status_code](request)
        return response

    def _is_technical(self, response: HttpResponse) -> bool:
        if response.status_code not in self.PAGES or getattr(response, "designed", False) or response.streaming:
            return False
        return b"DEBUG = True" in response.content


class PageMethodsMiddleware:
    """Answer 405 to a method that pages do not have, rather than speak of a form that was not accepted."""

    METHODS = ("GET", "HEAD", "POST", "OPTIONS")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in self.METHODS and not request.path.startswith(errors.MACHINE_PREFIXES):
            return HttpResponseNotAllowed(self.METHODS)
        return self.get_response(request)


class FieldKeyMiddleware:
    """Take the key of a device away when somebody signs out or in: what it sealed opens for that person alone."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        user_logged_in.connect(_field_key_goes, dispatch_uid="field-key")
        user_logged_out.connect(_field_key_goes, dispatch_uid="field-key")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if getattr(request, "field_key_goes", False) and COOKIE in request.COOKIES:
            forget_key(response)
        return response


def _field_key_goes(sender: Any, request: HttpRequest | None = None, **_: Any) -> None:
    if request is not None:
        request.field_key_goes = True  # type: ignore[attr-defined]


class LanguageCookieMiddleware:
    """Remember the language of the last page, so that a bare address opens in it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if getattr(response, "keeps_no_cookie", False):
            return response
        language = translation.get_language_from_path(request.path_info)
        if language and response.status_code == 200 and request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) != language:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                language,
                max_age=settings.LANGUAGE_COOKIE_AGE,
                secure=settings.LANGUAGE_COOKIE_SECURE,
                httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
                samesite="Lax",
            )
        return response
