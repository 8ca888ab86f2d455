"""The register in the set-up, to look at. Parties are not here: owner data has one reader, who records each look."""

from __future__ import annotations

from django.contrib import admin

from layers.admin import ReadOnlyAdmin

from . import models


@admin.register(models.RegisterEntry)
class RegisterEntryAdmin(ReadOnlyAdmin):
    exclude = ()
    list_display = ("id", "at", "service", "reference", "acting_user_id")
    search_fields = ("=reference",)
    ordering = ("-id",)


@admin.register(models.BAUnit)
class BAUnitAdmin(ReadOnlyAdmin):
    exclude = ()
    list_display = ("id", "uid", "begin_entry_id", "end_entry_id")
    search_fields = ("=uid",)
    ordering = ("-id",)


@admin.register(models.Source)
class SourceAdmin(ReadOnlyAdmin):
    exclude = ()
    list_display = ("id", "kind", "number", "hijri_date", "issuer", "is_valid")
    list_filter = ("kind",)
    search_fields = ("=number",)
    ordering = ("-id",)


@admin.register(models.Defect)
class DefectAdmin(ReadOnlyAdmin):
    exclude = ("geom", "original")
    list_display = ("id", "kind", "size", "uids")
    list_filter = ("kind",)
    ordering = ("-id",)


@admin.register(models.Restriction)
class RestrictionAdmin(ReadOnlyAdmin):
    exclude = ()
    list_display = ("id", "kind", "reference", "ba_unit_id", "end_entry_id")
    list_filter = ("kind",)
    search_fields = ("=reference",)
    ordering = ("-id",)
