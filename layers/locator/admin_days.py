"""Set-up pages of the days that hours depend on: holidays, Ramadan, times of prayer, pauses. Each change is audited."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar, Final

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from layers import audit
from layers.admin_pages import MapAdmin, may_edit, viewer_of
from layers.locator.models import PrayerTime
from layers.locator.prayer_csv import PrayerTable, PrayerTableError, read_prayer_table

__all__ = [
    "WORDS",
    "AuditedAdmin",
    "HolidayAdmin",
    "PrayerPauseAdmin",
    "PrayerTimeAdmin",
    "RamadanAdmin",
    "load_prayer_table",
]

MOST_BYTES: Final = 512 * 1024


WORDS: Final = {
    "fajr": gettext_lazy("Fajr"), "dhuhr": gettext_lazy("Dhuhr"), "asr": gettext_lazy("Asr"),
    "maghrib": gettext_lazy("Maghrib"), "isha": gettext_lazy("Isha"), "jumuah": gettext_lazy("Friday prayer"),
    "hours": gettext_lazy("Opening hours"), "phone": gettext_lazy("Telephone"), "name": gettext_lazy("Name"),
    "position": gettext_lazy("Position"), "closed_for_good": gettext_lazy("Closed for good"),
    "missing_place": gettext_lazy("A place that is missing"), "other": gettext_lazy("Something else"),
    "waiting": gettext_lazy("Waiting"), "taken": gettext_lazy("Taken"), "turned_down": gettext_lazy("Turned down"),
}  # fmt: skip
"""Words for the codes that the locator's tables hold."""


class AuditedAdmin(MapAdmin):
    """A table that people write whose role holds everywhere; each change writes an audit row with the values."""

    exclude: ClassVar[tuple[str, ...]] = ()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_edit(request) and not viewer_of(request).areas

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return a choice in words instead of codes."""
        kwargs["choices"] = [(code, WORDS.get(code, label)) for code, label in db_field.get_choices()]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    @admin.display(description=gettext_lazy("prayer"), ordering="prayer")
    def prayer_name(self, row: Any) -> Any:
        return WORDS.get(row.prayer, row.prayer)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        with transaction.atomic():
            # Only what was changed: the application's role may not write every column of every table.
            obj.save(update_fields=form.changed_data if change else None)
            values = {name: form.cleaned_data.get(name) for name in form.changed_data}
            self.tell(request, "change" if change else "create", obj, values)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with transaction.atomic():
            self.tell(request, "delete", obj, {f.name: getattr(obj, f.name) for f in obj._meta.fields})
            obj.delete()

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        with transaction.atomic():
            for obj in queryset:
                self.delete_model(request, obj)

    def tell(self, request: HttpRequest, what: str, obj: Any, values: dict[str, Any]) -> None:
        """Write the audit row of a change."""
        plain = {k: v if isinstance(v, str | int | bool | None) else str(v) for k, v in values.items()}
        audit.record(
            f"{self.opts.model_name}.{what}", subject=str(obj.pk), actor_id=request.user.pk, payload={"values": plain}
        )


class HolidayAdmin(AuditedAdmin):
    """Public holidays: one that waits for the moon is moved and confirmed here."""

    list_display = ("on", "name_ar", "name_en", "is_confirmed", "source")
    list_filter = ("is_confirmed",)
    ordering = ("-on",)
    date_hierarchy = "on"


class RamadanAdmin(AuditedAdmin):
    """The days of Ramadan, where they differ from Umm al-Qura."""

    list_display = ("year_ah", "first_on", "last_on", "source")


class PrayerPauseAdmin(AuditedAdmin):
    """How long places pause for each prayer, from a day on."""

    list_display = ("prayer_name", "begins_min", "lasts_min", "valid_from", "valid_to", "source")
    list_filter = ("prayer",)
    ordering = ("-valid_from", "prayer")


class PrayerTableForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Table of a year (CSV)"),
        help_text=gettext_lazy("Columns: date, fajr, dhuhr, asr, maghrib, isha. Days as 2027-01-31, times as 04:58."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv"}),
    )
    source = forms.CharField(
        label=gettext_lazy("Source"), max_length=300, help_text=gettext_lazy("Who has published these times.")
    )

    def clean_file(self) -> tuple[PrayerTable, str]:
        """Return the table and the hash of the file."""
        sent = self.cleaned_data["file"]
        if sent.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than a year of prayer times can be."))
        raw = sent.read()
        try:
            table = read_prayer_table(_decoded(raw))
        except PrayerTableError as error:
            raise forms.ValidationError(error.message_en if get_language() == "en" else error.message_ar) from None
        return table, hashlib.sha256(raw).hexdigest()


def _decoded(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1256", "replace")
    if "\0" in text:
        raise PrayerTableError("الملف ليس جدولًا نصيًا.", "The file is no table of text.")
    return text


def load_prayer_table(table: PrayerTable, *, source: str, sha256: str, acting_user_id: int | None) -> int:
    """Put the times of a table in place of those of its days; all of them or none. Return the rows written."""
    with transaction.atomic():
        days = {on for on, _prayer, _at in table.rows}
        PrayerTime.objects.filter(on__in=days).delete()
        rows = [PrayerTime(on=on, prayer=prayer, at=at, source=source) for on, prayer, at in table.rows]
        PrayerTime.objects.bulk_create(rows)
        payload = {"first": str(table.first), "last": str(table.last), "days": len(days), "rows": len(rows),
                   "source": source, "sha256": sha256}  # fmt: skip
        audit.record("prayertime.load", subject=str(table.first), actor_id=acting_user_id, payload=payload)
    return len(rows)


class PrayerTimeAdmin(AuditedAdmin):
    """Times of prayer, one by one or a year at once."""

    list_display = ("on", "prayer_name", "at", "source")
    list_filter = ("prayer",)
    ordering = ("-on", "at")
    date_hierarchy = "on"
    change_list_template = "layers/admin/prayer_list.html"

    def get_urls(self) -> list[URLPattern]:
        load = path("load/", self.admin_site.admin_view(self.load), name="layers_prayertime_load")
        return [load, *super().get_urls()]

    def load(self, request: HttpRequest) -> HttpResponse:
        """Take the table of a year."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = PrayerTableForm(request.POST or None, request.FILES or None)
        address = reverse("admin:layers_prayertime_changelist")
        if request.method == "POST" and form.is_valid():
            table, sha256 = form.cleaned_data["file"]
            count = load_prayer_table(
                table, source=form.cleaned_data["source"], sha256=sha256, acting_user_id=request.user.pk
            )
            messages.success(request, _("%(count)d times of prayer were loaded.") % {"count": count})
            return HttpResponseRedirect(address)
        crumbs = [(reverse("admin:index"), _("Set-up")), (address, self.opts.verbose_name_plural)]
        context = {"form": form, "heading": _("Prayer times of a year"), "opts": self.opts, "crumbs": crumbs}
        return TemplateResponse(request, "layers/admin/prayer_times.html", context)
