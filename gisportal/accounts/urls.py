"""Addresses under `/accounts/`."""

from __future__ import annotations

from django.urls import path

from gisportal.accounts import absence_views, views

app_name = "accounts"
urlpatterns = [
    path("", views.home, name="home"),
    path("absence/", absence_views.absence, name="absence"),
    path("absence/<slug:kind>/<int:key>/end/", absence_views.end_absence, name="end-absence"),
    path("login/", views.login, name="login"),
    path("logout/", views.logout, name="logout"),
]
