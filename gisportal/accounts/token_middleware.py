"""Who asks the API with an access token instead of a session."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse

from land_services.api.tokens import find_token

__all__ = ["TokenMiddleware"]

PREFIX = "/api/v1/"


class TokenMiddleware:
    """Set ``request.user`` and ``request.api_token`` where the header Authorization holds a token.

    With that header the session does not count: a token that does not hold is nobody's. Pages take no tokens.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if header and request.path_info.startswith(PREFIX):
            kind, _, word = header.partition(" ")
            token = find_token(word.strip()) if kind.lower() == "bearer" else None
            request.user = AnonymousUser() if token is None else token.user
            request.api_token = token  # type: ignore[attr-defined]
        return self.get_response(request)
