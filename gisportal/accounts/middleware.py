"""``request.viewer`` for every view."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from gisportal.accounts.viewer import viewer_from

__all__ = ["ViewerMiddleware"]


class ViewerMiddleware:
    """Set ``request.viewer``, read from the database only when somebody asks for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.viewer = SimpleLazyObject(lambda: viewer_from(request))  # type: ignore[attr-defined]
        return self.get_response(request)
