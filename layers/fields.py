"""Geometry fields in the storage CRS, whatever municipality the database belongs to.

The SRID is the setting ``STORAGE_SRID`` and stays out of the migrations, so that they are the same everywhere.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.gis.db import models

__all__ = [
    "StorageGeometryField",
    "StorageLineStringField",
    "StorageMultiLineStringField",
    "StorageMultiPolygonField",
    "StoragePointField",
    "StoragePolygonField",
]


class _InStorageCrs:
    """Fixes ``srid`` to the setting and leaves it, and the index, out of what a migration records."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["srid"] = settings.STORAGE_SRID
        kwargs.setdefault("spatial_index", False)  # indexes are named and written out in Meta
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()  # type: ignore[misc]  # the mixin comes before a Field
        kwargs.pop("srid", None)
        kwargs.pop("spatial_index", None)
        return name, path, args, kwargs


class StorageGeometryField(_InStorageCrs, models.GeometryField):
    pass


class StoragePointField(_InStorageCrs, models.PointField):
    pass


class StorageLineStringField(_InStorageCrs, models.LineStringField):
    pass


class StorageMultiLineStringField(_InStorageCrs, models.MultiLineStringField):
    pass


class StoragePolygonField(_InStorageCrs, models.PolygonField):
    pass


class StorageMultiPolygonField(_InStorageCrs, models.MultiPolygonField):
    pass
