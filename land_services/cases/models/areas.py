"""Areas that people watch, and what opened or closed in them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.indexes import GistIndex
from django.db.models import F

from layers.fields import StorageGeometryField

__all__ = ["AreaHit", "AreaSubscription"]

USER = settings.AUTH_USER_MODEL


class AreaSubscription(models.Model):
    """An area that a person watches: a circle around a place, a district as it was then, or a polygon of their own."""

    KINDS: ClassVar = [(kind, kind) for kind in ("circle", "district", "polygon")]

    user = models.ForeignKey(USER, models.CASCADE, related_name="watched_areas")
    kind = models.TextField(choices=KINDS)
    title = models.TextField()
    geom = StorageGeometryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [GistIndex(F("geom"), name="areasubscription_geom")]

    def __str__(self) -> str:
        return self.title


class AreaHit(models.Model):
    """One request on watched land that opened or closed. The reference is told to those who may see the case."""

    EVENTS: ClassVar = [(event, event) for event in ("opened", "closed")]

    area = models.ForeignKey(AreaSubscription, models.CASCADE, related_name="hits")
    event = models.TextField(choices=EVENTS)
    outline = models.UUIDField()
    service = models.TextField()
    reference = models.TextField()
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["area", "-id"], name="areahit_of_area")]

    def __str__(self) -> str:
        return f"{self.area_id}: {self.event}"
