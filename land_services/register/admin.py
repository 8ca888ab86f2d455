"""The register in the set-up, to look at. Parties are not here: owner data has one reader, who records each look."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.utils.translation import get_language
from django.utils.translation import pgettext as _p

from land_services.catalogue import load_catalogue
from land_services.checks.land import RESTRICTIONS
from layers.admin import ReadOnlyAdmin

from . import models


def _is_english() -> bool:
    return get_language() == "en"


def _service(code: str) -> str:
    card = load_catalogue().get(code)
    if card is None:
        return {"load": _p("entry", "First loading"), "registry": _p("entry", "Answer of the registry")}.get(code, code)
    return card.name_en if _is_english() else card.name_ar


def _restriction_kind(code: str) -> str:
    found = RESTRICTIONS.get(code)
    return code if found is None else found["en" if _is_english() else "ar"]


def _source_kind(code: str) -> str:
    return {
        "deed": _p("source", "Deed"),
        "survey_file": _p("source", "Survey file"),
        "drawing": _p("source", "Drawing"),
        "decision": _p("source", "Decision"),
        "letter": _p("source", "Letter"),
        "fabric_file": _p("source", "File of the first loading"),
    }.get(code, code)


@admin.register(models.RegisterEntry)
class RegisterEntryAdmin(ReadOnlyAdmin):
    exclude = ()
    list_display = ("id", "at", "service", "reference", "acting_user_id")
    words: ClassVar = {"service": _service}
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
    words: ClassVar = {"kind": _source_kind}
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
    words: ClassVar = {"kind": _restriction_kind}
    list_filter = ("kind",)
    search_fields = ("=reference",)
    ordering = ("-id",)
