"""Headers of every answer, error pages of our own, and the remembered language."""

from __future__ import annotations

from collections.abc import Callable

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix
from django.utils import translation

__all__ = ["DesignedErrorMiddleware", "LanguageCookieMiddleware", "PolicyMiddleware"]

GetResponse = Callable[[HttpRequest], HttpResponse]


class DesignedErrorMiddleware:
    """Show our pages for 404 and 500 also with DEBUG, which otherwise prints settings and source text to the visitor."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)


class PolicyMiddleware(CSPMiddleware):
    """Content-Security-Policy on every answer, errors included, and Permissions-Policy."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:  # type: ignore[override]
        response = super().process_response(request, response)  # type: ignore[assignment]
        response.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        return response


class LanguageCookieMiddleware:
    """Remember the language of the last page, so that a bare address opens in it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        language = translation.get_language_from_path(request.path_info)
        if language and response.status_code == 200 and request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) != language:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                language,
                max_age=settings.LANGUAGE_COOKIE_AGE,
                path=get_script_prefix(),
                secure=settings.LANGUAGE_COOKIE_SECURE,
                httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
                samesite=settings.LANGUAGE_COOKIE_SAMESITE,
            )
        return response
