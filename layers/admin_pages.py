"""What the set-up pages of the map share: who may look, who may write, and tables that are only looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from django.contrib import admin
from django.contrib.admin.utils import display_for_value
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from layers.viewer import ANONYMOUS, Viewer

__all__ = ["EDITORS", "MapAdmin", "ReadOnlyAdmin", "VersionFilter", "may_edit", "viewer_of"]

EDITORS: Final = ("gis_engineer", "administrator")
"""Roles that write the map's layers; they also need the door to the set-up pages (``is_staff``)."""


def viewer_of(request: HttpRequest) -> Viewer:
    """Return who is looking, as the application's middleware knows."""
    viewer: Viewer = getattr(request, "viewer", ANONYMOUS)
    return viewer


def may_edit(request: HttpRequest) -> bool:
    """Return whether this person writes the map's layers."""
    user = request.user
    if not (user.is_active and getattr(user, "is_staff", False)):
        return False
    return bool(getattr(user, "is_superuser", False)) or viewer_of(request).has_role(*EDITORS)


HEADINGS: Final[Mapping[str, Any]] = {
    "uid": pgettext_lazy("column", "Identifier"),
    "plan_no": pgettext_lazy("column", "Plan"),
    "block_no": pgettext_lazy("column", "Block"),
    "parcel_no": pgettext_lazy("column", "Parcel"),
    "land_use": pgettext_lazy("column", "Land use"),
    "road_class": pgettext_lazy("column", "Class"),
    "width_m": pgettext_lazy("column", "Width (m)"),
    "code": pgettext_lazy("column", "Code"),
    "kind": pgettext_lazy("column", "Kind"),
    "begin_lifespan_version": pgettext_lazy("column", "Since"),
    "is_current": pgettext_lazy("column", "Current"),
    "id": pgettext_lazy("column", "No."),
    "at": pgettext_lazy("column", "At"),
    "action": pgettext_lazy("column", "Act"),
    "subject": pgettext_lazy("column", "About"),
    "actor_id": pgettext_lazy("column", "Account"),
    "acting_user_id": pgettext_lazy("column", "Account"),
    "service": pgettext_lazy("column", "Service"),
    "reference": pgettext_lazy("column", "Reference"),
    "number": pgettext_lazy("column", "Number"),
    "hijri_date": pgettext_lazy("column", "Hijri date"),
    "issuer": pgettext_lazy("column", "Issued by"),
    "is_valid": pgettext_lazy("column", "Valid"),
    "size": pgettext_lazy("column", "Size"),
    "uids": pgettext_lazy("column", "Parcels"),
    "ba_unit_id": pgettext_lazy("column", "Title"),
    "begin_entry_id": pgettext_lazy("column", "Begun by entry"),
    "end_entry_id": pgettext_lazy("column", "Ended by entry"),
    "begin_entry": pgettext_lazy("column", "Begun by entry"),
    "end_entry": pgettext_lazy("column", "Ended by entry"),
    "entry": pgettext_lazy("column", "Entry"),
    "ba_unit": pgettext_lazy("column", "Title"),
    "end_lifespan_version": pgettext_lazy("column", "Until"),
    "official_area_m2": pgettext_lazy("column", "Deed area (m²)"),
    "surveyed_area_m2": pgettext_lazy("column", "Measured area (m²)"),
    "calculated_area_m2": pgettext_lazy("column", "Area of the outline (m²)"),
    "building_area_m2": pgettext_lazy("column", "Built area (m²)"),
    "area_m2": pgettext_lazy("column", "Area (m²)"),
    "unit_count": pgettext_lazy("column", "Units"),
    "payload": pgettext_lazy("column", "Content"),
    "xact": pgettext_lazy("column", "Transaction"),
    "change_set": pgettext_lazy("column", "Changes"),
    "guarded_rows": pgettext_lazy("column", "Rows written"),
    "form": pgettext_lazy("column", "Form"),
    "sha256": pgettext_lazy("column", "Fingerprint (SHA-256)"),
    "details": pgettext_lazy("column", "Details"),
    "detail": pgettext_lazy("column", "Details"),
    "holder": pgettext_lazy("column", "In favour of"),
    "parcel_uid": pgettext_lazy("column", "Parcel"),
}
"""What columns are called on pages; models keep the names of their fields."""


class ReadOnlyAdmin(admin.ModelAdmin):
    """A table that can be searched and read, not changed. ``words`` gives codes of a column in words."""

    show_full_result_count = False
    words: ClassVar[Mapping[str, Callable[[str], str]]] = {}
    list_per_page = 50
    exclude: ClassVar[tuple[str, ...]] = ("geom",)

    def get_list_display(self, request: HttpRequest) -> Any:
        return [self._column(name) for name in super().get_list_display(request)]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        names = super().get_fields(request, obj)
        return names if self.has_change_permission(request, obj) else [self._column(name) for name in names]

    def _column(self, name: Any) -> Any:
        """Return a column under its heading; one that has none of ours stays Django's."""
        if name not in HEADINGS or hasattr(type(self), name):
            return name
        fields = {field.attname for field in self.model._meta.get_fields() if hasattr(field, "attname")}
        words, is_flag = self.words.get(name), name.startswith("is_")

        @admin.display(description=HEADINGS[name], ordering=name if name in fields else None, boolean=is_flag)
        def column(row: Model) -> Any:
            value = getattr(row, name)
            if words is not None:
                return words(value)
            return value if is_flag else display_for_value(value, "—")

        return column

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class MapAdmin(ReadOnlyAdmin):
    """A table of the map: whoever edits layers may look at it too."""

    exclude: ClassVar[tuple[str, ...]] = ("geom", "geom_3857")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may_edit(request) or super().has_view_permission(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_edit(request) or super().has_module_permission(request)


class VersionFilter(admin.SimpleListFilter):
    """Versions that stand, by default; past ones on request."""

    title = _("versions")
    parameter_name = "versions"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("past", _("Past")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Any:
        """Yield Django's choices; what it calls "all" is the present here."""
        for n, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": _("Current")} if n == 0 else choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        return queryset.filter(end_lifespan_version__isnull=self.value() != "past")
