"""``request.viewer`` for every view, and the second factor before any page."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from gisportal.accounts.viewer import viewer_from

__all__ = ["SecondFactorMiddleware", "ViewerMiddleware"]


class ViewerMiddleware:
    """Set ``request.viewer``, read from the database only when somebody asks for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.viewer = SimpleLazyObject(lambda: viewer_from(request))  # type: ignore[attr-defined]
        return self.get_response(request)


class SecondFactorMiddleware:
    """Lead staff who have not shown a second factor to where they do, before any other page.

    At addresses of machines they are nobody meanwhile: ``viewer_from`` says so.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.STAFF_SECOND_FACTOR and self._is_page(request) and SESSION_KEY in request.session:
            viewer_from(request)
            if getattr(request, "_half_signed_in", False) and not self._is_open(request.path):
                return redirect("accounts:second-factor")
        return self.get_response(request)

    @staticmethod
    def _is_page(request: HttpRequest) -> bool:
        return request.path.startswith(tuple(f"/{code}/" for code, _name in settings.LANGUAGES))

    @staticmethod
    def _is_open(path: str) -> bool:
        return path.startswith(reverse("accounts:second-factor")) or path == reverse("accounts:logout")
