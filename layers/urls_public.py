"""Addresses of the layers without a language: the OGC API below ``/ogc/``."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from layers.ogc import views
from layers.ogc.filters import queryables

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.landing, name="ogc"),
    path("conformance", views.conformance, name="ogc-conformance"),
    path("api", views.api, name="ogc-api"),
    path("collections", views.collections, name="ogc-collections"),
    path("collections/<str:code>", views.collection, name="ogc-collection"),
    path("collections/<str:code>/schema", views.schema, name="ogc-schema"),
    path("collections/<str:code>/queryables", queryables.queryables, name="ogc-queryables"),
    path("collections/<str:code>/sortables", queryables.sortables, name="ogc-sortables"),
    path("collections/<str:code>/items", views.items, name="ogc-items"),
    path("collections/<str:code>/items/<str:name>", views.item, name="ogc-item"),
]
