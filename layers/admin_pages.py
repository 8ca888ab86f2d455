"""What the set-up pages of the map share: who may look, who may write, and tables that are only looked at."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

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
