"""Pages of messages; they carry the language prefix."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from . import views

app_name = "notices"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.notices, name="list"),
    path("read/", views.mark_read, name="read"),
    path("wishes/", views.wishes, name="wishes"),
]
