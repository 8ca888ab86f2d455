"""Set-up pages of layers without code: send a file, look at what it holds, describe the layer, see it loaded."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from layers.added import LayerChanged, change_layer, definition_of, mark_of, retire_layer
from layers.admin_pages import MapAdmin, may_edit, viewer_of
from layers.definitions import FieldDefinition, LayerDefinition, check_definition
from layers.edit_checks import EditFinding, EditRefused
from layers.files.errors import FileUnreadable
from layers.files.suggesting import FileHint
from layers.forms import DefinitionForm, FieldFormSet, UploadForm, tell
from layers.models import AddedLayer, Feature
from layers.uploads import (
    MAX_UPLOAD_BYTES,
    Upload,
    find_upload,
    first_definition,
    keep_upload,
    start_adding,
    start_looking,
)

__all__ = ["AddedLayerAdmin"]

_WAIT_S = 3.0
"""So long an answer waits for what is quick; what takes longer is told by a page that looks again."""

_FORM_BYTES = 2**20
_SPARE = {"is_taken": False, "kind": "text", "readers": "everyone"}
"""The empty row in which a field may be added to a layer."""


class _Limit(FileUploadHandler):
    """Stops taking a file as soon as it is larger than allowed."""

    received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received += len(raw_data)
        if self.received > MAX_UPLOAD_BYTES:
            self.request.upload_too_large = True  # type: ignore[union-attr]
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return None  # the handlers after this one keep the file


class AddedLayerAdmin(MapAdmin):
    """Layers that a GIS engineer adds without code."""

    list_display = ("code", "name_ar", "name_en", "geometry", "readers", "is_shown")
    list_filter: ClassVar[Any] = ("geometry", "readers")
    search_fields = ("code", "name_ar", "name_en")
    ordering = ("code",)

    @admin.display(description=gettext_lazy("on the map"), boolean=True)
    def is_shown(self, row: AddedLayer) -> bool:
        return row.retired_at is None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # A layer lies everywhere: whoever writes in some areas only adds none.
        return may_edit(request) and not viewer_of(request).areas

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request) and (obj is None or obj.retired_at is None)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            # The limit must be set before the request is read; the check of the token follows in _take.
            path("add/", wrap(csrf_exempt(self.send)), name="layers_addedlayer_add"),
            path("upload/<str:token>/", wrap(self.describe), name="layers_addedlayer_upload"),
            *super().get_urls(),
        ]

    # Sending ----------------------------------------------------------------------------------------------------

    def send(self, request: HttpRequest) -> HttpResponse:
        """Take a file."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        stated = request.META.get("CONTENT_LENGTH") or "0"
        if request.method == "POST" and stated.isdecimal() and int(stated) > 4 * MAX_UPLOAD_BYTES + _FORM_BYTES:
            return self._sending(request, UploadForm(), _too_large(), status=413)
        request.upload_handlers.insert(0, _Limit(request))
        return csrf_protect(self._take)(request)

    def _take(self, request: HttpRequest) -> HttpResponse:
        form = UploadForm(request.POST or None, request.FILES or None)
        if getattr(request, "upload_too_large", False):
            return self._sending(request, UploadForm(), _too_large(), status=413)
        if request.method != "POST" or not form.is_valid():
            return self._sending(request, form)
        file: UploadedFile = form.cleaned_data["file"]
        name = "".join(c for c in str(file.name) if c.isprintable())[-120:] or "layer"
        try:
            upload = keep_upload(name, file.chunks(), cast(int, request.user.pk))
        except FileUnreadable as error:
            return self._sending(request, form, error)
        work = start_looking(upload, layer=form.cleaned_data["layer"] or None, crs=form.cleaned_data["crs"] or None)
        self._wait(work)
        return HttpResponseRedirect(reverse("admin:layers_addedlayer_upload", args=[upload.token]))

    def _sending(
        self, request: HttpRequest, form: UploadForm, error: FileUnreadable | None = None, status: int = 200
    ) -> HttpResponse:
        if error is not None:
            problem = error.message_en if get_language() == "en" else error.message_ar
        else:
            problem = ""
        context = {
            "form": form,
            "problem": problem,
            "heading": _("Add a layer from a file"),
            "megabytes": MAX_UPLOAD_BYTES // 2**20,
        }
        return self._page(request, "layers/admin/upload.html", context, status)

    @staticmethod
    def _wait(work: threading.Thread) -> None:
        work.join(_WAIT_S)

    # Describing -------------------------------------------------------------------------------------------------

    def describe(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show what a file holds and ask what it is to be; then how its loading stands."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        upload = find_upload(token, cast(int, request.user.pk))
        if upload is None:
            raise Http404
        status = upload.status()
        if status["state"] in ("looking", "running"):
            return self._progress(request, upload, status)
        seen = upload.seen()
        if status["state"] == "done" or seen is None:
            return self._progress(request, upload, status)
        hint = seen[0]
        first = first_definition(upload, hint)
        form = DefinitionForm(request.POST or None, initial=DefinitionForm.initial_of(first))
        rows = FieldFormSet(request.POST or None, prefix="fields", initial=_rows(first.fields))
        if request.method == "POST" and form.is_valid() and rows.is_valid() and len(rows.forms) == len(hint.fields):
            fields = [row.definition() for row in rows.forms]
            definition = form.definition(hint.geometry, tuple(f for f in fields if f is not None))
            attributes = {f.name: h.attribute for f, h in zip(fields, hint.fields, strict=True) if f is not None}
            findings = _placed(check_definition(definition), fields)
            if not findings:
                self._wait(start_adding(upload, definition, attributes, acting_user_id=request.user.pk))
                return HttpResponseRedirect(request.path)
            _tell(form, rows, findings)
        return self._describing(request, form, rows, hint, upload, status)

    def _describing(
        self,
        request: HttpRequest,
        form: DefinitionForm,
        rows: Any,
        hint: FileHint,
        upload: Upload,
        status: dict[str, Any],
    ) -> HttpResponse:
        examples = [", ".join(f.examples) for f in hint.fields]
        context = {
            "form": form,
            "rows": rows,
            "lines": list(zip(rows.forms, hint.fields, examples, strict=False)),
            "hint": hint,
            "source": hint.provenance,
            "upload": upload,
            "heading": _("Describe the layer"),
            "failed": [_of(f) for f in status.get("findings", [])] if status["state"] == "failed" else [],
        }
        return self._page(request, "layers/admin/describe.html", context)

    def _progress(self, request: HttpRequest, upload: Upload, status: dict[str, Any]) -> HttpResponse:
        outcome = status.get("outcome")
        is_open = status["state"] in ("looking", "running")
        context = {
            "heading": upload.name,
            "status": status,
            "is_open": is_open,
            "failed": [_of(f) for f in status.get("findings", [])],
            "outcome": outcome,
            "defects": [_defect(d) for d in outcome["defects"]] if outcome else [],
            "features": reverse("admin:layers_feature_changelist"),
            "again": reverse("admin:layers_addedlayer_add"),
        }
        response = self._page(request, "layers/admin/progress.html", context)
        if is_open:
            response["Refresh"] = "2"
        return response

    # Changing ---------------------------------------------------------------------------------------------------

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Describe a layer anew, or retire it."""
        row = None if object_id is None else cast("AddedLayer | None", self.get_object(request, unquote(object_id)))
        if row is None or not self.has_change_permission(request, row):
            return super().changeform_view(request, object_id, form_url, extra_context)
        old = definition_of(row)
        initial = {**DefinitionForm.initial_of(old), "seen": mark_of(old)}
        form = DefinitionForm(request.POST or None, initial=initial)
        rows = FieldFormSet(request.POST or None, prefix="fields", initial=[*_rows(old.fields), _SPARE])
        form.fields["code"].disabled = True
        if request.method == "POST" and "_retire" in request.POST:
            return self._retire(request, row)
        if request.method == "POST" and form.is_valid() and rows.is_valid():
            done = self._change(request, form, rows, old)
            if done is not None:
                return done
        context = {
            "form": form,
            "rows": rows,
            "lines": [(one, None, "") for one in rows.forms],
            "heading": row.name_en if get_language() == "en" else row.name_ar,
            "layer": row,
            "count": Feature.objects.filter(layer=row, end_lifespan_version__isnull=True).count(),
            "features": f"{reverse('admin:layers_feature_changelist')}?layer__id__exact={row.pk}",
            "add": f"{reverse('admin:layers_feature_add')}?layer={row.code}",
        }
        return self._page(request, "layers/admin/describe.html", context)

    def _change(
        self, request: HttpRequest, form: DefinitionForm, rows: Any, old: LayerDefinition
    ) -> HttpResponse | None:
        fields = [one.definition() for one in rows.forms]
        definition = form.definition(old.geometry, tuple(f for f in fields if f is not None))
        try:
            changed = change_layer(definition, seen=form.cleaned_data["seen"], acting_user_id=request.user.pk)
        except EditRefused as refused:
            _tell(form, rows, _placed(refused.findings, fields))
            return None
        except LayerChanged:
            form.add_error(None, _("Someone else has changed this layer since you opened it. Open it again."))
            return None
        words = _("The layer was changed; its tiles are drawn anew.") if changed else _("Nothing was changed.")
        messages.success(request, words)
        return HttpResponseRedirect(request.path)

    def _retire(self, request: HttpRequest, row: AddedLayer) -> HttpResponse:
        try:
            retire_layer(row.code, acting_user_id=request.user.pk)
            messages.success(request, _("The layer was taken off the map. Its features and their history stay."))
        except LayerChanged:
            messages.warning(request, _("The layer had been retired already."))
        return HttpResponseRedirect(reverse("admin:layers_addedlayer_changelist"))

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        here = reverse("admin:layers_addedlayer_changelist")
        crumbs = [(reverse("admin:index"), _("Set-up")), (here, self.opts.verbose_name_plural)]
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]  # as Django's own pages do
        return TemplateResponse(request, template, {**context, "crumbs": crumbs}, status=status)


def _rows(fields: Sequence[FieldDefinition]) -> list[dict[str, Any]]:
    return [{**f.as_json(), "is_taken": True} for f in fields]


def _placed(findings: Sequence[EditFinding], fields: Sequence[FieldDefinition | None]) -> tuple[EditFinding, ...]:
    """Return findings whose ``fields.<n>`` counts the rows of the form, not the fields that were taken."""
    taken = [n for n, field in enumerate(fields) if field is not None]
    placed = []
    for finding in findings:
        head, _dot, number = finding.field.partition(".")
        where = f"fields.{taken[int(number)]}" if head == "fields" and number else finding.field
        placed.append(EditFinding(finding.code, where, finding.ar, finding.en))
    return tuple(placed)


def _tell(form: DefinitionForm, rows: Any, findings: tuple[EditFinding, ...]) -> None:
    language = get_language() or "ar"
    for finding in findings:
        head, _dot, number = finding.field.partition(".")
        if head == "fields" and number:
            rows.forms[int(number)].add_error("name", finding.text(language))
    tell(form, tuple(f for f in findings if "." not in f.field))


def _of(said: dict[str, Any]) -> str:
    return str(said["en"] if get_language() == "en" else said["ar"])


def _defect(defect: dict[str, Any]) -> dict[str, Any]:
    return {**defect, "lines": [(s["row"], _of(s)) for s in defect["samples"]]}


def _too_large() -> FileUnreadable:
    limit = MAX_UPLOAD_BYTES // 2**20
    return FileUnreadable(
        f"الملف أكبر من {limit} ميغابايت؛ حمّله بالأمر import_layer.",
        f"The file is larger than {limit} MB; load it with import_layer.",
        what="too_large",
    )
