"""Addresses of raster tiles, without a language. They stand before those of layers: ``imagery`` is no layer's code."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path
from django.views.decorators.csrf import csrf_exempt

from tiles.raster import views

# They only answer questions: what else is sent is told which methods there are (405).
urlpatterns: list[URLPattern | URLResolver] = [
    path("tiles/imagery/<str:name>.json", csrf_exempt(views.about), name="imagery-tilejson"),
    path("tiles/imagery/<str:name>/<str:z>/<str:x>/<str:last>", csrf_exempt(views.tile), name="imagery-tile"),
]
