"""Application configuration."""

from __future__ import annotations

from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "land_services.cases"
    label = "cases"
