"""Application configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NoticesConfig(AppConfig):
    name = "land_services.notices"
    label = "notices"
    verbose_name = _("Messages")

    def ready(self) -> None:
        from . import checks  # noqa: F401 - registers the system check
