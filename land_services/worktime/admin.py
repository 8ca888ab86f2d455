"""Days of the offices in the set-up, beside public holidays and Ramadan; each change is audited."""

from __future__ import annotations

from django.contrib import admin

from layers.locator.admin_days import AuditedAdmin

from .models import OfficeDay


@admin.register(OfficeDay)
class OfficeDayAdmin(AuditedAdmin):
    list_display = ("on", "opens_at", "closes_at", "reason_ar", "reason_en", "source")
    ordering = ("-on",)
    date_hierarchy = "on"
