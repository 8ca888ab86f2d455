"""A case: one run of a service, its attempts, its decision by two people, and the documents that came out."""

from __future__ import annotations

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from land_services.register.models import RegisterEntry


class CaseCounter(models.Model):
    """The last number given per service and Hijri year."""

    series = models.TextField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.series}: {self.last}"


class Case(models.Model):
    """A request and where it stands. A decision that changes the register needs two people, neither of them the filer.

    ``decided_at`` is when it ended also where the filer withdrew it and nobody decided.
    """

    STATES = [(s, s) for s in ("draft", "submitted", "recommended", "approved", "issued", "rejected", "withdrawn")]

    reference = models.TextField(unique=True)
    service = models.TextField()
    state = models.TextField(choices=STATES, default="draft")
    parcel_uids = models.JSONField(default=list)
    filed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="filed_cases")
    filed_on = models.DateField()
    filed_at = models.DateTimeField(auto_now_add=True)
    recommended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="recommended_cases"
    )
    recommended_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="decided_cases"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True, default="")
    entry = models.OneToOneField(RegisterEntry, models.PROTECT, null=True, blank=True, related_name="case")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="case_is_decided_by_others",
                condition=~Q(decided_by=F("filed_by"))
                & ~Q(recommended_by=F("filed_by"))
                & (Q(recommended_by__isnull=True) | Q(decided_by__isnull=True) | ~Q(decided_by=F("recommended_by"))),
            ),
            models.CheckConstraint(
                name="case_approved_with_its_entry",
                condition=~Q(state__in=["approved", "issued"])
                | Q(entry__isnull=False, decided_by__isnull=False, recommended_by__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["state", "filed_at"], name="case_by_state")]

    def __str__(self) -> str:
        return self.reference


class Attempt(models.Model):
    """One survey file handed in for a case, what the checks found, and the change set it would make."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    file_name = models.TextField()
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to="surveys/")
    crs = models.TextField(blank=True, default="")
    unit = models.TextField(blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    fit = models.BooleanField(default=False)
    report = models.JSONField(default=dict)
    drawn = models.JSONField(default=list)  # the parts as drawn, in the storage CRS, for the map of an unfit attempt
    change_set = models.JSONField(null=True)
    change_set_digest = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "number"], name="attempt_number")]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.number}"


class VerifyLooks(models.Model):
    """How often one address looked codes up in the running minute; the key is a keyed hash, no address is kept."""

    key = models.CharField(primary_key=True, max_length=64)
    minute = models.BigIntegerField()
    looks = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.minute}: {self.looks}"


class IssuedDocument(models.Model):
    """A document that left the house. ``code`` is what its QR opens (128 random bits); a newer one supersedes it."""

    KINDS = [
        ("survey_decision", _("Survey decision")),
        ("subdivision_drawing", _("Subdivision drawing")),
        ("registry_letter", _("Letter to the registry")),
        ("result_gpkg", _("Result as GeoPackage")),
        ("result_geojson", _("Result as GeoJSON")),
    ]

    case = models.ForeignKey(Case, models.PROTECT, related_name="documents")
    kind = models.TextField(choices=KINDS)
    number = models.TextField()
    parcel_uid = models.UUIDField(null=True, blank=True)
    code = models.TextField(unique=True)
    file = models.FileField(upload_to="documents/")
    sha256 = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    superseded_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="supersedes")

    class Meta:
        indexes = [models.Index(fields=["parcel_uid"], name="issueddocument_parcel")]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"

    @property
    def title(self) -> str:
        return str(dict(self.KINDS)[self.kind])
