"""Addresses under `/accounts/`."""

from __future__ import annotations

from django.urls import path

from gisportal.accounts import absence_views, factor_views, looks, password_views, views

app_name = "accounts"
urlpatterns = [
    path("", views.home, name="home"),
    path("absence/", absence_views.absence, name="absence"),
    path("absence/<slug:kind>/<int:key>/end/", absence_views.end_absence, name="end-absence"),
    path("2fa/", factor_views.factor_page, name="second-factor"),
    path("2fa/verify/", factor_views.verify, name="second-factor-verify"),
    path("2fa/set-up/", factor_views.set_up, name="second-factor-set-up"),
    path("2fa/codes/", factor_views.codes, name="second-factor-codes"),
    path("2fa/remove/", factor_views.take_away, name="second-factor-remove"),
    path("looks/", looks.looks, name="looks"),
    path("password/", password_views.change, name="password"),
    path("password/forgotten/", password_views.forgotten, name="password-forgotten"),
    path("password/link/<uidb64>/<token>/", password_views.ByLink.as_view(), name="password-link"),
    path("login/", views.login, name="login"),
    path("logout/", views.logout, name="logout"),
]
