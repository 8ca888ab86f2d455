"""Application configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CaseApiConfig(AppConfig):
    name = "land_services.api"
    label = "case_api"
    verbose_name = _("Interface for other systems")
