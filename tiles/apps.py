"""Application configuration."""

from __future__ import annotations

from django.apps import AppConfig


class TilesConfig(AppConfig):
    name = "tiles"
    label = "tiles"

    def ready(self) -> None:
        from tiles import cache, generalise
        from tiles.ogc import extension

        cache.install()
        generalise.install()
        extension.install()
