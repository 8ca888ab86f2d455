"""Application configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OfficesConfig(AppConfig):
    name = "land_services.offices"
    label = "offices"
    verbose_name = _("Engineering offices and agents")
    default_auto_field = "django.db.models.BigAutoField"
