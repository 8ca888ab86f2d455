"""Outlines for small scales. All of it is derived from the layers and can be made again (`manage.py generalise`)."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.contrib.postgres.indexes import GistIndex

__all__ = ["DissolvedBlock", "Group", "SimplifiedShape", "StaleBlock"]


class SimplifiedShape(models.Model):
    """The outline of one version of a feature as tiles of one zoom draw it.

    ``row_id`` names the version, so that an outline can never be drawn for a feature that has changed since: the next
    version has another number, and is drawn from its own row until it has an outline.
    """

    layer = models.TextField()
    zoom = models.PositiveSmallIntegerField()
    row_id = models.BigIntegerField()
    geom_3857 = models.GeometryField(srid=3857, spatial_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["layer", "zoom", "row_id"], name="simplifiedshape_one")]

    def __str__(self) -> str:
        return f"{self.layer} {self.row_id} at {self.zoom}"


class Numbered(models.Model):
    """What parcels are put together by. ``cell`` and ``area`` are squares that stand in for a number that is missing:
    see ``tiles_cell`` and ``tiles_area`` in the SQL.
    """

    plan_no = models.TextField()
    block_no = models.TextField(blank=True, default="")
    cell = models.TextField(blank=True, default="")
    area = models.TextField(blank=True, default="")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return "/".join(part or "-" for part in (self.plan_no or self.area, self.block_no or self.cell))


class DissolvedBlock(Numbered):
    """The parcels of a block as one outline, exactly."""

    parcels = models.PositiveIntegerField()
    geom_3857 = models.GeometryField(srid=3857, spatial_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan_no", "area", "block_no", "cell"], name="dissolvedblock_one")
        ]
        indexes = [GistIndex(fields=["geom_3857"], name="dissolvedblock_place")]


class Group(Numbered):
    """A block, or below that a plan, as tiles of one zoom draw it; ``parcels`` are in it.

    Zoom 0 holds plans with their streets closed and nothing simplified: what the other zooms are made from.
    """

    zoom = models.PositiveSmallIntegerField()
    parcels = models.PositiveIntegerField()
    geom_3857 = models.GeometryField(srid=3857, spatial_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["zoom", "plan_no", "area", "block_no", "cell"], name="group_one")
        ]
        indexes = [GistIndex(fields=["zoom", "geom_3857"], name="group_place")]


class StaleBlock(Numbered):
    """A block that a change touched and whose outlines are not made again yet.

    Written by the transaction that changes the parcels, so it is there exactly when the change is. Where the change
    ``keeps_outline`` (lots were divided or merged inside the block) the outline that is kept is drawn, with ``delta``
    parcels more; otherwise the block is drawn from its parcels.
    """

    keeps_outline = models.BooleanField(default=False, db_default=False)
    delta = models.IntegerField(default=0, db_default=0)
