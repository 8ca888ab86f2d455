"""Application configuration."""

from __future__ import annotations

from django.apps import AppConfig


class TilesConfig(AppConfig):
    name = "tiles"
    label = "tiles"

    def ready(self) -> None:
        from tiles import cache, generalise

        cache.install()
        generalise.install()
