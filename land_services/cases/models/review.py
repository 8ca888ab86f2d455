"""What is said about a case on its way: remarks and their answers, questions to agencies, minutes, visits."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import F, Q

from .case import Case
from .papers import CaseFile

__all__ = ["Minutes", "Referral", "Remark", "Visit"]

USER = settings.AUTH_USER_MODEL


class Remark(models.Model):
    """What a reviewer wants mended: coded, so that reasons can be counted, and pinned to where it is meant.

    ``place`` says to what: the whole case, a point of the map, a part, a page of a document, a field of the form.
    A remark is answered once; the answer stands.
    """

    PLACES: ClassVar = [(place, place) for place in ("case", "map", "part", "document", "field")]

    case = models.ForeignKey(Case, models.PROTECT, related_name="remarks")
    stage = models.TextField()
    round = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    reason = models.TextField()
    text = models.TextField()
    place = models.TextField(choices=PLACES, default="case")
    point = models.PointField(srid=settings.STORAGE_SRID, null=True, blank=True)
    part = models.TextField(blank=True, default="")
    file = models.ForeignKey(CaseFile, models.PROTECT, null=True, blank=True, related_name="remarks")
    page = models.PositiveIntegerField(null=True, blank=True)
    field = models.TextField(blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    answer = models.TextField(blank=True, default="")
    answered_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "number"], name="remark_number"),
            models.CheckConstraint(
                name="remark_is_pinned",
                condition=Q(place="case")
                | Q(place="map", point__isnull=False)
                | (Q(place="part") & ~Q(part=""))
                | Q(place="document", file__isnull=False)
                | (Q(place="field") & ~Q(field="")),
            ),
            models.CheckConstraint(
                name="remark_answered_by_somebody",
                condition=Q(answer="", answered_by=None, answered_at=None)
                | (~Q(answer="") & Q(answered_by__isnull=False, answered_at__isnull=False)),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["at"], include=["reason", "case"], name="remark_by_time")]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.number}"


class Referral(models.Model):
    """A question to an agency about one component of a case, with a period and the answer that counts after it.

    The period is ``days`` working days; ``due_at`` is empty while it stands: the case was stopped, or is with the
    applicant.
    """

    ANSWERS: ClassVar = [(answer, answer) for answer in ("consent", "conditions", "object", "not_required")]

    case = models.ForeignKey(Case, models.PROTECT, related_name="referrals")
    stage = models.TextField()
    agency = models.TextField()
    component = models.TextField(default="case")
    question = models.TextField(blank=True, default="")
    required = models.BooleanField(default=True)
    asked_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField()
    days = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    default_answer = models.TextField(choices=ANSWERS)
    answer = models.TextField(choices=ANSWERS, blank=True, default="")
    text = models.TextField(blank=True, default="")
    answered_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    by_clock = models.BooleanField(default=False)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="referral_answered_by_somebody",
                condition=Q(answer="", answered_at=None, answered_by=None, by_clock=False)
                | (~Q(answer="") & Q(answered_at__isnull=False) & (Q(answered_by__isnull=False) ^ Q(by_clock=True))),
            ),
            models.UniqueConstraint(
                fields=["case", "agency", "component"],
                condition=Q(answer="", cancelled_at=None),
                name="referral_one_open",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="referral_open_by_due", condition=Q(answer="", cancelled_at=None)),
            models.Index(fields=["agency", "asked_at"], name="referral_of_agency"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.agency} {self.component}"

    @property
    def is_open(self) -> bool:
        return not self.answer and self.cancelled_at is None


class Minutes(models.Model):
    """What a committee decided in a sitting."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="minutes")
    stage = models.TextField()
    number = models.TextField()
    held_on = models.DateField()
    present = models.TextField()
    outcome = models.TextField(choices=[(o, o) for o in ("recommend", "return", "reject")])
    text = models.TextField()
    price_per_m2 = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "number"], name="minutes_number"),
            models.CheckConstraint(
                name="minutes_price_is_positive", condition=Q(price_per_m2=None) | Q(price_per_m2__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Visit(models.Model):
    """An agreed date on the site: proposed by one side, agreed by the other, then held."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="visits")
    stage = models.TextField()
    at = models.DateTimeField()
    proposed_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    by_filer = models.BooleanField(default=False)
    agreed_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    agreed_at = models.DateTimeField(null=True, blank=True)
    held_at = models.DateTimeField(null=True, blank=True)
    report = models.TextField(blank=True, default="")
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="visit_agreed_by_the_other",
                condition=Q(agreed_by=None) | ~Q(agreed_by=F("proposed_by")),
            ),
            models.CheckConstraint(name="visit_held_after_agreeing", condition=Q(held_at=None) | ~Q(agreed_at=None)),
            models.UniqueConstraint(
                fields=["case", "stage"], condition=Q(held_at=None, cancelled_at=None), name="visit_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.at}"
