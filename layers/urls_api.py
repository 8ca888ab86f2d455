"""Addresses of the API for everybody, below ``/api/v1/``."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from layers.locator import api, api_ways

urlpatterns: list[URLPattern | URLResolver] = [
    path("nearby", api.nearby, name="api-nearby"),
    path("places", api.places, name="api-places"),
    path("places/<str:uid>", api.place, name="api-place"),
    path("districts/at", api.district_at, name="api-district-at"),
    path("reachable", api_ways.reachable, name="api-reachable"),
    path("schema/", api.schema, name="api-schema"),
]
