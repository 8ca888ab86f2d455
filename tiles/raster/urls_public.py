"""Addresses of raster tiles, without a language. They stand before those of layers: ``imagery`` is no layer's code."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from tiles.raster import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("tiles/imagery/<str:name>.json", views.about, name="imagery-tilejson"),
    path("tiles/imagery/<str:name>/<str:z>/<str:x>/<str:last>", views.tile, name="imagery-tile"),
]
