"""Erasing people: who asked, who decided, what was done, and the files that are still to be removed."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .case import Case

__all__ = ["ErasedFile", "Erasure"]

USER = settings.AUTH_USER_MODEL


class Erasure(models.Model):
    """A request to erase a person: a party of the register, an account, or both.

    One person asks and another decides; neither is the person. ``report`` is what was erased and what is kept, why and
    until when, in codes, references and days: nothing of the person. ``closed_at`` is when nothing waits any more.
    """

    OUTCOMES: ClassVar = [(outcome, outcome) for outcome in ("", "approved", "refused")]

    case = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="erasures")
    party_id = models.BigIntegerField(null=True, blank=True)
    user = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    asked_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    outcome = models.TextField(choices=OUTCOMES, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    report = models.JSONField(default=list)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="erasure_of_somebody", condition=Q(party_id__isnull=False) | Q(user__isnull=False)
            ),
            models.CheckConstraint(
                name="erasure_takes_two_people",
                condition=(Q(decided_by=None) | ~Q(decided_by=F("asked_by")))
                & (Q(user=None) | (~Q(asked_by=F("user")) & (Q(decided_by=None) | ~Q(decided_by=F("user"))))),
            ),
            models.CheckConstraint(
                name="erasure_decided_by_somebody",
                condition=Q(outcome="", decided_by=None, decided_at=None)
                | Q(outcome__in=["approved", "refused"], decided_by__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="erasure_done_when_approved",
                condition=Q(done_at=None, closed_at=None) | Q(outcome="approved", done_at__isnull=False),
            ),
            models.UniqueConstraint(fields=["party_id"], condition=Q(outcome=""), name="erasure_party_asked_once"),
            models.UniqueConstraint(fields=["user"], condition=Q(outcome=""), name="erasure_user_asked_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["party_id"], name="erasure_of_party"),
            models.Index(fields=["id"], name="erasure_waiting", condition=Q(outcome="approved", closed_at=None)),
        ]

    def __str__(self) -> str:
        return f"erasure {self.pk}"


class ErasedFile(models.Model):
    """A file that the store no longer needs; it is removed after the commit, unless another case came to need it."""

    name = models.TextField()
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    removed = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["id"], name="erasedfile_waiting", condition=Q(settled_at=None))]

    def __str__(self) -> str:
        return self.name
