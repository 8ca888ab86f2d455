"""Application configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkTimeConfig(AppConfig):
    name = "land_services.worktime"
    label = "worktime"
    verbose_name = _("Working days")

    def ready(self) -> None:
        from . import checks  # noqa: F401 - registers the system check
