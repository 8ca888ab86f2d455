"""Application configuration."""

from __future__ import annotations

from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "land_services.cases"
    label = "cases"

    def ready(self) -> None:
        from . import told_areas  # noqa: F401 - asks to hear of hits
