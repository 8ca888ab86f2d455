"""Days that the municipality decided on for itself. Public holidays and Ramadan are the locator's, for all alike."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

__all__ = ["OfficeDay"]


class OfficeDay(models.Model):
    """A day on which the offices work otherwise than the week says: closed, or at hours of their own.

    It goes before the week and before public holidays: a holiday that the offices have longer than others, a day that
    is worked instead, an early end. Without hours the offices are closed.
    """

    on = models.DateField(_("day"), unique=True)
    opens_at = models.TimeField(_("work begins"), null=True, blank=True, help_text=_("Empty where nobody works."))
    closes_at = models.TimeField(_("work ends"), null=True, blank=True)
    reason_ar = models.TextField(_("reason in Arabic"))
    reason_en = models.TextField(_("reason in English"))
    source = models.TextField(_("source"), blank=True, default="")

    class Meta:
        verbose_name = _("day of the offices")
        verbose_name_plural = _("days of the offices")
        ordering = ["on"]
        constraints = [
            models.CheckConstraint(
                name="officeday_hours_whole",
                condition=Q(opens_at__isnull=True, closes_at__isnull=True)
                | Q(opens_at__isnull=False, closes_at__isnull=False, closes_at__gt=F("opens_at")),
                violation_error_message=_("Give both hours, the end after the beginning, or neither."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.reason_ar}"
