"""Addresses of OGC API - Tiles, below ``/ogc/``."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from tiles.ogc import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("tileMatrixSets", views.tile_matrix_sets, name="ogc-tile-matrix-sets"),
    path("tileMatrixSets/<str:name>", views.tile_matrix_set, name="ogc-tile-matrix-set"),
    path("collections/<str:code>/tiles", views.tilesets, name="ogc-tilesets"),
    path("collections/<str:code>/tiles/<str:name>", views.tileset, name="ogc-tileset"),
    path("collections/<str:code>/tiles/<str:name>/<str:matrix>/<str:row>/<str:col>", views.tile, name="ogc-tile"),
]
