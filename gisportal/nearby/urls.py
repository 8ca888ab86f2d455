"""Addresses of the locator's pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from gisportal.nearby import card, coverage, keeping, map_frame, offline, paper, suggest, tap, views

app_name = "nearby"

urlpatterns: list[URLPattern] = [
    path("", views.nearby, name="list"),
    path("embed/", views.embed, name="embed"),
    path("coverage/", coverage.coverage_page, name="coverage"),
    path("coverage/map/", coverage.coverage_map, name="coverage-map"),
    path("coverage/files/<str:name>", coverage.coverage_file, name="coverage-file"),
    path("kept/", offline.kept, name="kept"),
    path("keep/<uuid:uid>/", keeping.neighbourhood, name="neighbourhood"),
    path("manifest.webmanifest", offline.manifest, name="manifest"),
    path("worker.js", offline.worker, name="worker"),
    path("map/", map_frame.map_frame, name="map"),
    path("places/<uuid:uid>/", views.place, name="place"),
    path("print/", paper.of_list, name="paper"),
    path("places/<uuid:uid>/print/", paper.of_place, name="place-paper"),
    path("district/<uuid:uid>/print/", paper.of_card, name="district-paper"),
    path("places/<uuid:uid>/suggest/", suggest.of_place, name="suggest"),
    path("suggest/", suggest.missing, name="suggest-missing"),
    path("suggest/drawing.svg", tap.picture, name="suggest-drawing"),
    path("suggest/<str:token>/", suggest.sent, name="suggested"),
    path("district/", card.choose, name="districts"),
    path("district/<uuid:uid>/", card.card, name="district"),
]
