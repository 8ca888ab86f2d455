"""The composition root as an application: templates, static files, system checks."""

from __future__ import annotations

from django.apps import AppConfig


class GisportalConfig(AppConfig):
    name = "gisportal"
    verbose_name = "gisportal"

    def ready(self) -> None:
        from gisportal import checks  # noqa: F401 - registers the system checks
