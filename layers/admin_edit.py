"""Set-up pages in which features are edited by hand: every write goes through ``layers.editing``.

The page of a feature is one of the site's own, with its map; lists are Django's. Nothing is deleted: a feature is
retired, and its history can be read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, cast

import shapely
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from layers.added import as_layer
from layers.admin_pages import MapAdmin, VersionFilter, may_edit, viewer_of
from layers.catalog.base import Layer
from layers.edit_checks import EditFinding, EditRefused, editable_fields
from layers.editing import Edit, apply_edits
from layers.edits import NoSuchFeature, NotEditable, StaleVersion
from layers.files.mapping import LayerField
from layers.forms import FeatureForm, tell
from layers.models import AddedLayer, AuditRow, Feature, VersionedRow
from layers.registry import LAYERS
from layers.shapes import write_shape

__all__ = ["EditedAdmin", "FeatureAdmin", "title_of"]

_HISTORY_SHOWN = 100
_LONGEST_SHAPE = 2**20
"""A longer shape is not put into the form: a browser would stumble, and a request is no larger than twice that."""


def title_of(layer: Layer) -> str:
    """Return a layer's title in the language of the page."""
    return layer.title_en if get_language() == "en" else layer.title_ar


class EditedAdmin(MapAdmin):
    """The features of a table that people edit."""

    list_filter: ClassVar[Any] = (VersionFilter,)
    ordering = ("-id",)

    # Which layer ------------------------------------------------------------------------------------------------

    def layers(self) -> dict[str, Layer]:
        """Return the layers whose features stand in this table, by code."""
        return {c: layer for c, layer in LAYERS.items() if layer.table == self.model._meta.db_table}

    def layer_of(self, row: VersionedRow) -> Layer | None:
        """Return the layer that a row belongs to; None for one of no layer, such as a municipality's boundary."""
        for layer in self.layers().values():
            if all(getattr(row, name) == value for name, value in layer.fixed.items()):
                return layer
        return None

    # Who may ----------------------------------------------------------------------------------------------------

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_edit(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not may_edit(request):
            return False
        return obj is None or (obj.is_current and self.layer_of(obj) is not None)

    # Pages ------------------------------------------------------------------------------------------------------

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show and save one feature; a past version, or one of no layer, is shown as Django shows what is read only."""
        if object_id is None:
            if not self.has_add_permission(request):
                raise PermissionDenied
            return self._add(request)
        row = cast("VersionedRow | None", self.get_object(request, unquote(object_id)))
        layer = None if row is None or not may_edit(request) else self.layer_of(row)
        # A version that ended while its form was open is sent too: the writer says who was faster.
        if row is None or layer is None or not (row.is_current or request.method == "POST"):
            return super().changeform_view(request, object_id, form_url, extra_context)
        return self._edit(request, layer, row)

    def _add(self, request: HttpRequest) -> HttpResponse:
        layers = self.layers()
        layer = layers.get(request.GET.get("layer", "")) or (next(iter(layers.values())) if len(layers) == 1 else None)
        if layer is None:
            options = [(f"?layer={code}", title_of(one)) for code, one in layers.items()]
            context = {"heading": _("Add to which layer?"), "options": options}
            return self._page(request, "layers/admin/choose.html", context)
        return self._edit(request, layer, None)

    def _edit(self, request: HttpRequest, layer: Layer, row: VersionedRow | None) -> HttpResponse:
        findings: tuple[EditFinding, ...] = ()
        stale: StaleVersion | None = None
        form = FeatureForm(layer, request.POST or None, initial=_initial(layer, row))
        retires = row is not None and "_retire" in request.POST
        if request.method == "POST" and (form.is_valid() or (retires and "expected" in form.cleaned_data)):
            edit = _edit_of(form, row, retires=retires)
            try:
                return self._save(request, layer, edit)
            except EditRefused as refused:
                findings = refused.findings
                tell(form, findings)
            except StaleVersion as error:
                stale = error
            except (NotEditable, NoSuchFeature) as error:
                form.add_error(None, _sentence(error))
        context = {
            "form": form, "layer": layer, "row": row, "heading": title_of(layer), "stale": self._stale(stale),
            "map": _map(form, row, findings), "history": None if row is None else self._address("history", row.pk),
            "names": [form[f.name] for f in editable_fields(layer)],
        }  # fmt: skip
        return self._page(request, "layers/admin/feature.html", context, status=409 if stale else 200)

    def _save(self, request: HttpRequest, layer: Layer, edit: Edit) -> HttpResponse:
        areas = tuple(sorted(viewer_of(request).areas))
        written = apply_edits(layer, [edit], acting_user_id=request.user.pk, areas=areas)[0]
        if not written.is_changed:
            messages.info(request, _("Nothing was changed, so nothing was written."))
        elif edit.action == "retire":
            messages.success(request, _("The feature was retired. Its history stays."))
        else:
            messages.success(request, _("Saved as a new version; the map shows it now."))
        name = "changelist" if written.id is None or "_list" in request.POST else "change"
        return HttpResponseRedirect(self._address(name, *(() if name == "changelist" else (written.id,))))

    def _stale(self, stale: StaleVersion | None) -> dict[str, Any] | None:
        """Return what to say of a version that was overtaken: who, when, and where the present one is."""
        if stale is None:
            return None
        now = self.model._default_manager.filter(uid=stale.uid, end_lifespan_version__isnull=True).first()
        return {
            "text": stale.message_en if get_language() == "en" else stale.message_ar,
            "who": _people([stale.actor_id]).get(stale.actor_id, ""),
            "at": stale.at,
            "href": None if now is None else self._address("change", now.pk),
        }

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Show every version of a feature, newest first, with who began it."""
        row = cast("VersionedRow | None", self.get_object(request, unquote(object_id)))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        layer = self.layer_of(row)
        fields = () if layer is None else editable_fields(layer)
        context = {
            "heading": _("Version history"), "row": row, "layer": layer, "back": self._address("change", row.pk),
            "columns": [f.en if get_language() == "en" else f.ar for f in fields],
            "versions": list(_versions(row, fields)),
        }  # fmt: skip
        return self._page(request, "layers/admin/history.html", context)

    # Little things ----------------------------------------------------------------------------------------------

    def _address(self, name: str, *arguments: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=arguments)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        crumbs = [(reverse("admin:index"), _("Set-up")), (self._address("changelist"), self.opts.verbose_name_plural)]
        whole = {**context, "opts": self.opts, "crumbs": crumbs}
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]  # as Django's own pages do
        return TemplateResponse(request, template, whole, status=status)


class FeatureAdmin(EditedAdmin):
    """Features of layers that were added without code."""

    list_display = ("__str__", "layer", "uid", "begin_lifespan_version", "is_current")
    list_filter = (VersionFilter, "layer")
    list_select_related = ("layer",)
    search_fields = ("=uid",)

    def layers(self) -> dict[str, Layer]:
        rows = AddedLayer.objects.filter(retired_at__isnull=True).order_by("code")
        return {row.code: as_layer(row) for row in rows}

    def layer_of(self, row: VersionedRow) -> Layer | None:
        held = cast(Feature, row).layer
        return None if held.retired_at is not None else as_layer(held)


def _initial(layer: Layer, row: VersionedRow | None) -> dict[str, Any]:
    system = {"geom_crs": f"EPSG:{settings.STORAGE_SRID}"}
    if row is None:
        return {**system, **{f.name: f.default for f in editable_fields(layer)}}
    held = cast(Feature, row).properties if layer.is_stored_as_json else row.__dict__
    values = {f.name: held.get(f.name) for f in editable_fields(layer)}
    text = write_shape(_shape(row))
    return {
        **system,
        **values,
        "expected": row.begin_lifespan_version.isoformat(),
        "geom": text if len(text) <= _LONGEST_SHAPE else "",
    }


def _edit_of(form: FeatureForm, row: VersionedRow | None, *, retires: bool) -> Edit:
    shape: BaseGeometry | None = form.cleaned_data.get("shape")
    if row is None:
        return Edit("create", None, form.values(), shape)
    expected = form.cleaned_data["expected"] or row.begin_lifespan_version
    if retires:
        return Edit("retire", row.uid, expected=expected)
    return Edit("change", row.uid, form.values(), shape, expected)


def _shape(row: VersionedRow) -> BaseGeometry:
    return shapely.from_wkb(bytes(row.geom.wkb))  # type: ignore[attr-defined]  # every layer's table has it


def _map(form: FeatureForm, row: VersionedRow | None, findings: Iterable[EditFinding]) -> dict[str, Any] | None:
    """Return what the map shows: the feature as it stands, as it would be, and the places of findings."""
    before = [] if row is None else [_feature("now", _shape(row))]
    typed = getattr(form, "cleaned_data", {}).get("shape")
    drawable = typed is not None and not typed.is_empty and shapely.is_valid(typed)
    after = [_feature("new", typed)] if typed is not None and drawable and form.errors else []
    places = [_feature(f.code, f.where, severity="error") for f in findings if f.where is not None]
    if not (before or after or places):
        return None
    return {"before": before, "after": after, "findings": places}


def _feature(key: str, shape: BaseGeometry, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "id": key, "properties": properties, "geometry": shapely.geometry.mapping(shape)}


def _people(ids: Iterable[int | None]) -> dict[int | None, str]:
    """Return the names of accounts by key."""
    known = [key for key in ids if key is not None]
    return {user.pk: str(user) for user in get_user_model()._default_manager.filter(pk__in=known)}


def _sentence(error: Exception) -> str:
    if isinstance(error, NotEditable):
        return error.message_en if get_language() == "en" else error.message_ar
    return _("There is no such feature.")


def _versions(row: VersionedRow, fields: tuple[LayerField, ...]) -> Iterable[dict[str, Any]]:
    """Yield the versions of a feature, newest first, each with its values and with who began and ended it."""
    audit = AuditRow.objects.filter(subject=str(row.uid)).order_by("-id")[:_HISTORY_SHOWN]
    by_row: dict[tuple[str, int], AuditRow] = {}
    for told in audit:
        for end in ("began", "ended"):
            if isinstance(key := told.payload.get(end), int):
                by_row[end, key] = told
    actors = {told.actor_id for told in by_row.values() if told.actor_id is not None}
    people = _people(actors)
    manager = type(row)._default_manager
    for version in manager.filter(uid=row.uid).order_by("-begin_lifespan_version")[:_HISTORY_SHOWN]:
        held = getattr(version, "properties", None) or version.__dict__
        began, ended = by_row.get(("began", version.pk)), by_row.get(("ended", version.pk))
        yield {
            "begin": version.begin_lifespan_version,
            "end": version.end_lifespan_version,
            "values": [held.get(f.name) for f in fields],
            "began_by": people.get(began.actor_id, "") if began and began.actor_id is not None else "",
            "ended_by": people.get(ended.actor_id, "") if ended and ended.actor_id is not None else "",
            "shape_changed": began is not None and "geometry" in began.payload,
        }
