"""A case: one run of a service, its stages, what was done in it, and the time in which nobody here could act."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django_fsm import GET_STATE, FSMField, FSMModelMixin, transition

from land_services.register.models import RegisterEntry

__all__ = ["Case", "CaseCounter", "CasePause", "CaseStep", "DueCalendar", "ServiceVersion", "StageRun"]

USER = settings.AUTH_USER_MODEL
CASE_STATES = ["draft", "submitted", "returned", "stopped", "approved", "issued", "closed", "rejected", "withdrawn"]


class CaseCounter(models.Model):
    """The last number given per service and Hijri year."""

    series = models.TextField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.series}: {self.last}"


class DueCalendar(models.Model):
    """The calendar by which what is due was last computed; one row."""

    digest = models.CharField(max_length=64)
    computed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.digest[:8]


class ServiceVersion(models.Model):
    """A service's card as it read when a case was opened: a case goes on under the card it was filed under."""

    digest = models.CharField(primary_key=True, max_length=64)
    service = models.TextField()
    card = models.JSONField()
    first_used_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.service} {self.digest[:8]}"


class Case(FSMModelMixin, models.Model):
    """A request and where it stands. A decision that changes the register needs two people, neither of them the filer.

    ``recommended_by`` is the last who passed it on in review. ``decided_at`` is when it ended also where the filer
    withdrew it and nobody decided. ``due_at`` is empty while nothing runs here: drafts, returned, stopped and ended.
    ``roles`` are those of its stages: who holds one may see it. ``erased_at`` is when what people wrote and handed in
    for it was erased; from then on nothing of it changes.
    """

    STATES: ClassVar = [(state, state) for state in CASE_STATES]  # fmt: skip

    reference = models.TextField(unique=True)
    service = models.TextField()
    version = models.ForeignKey(ServiceVersion, models.PROTECT, related_name="+")
    state = FSMField(choices=STATES, default="draft", protected=True)
    parcel_uids = models.JSONField(default=list)
    form = models.JSONField(default=dict)
    filed_by = models.ForeignKey(USER, models.PROTECT, related_name="filed_cases")
    party_id = models.BigIntegerField(null=True, blank=True)
    filed_on = models.DateField()
    filed_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    round = models.PositiveSmallIntegerField(default=0)
    channel = models.TextField(default="web")
    visitor = models.JSONField(default=dict)
    area = models.TextField(blank=True, default="")
    roles = ArrayField(models.TextField(), default=list)
    due_at = models.DateTimeField(null=True, blank=True)
    stopped_in = models.TextField(blank=True, default="")
    secret = models.CharField(max_length=64, blank=True, default="")
    recommended_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="recommended_cases")
    recommended_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="decided_cases")
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True, default="")
    entry = models.OneToOneField(RegisterEntry, models.PROTECT, null=True, blank=True, related_name="case")
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="case_is_decided_by_others",
                condition=~Q(decided_by=F("filed_by"))
                & ~Q(recommended_by=F("filed_by"))
                & (
                    Q(entry__isnull=True)
                    | Q(recommended_by__isnull=True)
                    | Q(decided_by__isnull=True)
                    | ~Q(decided_by=F("recommended_by"))
                ),
            ),
            models.CheckConstraint(
                name="case_approved_by_somebody",
                condition=~Q(state__in=["approved", "issued", "closed"]) | Q(decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="case_state_is_known",
                condition=Q(state__in=CASE_STATES),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "due_at"], name="case_by_state_due"),
            models.Index(fields=["filed_by", "-filed_at"], name="case_by_filer"),
            models.Index(fields=["party_id"], name="case_by_party", condition=Q(party_id__isnull=False)),
            models.Index(fields=["service", "state"], name="case_by_service"),
            models.Index(fields=["due_at", "id"], name="case_by_due"),
            models.Index(fields=["-filed_at", "-id"], name="case_by_age"),
            GinIndex(fields=["roles"], name="case_by_roles"),
            GinIndex(fields=["reference"], name="case_by_part", opclasses=["gin_trgm_ops"]),
            GinIndex(fields=["parcel_uids"], name="case_by_parcels", opclasses=["jsonb_path_ops"]),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_over(self) -> bool:
        """Whether nobody can act on it any more, save to open it again."""
        return self.state in ("closed", "rejected", "withdrawn")

    @transition(field=state, source=["draft", "returned"], target="submitted")
    def submit(self) -> None:
        """It goes to the municipality, for the first time or again."""

    @transition(field=state, source="submitted", target="returned")
    def send_back(self) -> None:
        """It goes back to whoever filed it, with remarks."""

    @transition(field=state, source=["submitted", "returned"], target="stopped")
    def stop(self) -> None:
        """It stands still until somebody opens it again."""

    @transition(
        field=state,
        source=["stopped", "rejected"],
        target=GET_STATE(lambda case: case.stopped_in or "submitted", states=["submitted", "returned"]),
    )
    def reopen(self) -> None:
        """It goes on where it stood."""

    @transition(field=state, source="submitted", target="approved")
    def approve(self) -> None:
        """It is decided in the applicant's favour."""

    @transition(field=state, source="submitted", target="rejected")
    def reject(self) -> None:
        """It is turned down."""

    @transition(field=state, source="approved", target="issued")
    def issue(self) -> None:
        """Its documents are out."""

    @transition(field=state, source=["approved", "issued"], target="closed")
    def close(self) -> None:
        """Its last stage is done."""

    @transition(field=state, source=["draft", "submitted", "returned", "stopped"], target="withdrawn")
    def withdraw(self) -> None:
        """Whoever filed it takes it back."""


class StageRun(FSMModelMixin, models.Model):
    """One stage of one case: whose turn it is, since when, until when, and what came of it.

    ``done_for`` is the absent person in whose place it was done: both count where two people are needed.
    """

    STATES: ClassVar = [(state, state) for state in ("waiting", "active", "returned", "done", "cancelled")]

    case = models.ForeignKey(Case, models.PROTECT, related_name="stages")
    code = models.TextField()
    kind = models.TextField()
    position = models.PositiveSmallIntegerField()
    role = models.TextField()
    area = models.TextField(blank=True, default="")
    days = models.PositiveSmallIntegerField(default=0)
    state = FSMField(choices=STATES, default="waiting", protected=True)
    round = models.PositiveSmallIntegerField(default=0)
    assignee = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="assigned_stages")
    started_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    warned_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    done_for = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    outcome = models.TextField(blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "code"], name="stagerun_once"),
            models.CheckConstraint(
                name="stagerun_state_is_known",
                condition=Q(state__in=["waiting", "active", "returned", "done", "cancelled"]),
            ),
            models.CheckConstraint(
                name="stagerun_done_is_dated", condition=~Q(state="done") | Q(done_at__isnull=False)
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["role", "due_at"], name="stagerun_at_work", condition=Q(state="active")),
            models.Index(fields=["assignee", "due_at"], name="stagerun_of_one", condition=Q(state="active")),
            models.Index(fields=["due_at"], name="stagerun_by_due", condition=Q(state="active")),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.code}"

    @transition(field=state, source="waiting", target="active")
    def start(self) -> None:
        """Its turn has come."""

    @transition(field=state, source="active", target="done")
    def finish(self) -> None:
        """Its work is done."""

    @transition(field=state, source="active", target="returned")
    def send_back(self) -> None:
        """It waits for the applicant's answer."""

    @transition(field=state, source="returned", target="active")
    def resume(self) -> None:
        """The answer is there."""

    @transition(field=state, source=["active", "returned", "done"], target="waiting")
    def again(self) -> None:
        """What it looked at has changed: it is looked at anew in its turn."""

    @transition(field=state, source=["waiting", "active", "returned"], target="cancelled")
    def cancel(self) -> None:
        """The case ended before it was done."""

    @transition(field=state, source="cancelled", target="waiting")
    def revive(self) -> None:
        """The case was opened again."""


class CaseStep(models.Model):
    """One thing that was done in a case, by whom and when; never rewritten. ``note`` is what was said with it."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="steps")
    act = models.TextField()
    stage = models.TextField(blank=True, default="")
    round = models.PositiveSmallIntegerField(default=0)
    by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    for_user = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    note = models.TextField(blank=True, default="")
    details = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["case", "id"], name="casestep_of_case")]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.act}"


class CasePause(models.Model):
    """A time in which the ball was with the applicant, or the case was stopped: no target runs in it."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="pauses")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case"], condition=Q(ended_at=None), name="casepause_one_open"),
            models.CheckConstraint(
                name="casepause_ends_after_begin", condition=Q(ended_at=None) | Q(ended_at__gte=F("began_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.began_at}"
