"""Addresses. Pages carry a language prefix (`/ar/x`, `/en/x`); machine addresses carry none."""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from gisportal import gallery, health, mapview, views

handler400 = "gisportal.errors.bad_request"
handler403 = "gisportal.errors.permission_denied"
handler404 = "gisportal.errors.page_not_found"
handler500 = "gisportal.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    # Tiles are asked for by the dozen, so their addresses are tried first.
    path("", include("tiles.raster.urls_public")),
    path("", include("tiles.urls_public")),
    path("ogc/", include("tiles.ogc.urls_public")),
    path("ogc/", include("layers.urls_public")),
    path("api/v1/", include("land_services.api.urls")),  # its document of the API holds the other part's too
    path("api/v1/", include("layers.urls_api")),
    path("", include("land_services.urls_public")),
    *i18n_patterns(
        path("", views.home, name="home"),
        path("find/", views.find, name="find"),
        path("map/", mapview.explore, name="explore"),
        path("nearby/", include("gisportal.nearby.urls")),
        path("services/", views.service_list, name="services"),
        path("services/<slug:code>/", views.service, name="service"),
        path("components/", gallery.gallery, name="components"),
        path("accounts/", include("gisportal.accounts.urls")),
        path("notices/", include("land_services.notices.urls")),
        path("", include("land_services.urls")),
        # The set-up pages have no sign-in of their own: it would go past the brake.
        path("admin/login/", views.set_up_sign_in),
        path("admin/", admin.site.urls),
    ),
]
