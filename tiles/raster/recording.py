"""The database's side of an import: one transaction, and everybody told which land it touches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry
from django.db import connections, transaction
from shapely.geometry.base import BaseGeometry

from layers import audit, crs
from layers.events import LandTouched, announce
from tiles.raster.catalogue import layer_code
from tiles.raster.models import Imagery, ImageryFile

if TYPE_CHECKING:
    from tiles.raster.importing import Options

__all__ = ["Made", "Recorded", "current_imagery", "is_recorded", "record", "storage_geometry", "unused"]

_EXACT_M = 0.01


@dataclass(frozen=True)
class Made:
    """A converted file that waits to be put in place and written down. Paths are relative to ``MEDIA_ROOT``."""

    inspected: dict[str, Any]
    file_name: str
    draft_original: Path
    draft_copy: Path
    original: str
    sha256: str
    copy: str
    copy_bytes: int
    footprint: shapely.MultiPolygon
    captured_on: date | None
    statistics: list[dict[str, float]]
    nodata: float | None
    resolution_m: float
    zoom: int
    low_zoom: int
    about: dict[str, Any]


@dataclass(frozen=True)
class Recorded:
    """A file as it was written down."""

    id: int
    made: Made
    superseded: int | None


def current_imagery(name: str, using: str) -> Imagery | None:
    return Imagery.objects.using(using).filter(name=name).first()


def is_recorded(name: str, sha256: str, reading: dict[str, Any], day: date | None, using: str) -> bool:
    """Return whether the same file, read in the same way, is part of an imagery already."""
    found = ImageryFile.objects.using(using).filter(
        imagery__name=name, sha256=sha256, end_lifespan_version=None, about__reading=reading
    )
    return (found if day is None else found.filter(captured_on=day)).exists()


def unused(paths: Sequence[str], using: str) -> list[str]:
    """Return those of some paths that no file of any imagery has, ended ones included."""
    files = ImageryFile.objects.using(using)
    kept = {*files.filter(original__in=paths).values_list("original", flat=True)}
    kept |= {*files.filter(copy__in=paths).values_list("copy", flat=True)}
    return [path for path in paths if path not in kept]


def record(
    name: str, kind: str, options: Options, low: float | None, high: float | None, made: Sequence[Made], *, using: str
) -> list[Recorded]:
    """Write an import down and announce it; all in one transaction."""
    with transaction.atomic(using=using):
        imagery, is_new, is_changed = _imagery(name, kind, options, low, high, using)
        with connections[using].cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            now = cursor.fetchone()[0]
        touched: list[BaseGeometry] = []
        recorded = []
        for one in made:
            former = ImageryFile.objects.using(using).filter(
                imagery=imagery, sha256=one.sha256, end_lifespan_version=None
            )
            superseded = None
            for old in former:
                touched.append(shapely.from_wkb(bytes(old.footprint.wkb)))
                superseded = old.pk
            former.update(end_lifespan_version=now)
            recorded.append(Recorded(_insert(imagery, one, now, using).pk, one, superseded))
            touched.append(one.footprint)
        if not (made or is_new or is_changed):
            return []
        payload = {
            "files": [[r.made.file_name, r.made.sha256] for r in recorded],
            "superseded": [r.superseded for r in recorded if r.superseded],
        }
        audit.record("imagery.import", subject=layer_code(name), payload=payload, using=using)
        # Who may read, and what it is called, concern every tile and the description: no land in particular.
        land = shapely.MultiPolygon() if is_new or is_changed else storage_geometry(touched)
        announce(LandTouched(frozenset({layer_code(name)}), (), land, using))
    return recorded


def _imagery(
    name: str, kind: str, options: Options, low: float | None, high: float | None, using: str
) -> tuple[Imagery, bool, bool]:
    wanted: dict[str, Any] = {key: value for key, value in options.words.items() if value is not None}
    if options.readers is not None:
        wanted["readers"] = options.readers
    objects = Imagery.objects.using(using)
    imagery, is_new = objects.get_or_create(name=name, defaults={"kind": kind, "low": low, "high": high, **wanted})
    imagery = objects.select_for_update().get(pk=imagery.pk)
    if imagery.low is None and low is not None:
        wanted |= {"low": low, "high": high}
    changed = [key for key, value in wanted.items() if getattr(imagery, key) != value]
    for key in changed:
        setattr(imagery, key, wanted[key])
    if changed:
        imagery.save(using=using, update_fields=changed)
    return imagery, is_new, bool(changed)


def _insert(imagery: Imagery, one: Made, now: Any, using: str) -> ImageryFile:
    return ImageryFile.objects.using(using).create(
        imagery=imagery,
        file_name=one.file_name,
        original=one.original,
        sha256=one.sha256,
        copy=one.copy,
        copy_bytes=one.copy_bytes,
        footprint=GEOSGeometry(memoryview(shapely.to_wkb(one.footprint)), srid=3857),  # type: ignore[misc]  # one of them
        captured_on=one.captured_on,
        statistics=one.statistics,
        nodata=one.nodata,
        resolution_m=one.resolution_m,
        zoom=one.zoom,
        low_zoom=one.low_zoom,
        about=one.about,
        begin_lifespan_version=now,
    )


def storage_geometry(footprints: Sequence[BaseGeometry]) -> BaseGeometry:
    """Return footprints of EPSG:3857 in the storage CRS; an empty geometry, which means everywhere, where it has none.

    A picture far outside the storage CRS's area cannot be told in it: its coordinates there do not lead back.
    """
    whole = shapely.union_all(list(footprints))
    points = shapely.get_coordinates(whole)
    try:
        stored = crs.transform_coordinates(points, 3857, settings.STORAGE_SRID, allow_legacy=True)
        back = crs.transform_coordinates(stored, settings.STORAGE_SRID, 3857, allow_legacy=True)
    except crs.CrsRefused:
        return shapely.MultiPolygon()
    if not np.isfinite(stored).all() or not np.abs(back - points).max(initial=0.0) <= _EXACT_M:
        return shapely.MultiPolygon()
    return shapely.transform(whole, lambda _: stored)
