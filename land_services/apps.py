"""Application configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings


class LandServicesConfig(AppConfig):
    name = "land_services"
    label = "land_services"

    def ready(self) -> None:
        from land_services.catalogue import use_folders

        use_folders(settings.CATALOGUE_DIRS)
