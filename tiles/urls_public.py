"""Addresses of tiles, without a language."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from tiles import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("tiles/<str:layer>/<str:z>/<str:x>/<str:y>.mvt", views.vector, name="vector-tile"),
    path("tiles/<str:layer>.json", views.description, name="tilejson"),
    path("tiles/styles/<str:name>.json", views.style, name="map-style"),
]
