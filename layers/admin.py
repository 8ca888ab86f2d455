"""The map's tables in the set-up: what people edit goes through ``layers.editing``, the rest is looked at."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin

from . import models
from .admin_added import AddedLayerAdmin
from .admin_edit import EditedAdmin, FeatureAdmin
from .admin_pages import MapAdmin, ReadOnlyAdmin
from .locator import admin_days, admin_places

__all__ = ["ReadOnlyAdmin"]

admin.site.register(models.AddedLayer, AddedLayerAdmin)
admin.site.register(models.Feature, FeatureAdmin)
admin.site.register(models.Place, admin_places.PlaceAdmin)
admin.site.register(models.Holiday, admin_days.HolidayAdmin)
admin.site.register(models.RamadanPeriod, admin_days.RamadanAdmin)
admin.site.register(models.PrayerTime, admin_days.PrayerTimeAdmin)
admin.site.register(models.PrayerPause, admin_days.PrayerPauseAdmin)
admin.site.register(models.PlaceClosure, admin_places.ClosureAdmin)
admin.site.register(models.EmergencyList, admin_places.EmergencyAdmin)
admin.site.register(models.PlaceSuggestion, admin_places.SuggestionAdmin)


@admin.register(models.Parcel)
class ParcelAdmin(MapAdmin):
    list_display = ("uid", "plan_no", "block_no", "parcel_no", "land_use", "begin_lifespan_version", "is_current")
    search_fields = ("=parcel_no", "=uid")
    ordering = ("-id",)


@admin.register(models.Plan, models.District)
class NamedAreaAdmin(EditedAdmin):
    list_display = ("__str__", "uid", "begin_lifespan_version", "is_current")
    search_fields = ("name_ar", "name_en", "=uid")


@admin.register(models.Block)
class BlockAdmin(EditedAdmin):
    list_display = ("__str__", "uid", "begin_lifespan_version", "is_current")
    search_fields = ("=plan_no", "=block_no", "=uid")


@admin.register(models.Address)
class AddressAdmin(EditedAdmin):
    list_display = ("__str__", "uid", "begin_lifespan_version", "is_current")
    search_fields = ("=uid",)


@admin.register(models.Street)
class StreetAdmin(EditedAdmin):
    exclude: ClassVar[tuple[str, ...]] = ("geom", "geom_3857", "right_of_way")
    list_display = ("__str__", "road_class", "width_m", "uid", "is_current")
    search_fields = ("name_ar", "name_en", "=uid")


@admin.register(models.Zone)
class ZoneAdmin(EditedAdmin):
    list_display = ("__str__", "kind", "code", "uid", "is_current")
    list_filter = (*EditedAdmin.list_filter, "kind")
    search_fields = ("name_ar", "name_en", "code", "=uid")


@admin.register(models.AuditRow)
class AuditRowAdmin(ReadOnlyAdmin):
    exclude = ()
    list_display = ("id", "at", "action", "subject", "actor_id")
    search_fields = ("=subject", "=action")
    ordering = ("-id",)
