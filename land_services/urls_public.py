"""Addresses of land services without a language: what a document's QR symbol opens."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from land_services.views import verify

urlpatterns: list[URLPattern | URLResolver] = [
    path("verify/", verify.ask, name="verify-ask"),
    path("verify/<str:code>", verify.verify, name="verify"),
]
