"""Application configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RulebookConfig(AppConfig):
    name = "land_services.rulebook"
    label = "rulebook"
    verbose_name = _("Rules")

    def ready(self) -> None:
        from . import checks  # noqa: F401 - registers the system check
