"""Imagery by name, and the files that make it up. A file is superseded by ending it; none is deleted."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.contrib.postgres.functions import TransactionNow
from django.contrib.postgres.indexes import GistIndex
from django.db.models import F, Q

__all__ = ["Imagery", "ImageryFile"]

KINDS = [("ortho", "ortho"), ("terrain", "terrain")]
READERS = [("everyone", "everyone"), ("staff", "staff")]


class Imagery(models.Model):
    """Pictures of the ground, or its heights, under one name: ``/tiles/imagery/<name>/…``.

    ``kind`` is ``ortho`` (bands are colours) or ``terrain`` (one band, metres). ``low`` and ``high`` are what the
    colours stretch over: heights in metres of a terrain, values of the sensor of pictures that came with more than
    8 bits (null where pictures need no stretching). They are fixed by the first import, so that a new file changes
    no tile that it does not touch.
    """

    name = models.SlugField(max_length=60, unique=True)
    title_ar = models.TextField(blank=True, default="")
    title_en = models.TextField(blank=True, default="")
    kind = models.TextField(choices=KINDS, default="ortho")
    readers = models.TextField(choices=READERS, default="everyone")
    source_ar = models.TextField(blank=True, default="")
    source_en = models.TextField(blank=True, default="")
    licence = models.TextField(blank=True, default="")
    attribution_ar = models.TextField(blank=True, default="")
    attribution_en = models.TextField(blank=True, default="")
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)

    class Meta:
        verbose_name_plural = "imagery"
        constraints = [
            models.CheckConstraint(name="imagery_kind", condition=Q(kind__in=["ortho", "terrain"])),
            models.CheckConstraint(name="imagery_readers", condition=Q(readers__in=["everyone", "staff"])),
            models.CheckConstraint(
                name="imagery_range",
                condition=Q(low__isnull=True, high__isnull=True) | Q(low__lt=F("high")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ImageryFile(models.Model):
    """One file of an imagery: the original as it came, and the web-optimised copy that tiles are read from.

    Paths are relative to ``MEDIA_ROOT``. ``captured_on`` is null where nobody knows the day: such a file lies under
    all dated ones. ``footprint`` covers every pixel that holds anything, in EPSG:3857, and at most 64 pixels more.
    ``zoom`` is the zoom at which a pixel of the copy is a pixel of a 256-pixel tile. ``about`` says how the copy was
    made: coordinate system and operation, scaling, bands, notes.
    """

    imagery = models.ForeignKey(Imagery, on_delete=models.PROTECT, related_name="files", db_index=False)
    file_name = models.TextField()
    original = models.TextField()
    sha256 = models.CharField(max_length=64)
    copy = models.TextField()
    copy_bytes = models.BigIntegerField()
    footprint = models.MultiPolygonField(srid=3857, spatial_index=False)
    captured_on = models.DateField(null=True, blank=True)
    statistics = models.JSONField(default=list)
    nodata = models.FloatField(null=True, blank=True)
    resolution_m = models.FloatField()
    zoom = models.PositiveSmallIntegerField()
    low_zoom = models.PositiveSmallIntegerField()
    about = models.JSONField(default=dict)
    begin_lifespan_version = models.DateTimeField()
    end_lifespan_version = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="imageryfile_ends_after_begin",
                condition=Q(end_lifespan_version__isnull=True)
                | Q(end_lifespan_version__gt=F("begin_lifespan_version")),
            ),
            models.UniqueConstraint(
                name="imageryfile_once", fields=["imagery", "sha256"], condition=Q(end_lifespan_version__isnull=True)
            ),
        ]
        indexes = [
            GistIndex(name="imageryfile_footprint", fields=["footprint"], condition=Q(end_lifespan_version=None)),
            models.Index(name="imageryfile_current", fields=["imagery"], condition=Q(end_lifespan_version=None)),
            models.Index(name="imageryfile_imagery", fields=["imagery"]),
        ]

    def __str__(self) -> str:
        return f"{self.imagery_id}/{self.file_name}"
