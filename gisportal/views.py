"""Pages of the site itself."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

__all__ = ["home"]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "gisportal/home.html")
