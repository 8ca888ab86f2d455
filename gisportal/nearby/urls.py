"""Addresses of the locator's pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from gisportal.nearby import map_frame, views

app_name = "nearby"

urlpatterns: list[URLPattern] = [
    path("", views.nearby, name="list"),
    path("embed/", views.embed, name="embed"),
    path("map/", map_frame.map_frame, name="map"),
    path("places/<uuid:uid>/", views.place, name="place"),
]
