"""Addresses of tiles, without a language."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path
from django.views.decorators.csrf import csrf_exempt

from tiles import views

# They only answer questions: what else is sent is told which methods there are (405).
urlpatterns: list[URLPattern | URLResolver] = [
    path("tiles/<str:layer>/<str:z>/<str:x>/<str:y>.mvt", csrf_exempt(views.vector), name="vector-tile"),
    path("tiles/<str:layer>.json", csrf_exempt(views.description), name="tilejson"),
    path("tiles/styles/<str:name>.json", csrf_exempt(views.style), name="map-style"),
]
