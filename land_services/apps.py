"""Application configuration."""

from __future__ import annotations

from django.apps import AppConfig


class LandServicesConfig(AppConfig):
    name = "land_services"
    label = "land_services"
