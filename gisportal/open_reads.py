"""The short way for tiles, features and places that anybody may read: no session, no language, no form, no message.

A map asks for dozens of tiles at a time, and the way through all middleware costs several times what a kept tile does.
A request without a session cookie can be nobody's but anonymous, so the middleware that finds out who is looking has
nothing to find out. Whatever is not a plain success goes the long way after all, where errors are worded and logged.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware
from django.urls import get_resolver
from django.utils import translation

from gisportal.middleware import PolicyMiddleware
from layers.viewer import ANONYMOUS

__all__ = ["OpenReadsMiddleware"]

GetResponse = Callable[[HttpRequest], HttpResponse]

_TILE: Final = re.compile(
    r"/(?:tiles/(?:imagery/)?|ogc/collections/)[^/]+/(?:(?:map/)?tiles/[^/]+/)?\d+/\d+/\d+(?:\.\w+)?"
)
_FEATURES: Final = re.compile(r"/ogc/collections/[^/]+/items(?:/[^/]+)?")
_API: Final = re.compile(r"/api/v1/(?:nearby|places(?:/[^/]+)?|districts/at|reachable)")
_METHODS: Final = frozenset({"GET", "HEAD"})


class OpenReadsMiddleware:
    """Answer anonymous reads of tiles and features at once, with every answer's headers; pass on everything else."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self._headers: dict[bool, dict[str, str]] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._answer(request) if self._is_open_read(request) else None
        return self.get_response(request) if response is None else response

    def _is_open_read(self, request: HttpRequest) -> bool:
        meta = request.META
        return (
            request.method in _METHODS
            and (
                _TILE.fullmatch(request.path_info) is not None
                or _API.fullmatch(request.path_info) is not None
                or self._is_of_features(request)
            )
            and settings.SESSION_COOKIE_NAME not in meta.get("HTTP_COOKIE", "")
            and "HTTP_AUTHORIZATION" not in meta
            and (request.is_secure() or not settings.SECURE_SSL_REDIRECT)
        )

    def _is_of_features(self, request: HttpRequest) -> bool:
        """Return whether features are asked for as data: their pages need what the long way brings along."""
        meta = request.META
        return (
            _FEATURES.fullmatch(request.path_info) is not None
            and "html" not in meta.get("HTTP_ACCEPT", "")
            and "html" not in meta.get("QUERY_STRING", "")
        )

    def _answer(self, request: HttpRequest) -> HttpResponse | None:
        request.user = AnonymousUser()
        request.viewer = ANONYMOUS  # type: ignore[attr-defined]
        translation.activate(settings.LANGUAGE_CODE)  # the thread still has that of its last request
        try:
            request.get_host()
            match = get_resolver().resolve(request.path_info)
            request.resolver_match = match
            response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        except Exception:  # the long way meets it again, and words and records it
            return None
        # The API words its refusals itself, and counts each request once.
        is_refused = 400 <= response.status_code < 500 and not request.path_info.startswith("/api/")
        if is_refused or hasattr(response, "render"):
            return None
        headers = response.headers
        if response.status_code == 200 and not response.streaming:
            headers.setdefault("Content-Length", str(len(response.content)))
        for name, value in self._headers_of_every_answer(request).items():
            headers.setdefault(name, value)
        return response

    def _headers_of_every_answer(self, request: HttpRequest) -> dict[str, str]:
        """Return what the middleware of headers adds, as they themselves say, once for HTTP and once for HTTPS."""
        is_secure = request.is_secure()
        if is_secure not in self._headers:
            answers: list[GetResponse] = [lambda _: HttpResponse()]
            for middleware in (PolicyMiddleware, XFrameOptionsMiddleware, SecurityMiddleware):
                answers.append(middleware(answers[-1]))  # type: ignore[arg-type]
            found = dict(answers[-1](request).headers)
            self._headers[is_secure] = {name: value for name, value in found.items() if name != "Content-Type"}
        return self._headers[is_secure]
