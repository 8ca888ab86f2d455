"""Rule values that an installation decides for itself: proposed by one person, decided by another, never rewritten."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from land_services.domain import RuleSource
from land_services.rules import Entry, checked_value

__all__ = ["CONFIDENCE", "STATES", "RuleChange"]

USER = settings.AUTH_USER_MODEL
STATES: Final = [
    ("proposed", _("Waits for a decision")),
    ("accepted", _("Accepted")),
    ("refused", _("Turned down")),
    ("withdrawn", _("Taken back")),
]
CONFIDENCE: Final = [
    ("official", _("Official text")),
    ("press", _("Press report of an official rule")),
    ("placeholder", _("Placeholder: no official text yet")),
]


class RuleChange(models.Model):
    """A value of one rule from a day on, and where it comes from.

    ``zone`` is empty for the value that holds in general. ``number`` counts accepted changes in the order in which they
    were decided, and ``decision`` is one of its own for each: both are the database's. A change of the rules reaches no
    case that is filed already: the database refuses to accept one that would.
    """

    authority = models.TextField(_("authority"))
    key = models.TextField(_("rule"))
    zone = models.TextField(_("zone"), blank=True, default="")
    value = models.JSONField(_("value"))
    valid_from = models.DateField(_("holds from"))
    source_ar = models.TextField(_("source in Arabic"))
    source_en = models.TextField(_("source in English"))
    source_date = models.CharField(_("date of the source"), max_length=10, blank=True, default="")
    confidence = models.CharField(_("kind of source"), max_length=12, choices=CONFIDENCE)
    reason = models.TextField(_("reason"))
    state = models.CharField(_("state"), max_length=12, choices=STATES, default="proposed")
    proposed_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("proposed by"))
    proposed_at = models.DateTimeField(_("proposed"), auto_now_add=True)
    decided_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    note = models.TextField(_("remark on the decision"), blank=True, default="")
    number = models.PositiveIntegerField(_("number"), null=True, blank=True, unique=True)
    decision = models.UUIDField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("change of a rule")
        verbose_name_plural = _("changes of rules")
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="rulechange_is_decided_by_another",
                condition=~Q(state__in=["accepted", "refused"]) | ~Q(decided_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="rulechange_is_taken_back_by_its_author",
                condition=~Q(state="withdrawn") | Q(decided_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="rulechange_decided_by_somebody",
                condition=Q(state="proposed", decided_by=None, decided_at=None, decided_on=None)
                | Q(
                    state__in=["accepted", "refused", "withdrawn"],
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                    decided_on__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="rulechange_numbered_when_accepted",
                condition=Q(state="accepted", number__isnull=False, decision__isnull=False)
                | (~Q(state="accepted") & Q(number=None, decision=None)),
            ),
            models.CheckConstraint(
                name="rulechange_begins_after_its_decision",
                condition=~Q(state="accepted") | Q(valid_from__gte=F("decided_on")),
            ),
            models.CheckConstraint(
                name="rulechange_has_a_source",
                condition=~Q(source_ar="")
                & ~Q(source_en="")
                & ~Q(reason="")
                & (Q(confidence="placeholder") | ~Q(source_date="")),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["authority", "-number"], name="rulechange_by_number")]

    def __str__(self) -> str:
        return f"{self.key} {self.zone}".strip()

    def entry(self) -> Entry:
        """Return it as the rule packs hold values."""
        return Entry(self.key, self.zone or None, self.checked, self.source, self.valid_from)

    @property
    def checked(self) -> Any:
        return checked_value(self.value, self.key, f"{self.authority} (database)")

    @property
    def source(self) -> RuleSource:
        return RuleSource(self.source_en, self.source_date, self.confidence, self.source_ar)  # type: ignore[arg-type]
