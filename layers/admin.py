"""The map's tables in the set-up, to look at: they are written by their own writers, never by hand in a form."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from . import models

__all__ = ["ReadOnlyAdmin"]


class ReadOnlyAdmin(admin.ModelAdmin):
    """A table that can be searched and read, not changed."""

    show_full_result_count = False
    list_per_page = 50
    exclude: ClassVar[tuple[str, ...]] = ("geom",)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(models.Parcel)
class ParcelAdmin(ReadOnlyAdmin):
    list_display = ("uid", "plan_no", "block_no", "parcel_no", "land_use", "begin_lifespan_version", "is_current")
    search_fields = ("=parcel_no", "=uid")
    ordering = ("-id",)


@admin.register(models.Plan, models.Block, models.District, models.Place)
class NamedAreaAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "uid", "begin_lifespan_version", "is_current")
    ordering = ("-id",)


@admin.register(models.Street)
class StreetAdmin(ReadOnlyAdmin):
    exclude = ("geom", "right_of_way")
    list_display = ("__str__", "road_class", "width_m", "uid", "is_current")
    ordering = ("-id",)


@admin.register(models.Zone)
class ZoneAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "kind", "code", "uid", "is_current")
    list_filter = ("kind",)
    ordering = ("-id",)


@admin.register(models.AuditRow)
class AuditRowAdmin(ReadOnlyAdmin):
    exclude = ()
    list_display = ("id", "at", "action", "subject", "actor_id")
    search_fields = ("=subject", "=action")
    ordering = ("-id",)
