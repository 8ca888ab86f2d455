"""Application configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings


class LandServicesConfig(AppConfig):
    name = "land_services"
    label = "land_services"

    def ready(self) -> None:
        from land_services.catalogue import use_folders

        folders = [*settings.CATALOGUE_DIRS]
        if settings.LAND_SERVICES:
            from land_services.own_services import use_services

            folders += use_services(settings.LAND_SERVICES)
        use_folders(folders)
