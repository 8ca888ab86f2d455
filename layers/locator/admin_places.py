"""Set-up pages of what holds for places for a time: closures, lists for an emergency, and residents' suggestions."""

from __future__ import annotations

import hashlib
import json
from typing import Any, ClassVar, cast

import shapely
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.utils import unquote
from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from layers import audit
from layers.admin_edit import EditedAdmin
from layers.admin_pages import may_edit, viewer_of
from layers.edit_checks import EditRefused
from layers.editing import NoSuchFeature
from layers.edits import StaleVersion
from layers.forms import DEGREES, FeatureForm
from layers.locator.admin_days import WORDS, AuditedAdmin
from layers.locator.categories import CATEGORIES
from layers.locator.models import EmergencyEntry, EmergencyList, PlaceClosure, PlaceSuggestion
from layers.locator.moderation import AlreadyDecided, edit_of, take, turn_down
from layers.models import District, Place
from layers.registry import LAYERS
from layers.shapes import ShapeUnreadable, read_shape

__all__ = ["ClosureAdmin", "EmergencyAdmin", "PlaceAdmin", "SuggestionAdmin"]


def _in_areas(request: HttpRequest, places: list[Any]) -> bool:
    """Return whether all places, by uid, lie where this person may write."""
    areas = sorted(viewer_of(request).areas)
    if not areas:
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM layers_place p JOIN layers_zone z ON ST_Covers(z.geom, p.geom)
               WHERE p.uid = ANY(%s::uuid[]) AND p.end_lifespan_version IS NULL AND z.kind = 'municipality'
                 AND z.code = ANY(%s) AND z.end_lifespan_version IS NULL""",
            [[str(uid) for uid in places], areas],
        )
        return bool(cursor.fetchone()[0] >= len(set(places)))


def _place_name(uid: Any) -> str:
    row = Place.objects.filter(uid=uid, end_lifespan_version__isnull=True).first()
    return "—" if row is None else str(row)


# Closures -----------------------------------------------------------------------------------------------------------


class ClosureForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the checker only
    class Meta:
        model = PlaceClosure
        fields = ("place_uid", "begins_at", "ends_at", "reason_ar", "reason_en")

    def clean_place_uid(self) -> Any:
        uid = self.cleaned_data["place_uid"]
        if not Place.objects.filter(uid=uid, end_lifespan_version__isnull=True).exists():
            raise forms.ValidationError(_("There is no such place on the map. Open a place and copy its identifier."))
        return uid


class ClosureAdmin(AuditedAdmin):
    """Temporary closures. Only the end of one is changed; it is called off, not deleted."""

    form = ClosureForm
    list_display = ("place", "begins_at", "ends_at", "reason_ar", "called_off_at")
    search_fields = ("=place_uid",)
    ordering = ("-begins_at",)
    actions = ("call_off",)

    @admin.display(description=gettext_lazy("place"))
    def place(self, row: PlaceClosure) -> str:
        return _place_name(row.place_uid)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_edit(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_edit(request) and (
            obj is None or (obj.called_off_at is None and _in_areas(request, [obj.place_uid]))
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("place_uid", "begins_at", "reason_ar", "reason_en")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not _in_areas(request, [obj.place_uid]):
            raise PermissionDenied
        super().save_model(request, obj, form, change)

    @admin.action(description=gettext_lazy("Call off the chosen closures"), permissions=["change"])
    def call_off(self, request: HttpRequest, queryset: QuerySet[PlaceClosure]) -> None:
        """End the chosen closures now, each with an audit row."""
        standing = list(queryset.filter(called_off_at__isnull=True))
        if not _in_areas(request, [row.place_uid for row in standing]):
            raise PermissionDenied
        with transaction.atomic():
            for row in standing:
                row.called_off_at = timezone.now()
                row.save(update_fields=["called_off_at"])
                self.tell(request, "call_off", row, {"place_uid": row.place_uid})
        messages.success(request, _("%(count)d closures were called off.") % {"count": len(standing)})


# Emergencies --------------------------------------------------------------------------------------------------------


class EmergencyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A list with its area: a shape that is pasted, chosen districts, or both together."""

    categories = forms.MultipleChoiceField(label=gettext_lazy("Categories"), widget=forms.CheckboxSelectMultiple)
    area_text = forms.CharField(
        label=gettext_lazy("Area"),
        required=False,
        help_text=gettext_lazy("GeoJSON or WKT: one area. Or choose districts below."),
        widget=forms.Textarea(attrs={"rows": 4, "dir": "ltr", "spellcheck": "false"}),
    )
    area_crs = forms.ChoiceField(label=gettext_lazy("Coordinates of the area"), required=False)
    districts = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Districts"), required=False, queryset=District.objects.none()
    )

    class Meta:
        model = EmergencyList
        fields = ("title_ar", "title_en", "note_ar", "note_en", "begins_at", "ends_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:  # of a list that stands only its end and its notes are changed
            for name in ("categories", "area_text", "area_crs", "districts"):
                self.fields.pop(name, None)
            return
        english = get_language() == "en"
        choices = [(code, c.en if english else c.ar) for code, c in CATEGORIES.items()]
        cast(forms.MultipleChoiceField, self.fields["categories"]).choices = choices
        cast(forms.ChoiceField, self.fields["area_crs"]).choices = [
            (DEGREES, _("Degrees (WGS 84), longitude first")),
            (f"EPSG:{settings.STORAGE_SRID}", f"EPSG:{settings.STORAGE_SRID}"),
        ]
        current = District.objects.filter(end_lifespan_version__isnull=True).order_by("name_ar")
        cast(forms.ModelMultipleChoiceField, self.fields["districts"]).queryset = current  # type: ignore[type-arg]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "area_text" not in self.fields:
            return cleaned
        try:
            area = self._area(cleaned)
        except ShapeUnreadable as error:
            self.add_error("area_text", error.text(get_language() or "ar"))
            return cleaned
        if area is None:
            self.add_error("area_text", _("Give an area, or choose at least one district."))
            return cleaned
        self.instance.area = GEOSGeometry(memoryview(shapely.to_wkb(area)), srid=settings.STORAGE_SRID)
        self.instance.categories = cleaned.get("categories", [])
        return cleaned

    def _area(self, cleaned: dict[str, Any]) -> shapely.MultiPolygon | None:
        shapes = [shapely.from_wkb(bytes(d.geom.wkb)) for d in cleaned.get("districts", ())]
        if text := cleaned.get("area_text", ""):
            pasted = read_shape(text, cleaned.get("area_crs") or DEGREES)
            if shapely.get_dimensions(pasted) != 2 or pasted.is_empty or not pasted.is_valid:
                raise ShapeUnreadable(
                    "المطلوب مساحة (مضلع) سليمة الحدود.", "An area is needed, one whose outline does not cross itself."
                )
            shapes.append(pasted)
        joined = shapely.union_all(shapes) if shapes else None
        if joined is None or joined.is_empty:
            return None
        return shapely.MultiPolygon([p for p in shapely.get_parts(joined) if shapely.get_dimensions(p) == 2])


class EntryInline(admin.TabularInline):  # type: ignore[type-arg]
    """The places on a list; they are put there from the list of places, and taken off here."""

    model = EmergencyEntry
    fields = readonly_fields = ("place", "place_uid", "opening_hours")
    extra = 0
    template = "layers/admin/entries.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(taken_off_at__isnull=True)

    @admin.display(description=gettext_lazy("place"))
    def place(self, row: EmergencyEntry) -> str:
        return _place_name(row.place_uid)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Tell whether places may be taken off: of a list that may be changed, which one that is off may not."""
        return may_edit(request) and not viewer_of(request).areas and (obj is None or obj.switched_off_at is None)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_edit(request)


class EmergencyAdmin(AuditedAdmin):
    """Lists for an emergency: made, filled from the list of places, prolonged or shortened, switched off."""

    form = EmergencyForm
    list_display = ("__str__", "categories", "begins_at", "ends_at", "switched_off_at")
    ordering = ("-begins_at",)
    inlines = (EntryInline,)
    actions = ("switch_off",)
    _LATER: ClassVar[tuple[str, ...]] = ("note_ar", "note_en", "ends_at")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        made = ("title_ar", "title_en", "note_ar", "note_en")
        if obj is not None:
            return (*made, "categories", "begins_at", "ends_at", "switched_off_at")
        return (*made, "categories", "area_text", "area_crs", "districts", "begins_at", "ends_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else tuple(f for f in self.get_fields(request, obj) if f not in self._LATER)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request) and (obj is None or obj.switched_off_at is None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Take places off the list, with an audit row; nothing else of an entry is written here."""
        chosen = sorted(entry.pk for one in formset.deleted_forms if (entry := one.instance).pk)
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        with transaction.atomic():
            taken = EmergencyEntry.objects.filter(pk__in=chosen, emergency=form.instance, taken_off_at__isnull=True)
            places = sorted(str(uid) for uid in taken.values_list("place_uid", flat=True))
            if places:
                taken.update(taken_off_at=timezone.now())
                self.tell(request, "take_off", form.instance, {"places": ", ".join(places)})
                messages.success(request, _("%(count)d places were taken off the list.") % {"count": len(places)})

    def tell(self, request: HttpRequest, what: str, obj: Any, values: dict[str, Any]) -> None:
        told = {k: v for k, v in values.items() if k not in ("area_text", "area_crs", "districts")}
        if what == "create":
            told["area"] = hashlib.sha256(bytes(obj.area.wkb)).hexdigest()
        super().tell(request, what, obj, told)

    @admin.action(description=gettext_lazy("Switch off the chosen lists"), permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[EmergencyList]) -> None:
        """Switch the chosen lists off now, each with an audit row."""
        standing = list(queryset.filter(switched_off_at__isnull=True))
        with transaction.atomic():
            for row in standing:
                row.switched_off_at = timezone.now()
                row.save(update_fields=["switched_off_at"])
                self.tell(request, "switch_off", row, {})
        messages.success(request, _("%(count)d lists were switched off.") % {"count": len(standing)})


class ListForm(ActionForm):
    emergency = forms.ModelChoiceField(
        label=gettext_lazy("Emergency list"), required=False, queryset=EmergencyList.objects.none()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        standing = EmergencyList.objects.filter(switched_off_at__isnull=True, ends_at__gt=timezone.now())
        cast(forms.ModelChoiceField, self.fields["emergency"]).queryset = standing.order_by("begins_at")  # type: ignore[type-arg]


class PlaceAdmin(EditedAdmin):
    """Places: edited, closed for a time, and put on a list for an emergency."""

    list_display = ("__str__", "category", "kind", "uid", "begin_lifespan_version", "is_current", "closing")
    list_filter = (*EditedAdmin.list_filter, "category")
    search_fields = ("name_ar", "name_en", "=uid")
    action_form = ListForm
    actions = ("put_on_list",)

    @admin.display(description=gettext_lazy("closure"))
    def closing(self, row: Place) -> str:
        address = reverse("admin:layers_placeclosure_add")
        return format_html('<a href="{}?place_uid={}">{}</a>', address, row.uid, _("Close for a time"))

    @admin.action(description=gettext_lazy("Put on the emergency list"), permissions=["change"])
    def put_on_list(self, request: HttpRequest, queryset: QuerySet[Place]) -> None:
        """Put the chosen places on the list named beside the action; those that are on it stay as they are."""
        if viewer_of(request).areas:
            raise PermissionDenied
        try:
            emergency = ListForm().fields["emergency"].clean(request.POST.get("emergency", ""))
        except forms.ValidationError:
            emergency = None
        if emergency is None:
            messages.error(request, _("Choose the emergency list beside the action."))
            return
        uids = list(queryset.filter(end_lifespan_version__isnull=True).values_list("uid", flat=True))
        with transaction.atomic():
            on_it = EmergencyEntry.objects.filter(emergency=emergency, taken_off_at__isnull=True)
            there = set(on_it.values_list("place_uid", flat=True))
            added = [EmergencyEntry(emergency=emergency, place_uid=uid) for uid in uids if uid not in there]
            EmergencyEntry.objects.bulk_create(added)
            audit.record(
                "emergencylist.put",
                subject=str(emergency.pk),
                actor_id=request.user.pk,
                payload={"places": [str(entry.place_uid) for entry in added]},
            )
        messages.success(request, _("%(count)d places were put on the list.") % {"count": len(added)})


# Suggestions --------------------------------------------------------------------------------------------------------


class SuggestionAdmin(AuditedAdmin):
    """Residents' suggestions, one after the other: taken as they are or corrected, or turned down with a remark."""

    list_display = ("number", "what", "place", "sent_at", "state_now", "decided_at")
    list_filter = ("state", "kind")
    ordering = ("sent_at",)
    search_fields = ("=pk",)

    @admin.display(description=gettext_lazy("number"), ordering="pk")
    def number(self, row: PlaceSuggestion) -> int:
        """The number that the sender was given, to ask by."""
        return int(row.pk)

    @admin.display(description=gettext_lazy("place"))
    def place(self, row: PlaceSuggestion) -> str:
        return _place_name(row.place_uid) if row.place_uid else str(row.values.get("name_ar") or "—")

    @admin.display(description=gettext_lazy("kind"), ordering="kind")
    def what(self, row: PlaceSuggestion) -> Any:
        return WORDS.get(row.kind, row.kind)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_now(self, row: PlaceSuggestion) -> Any:
        return WORDS.get(row.state, row.state)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_edit(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show a suggestion beside the place as it stands, and decide it."""
        row = cast("PlaceSuggestion | None", self.get_object(request, unquote(object_id or "")))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        now = Place.objects.filter(uid__in=[row.place_uid], end_lifespan_version__isnull=True).first()
        names = [f for f in FeatureForm(LAYERS["places"]).fields if f in row.values]
        form = FeatureForm(LAYERS["places"], request.POST or None, initial=dict(row.values))
        for name in [f for f in form.fields if f not in names]:
            del form.fields[name]
        problems: list[str] = []
        if request.method == "POST" and row.state == "waiting":
            problems = self._decide(request, row, form)
            if not problems:
                return HttpResponseRedirect(reverse("admin:layers_placesuggestion_changelist"))
        address = reverse("admin:layers_placesuggestion_changelist")
        context = {
            "form": form, "row": row, "now": now, "kind": WORDS[row.kind],
            "state": WORDS[row.state], "problems": problems, "opts": self.opts,
            "heading": _("Suggestion") + f" {row.pk}", "fields": [form[name] for name in names],
            "changes": [(form[name].label, getattr(now, name, ""), row.values[name]) for name in names],
            "moved_m": row.geom.distance(now.geom) if now and row.geom else None,
            "position_now": None if now is None else json.loads(now.geog.geojson),
            "crumbs": [(reverse("admin:index"), _("Set-up")), (address, self.opts.verbose_name_plural)],
            "place_href": reverse("admin:layers_place_change", args=[now.pk]) if now else "",
            "position": None if row.geom is None else json.loads(row.geom.clone().transform(4326, clone=True).geojson),
        }  # fmt: skip
        return TemplateResponse(request, "layers/admin/suggestion.html", context, status=422 if problems else 200)

    def _decide(self, request: HttpRequest, row: PlaceSuggestion, form: FeatureForm) -> list[str]:
        """Take or turn down; return what stands against it."""
        reply = request.POST.get("reply", "")[:500]
        english = get_language() == "en"
        try:
            if "_turn_down" in request.POST:
                turn_down(row, acting_user_id=request.user.pk, reply=reply)
                messages.success(request, _("The suggestion was turned down."))
                return []
            values = {**row.values, **{name: form.data.get(name, "") for name in form.fields}}
            areas = tuple(sorted(viewer_of(request).areas))
            if areas and edit_of(row, values) is None:
                raise PermissionDenied
            take(row, acting_user_id=request.user.pk, values=values, reply=reply, areas=areas)
        except EditRefused as refused:
            return [finding.text("en" if english else "ar") for finding in refused.findings]
        except StaleVersion as stale:
            return [stale.message_en if english else stale.message_ar]
        except NoSuchFeature:
            return [_("The place is not on the map any more; turn the suggestion down.")]
        except AlreadyDecided:
            return [_("Somebody has decided this suggestion meanwhile.")]
        except ValueError:
            return [_("Say why the suggestion is turned down.")]
        messages.success(request, _("The suggestion was taken; the map shows it now."))
        return []
