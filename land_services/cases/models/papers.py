"""What is handed in, what is paid, and what leaves the house."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from .case import Case

__all__ = ["Attempt", "CaseFile", "Invoice", "IssuedDocument", "Submission", "VerifyLooks"]

USER = settings.AUTH_USER_MODEL


class Attempt(models.Model):
    """One survey file handed in for a case, what the checks found, and the change set it would make."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    file_name = models.TextField()
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to="surveys/")
    crs = models.TextField(blank=True, default="")
    unit = models.TextField(blank=True, default="")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    fit = models.BooleanField(default=False)
    report = models.JSONField(default=dict)
    drawn = models.JSONField(default=list)  # the parts as drawn, in the storage CRS, for the map of an unfit attempt
    change_set = models.JSONField(null=True)
    change_set_digest = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "number"], name="attempt_number")]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.number}"


class CaseFile(models.Model):
    """A document handed in for a case: written once, kept under its hash; a later version stands before an earlier.

    ``document`` is the code of the card's document, or "" for what was added beside it. ``type`` is what its content
    is, whatever its name says. ``scan`` says what looked through it: "" where no scanner is set up.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="files")
    document = models.TextField(blank=True, default="")
    version = models.PositiveIntegerField()
    name = models.TextField()
    type = models.TextField()
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to="papers/")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    round = models.PositiveSmallIntegerField(default=0)
    scan = models.TextField(blank=True, default="")
    stripped = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "document", "version"], name="casefile_version")
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.document} {self.version}"


class Submission(models.Model):
    """What a case was handed in with in one round: its form, its survey, and the documents by their keys.

    Kept as it was, so that the next round can be shown as the difference.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="submissions")
    round = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    form = models.JSONField(default=dict)
    attempt = models.ForeignKey(Attempt, models.PROTECT, null=True, blank=True, related_name="+")
    files = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "round"], name="submission_round")]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.round}"


class Invoice(models.Model):
    """What is to be paid for a case, and the cashier's receipt for it; one that was replaced unpaid is void."""

    KINDS: ClassVar = [(kind, kind) for kind in ("fee", "surplus")]

    case = models.ForeignKey(Case, models.PROTECT, related_name="invoices")
    kind = models.TextField(choices=KINDS, default="fee")
    number = models.TextField(unique=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    basis_ar = models.TextField()
    basis_en = models.TextField()
    issued_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)
    receipt = models.TextField(blank=True, default="")
    cashier = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+")
    void_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case", "kind"], condition=Q(paid_at=None, void_at=None), name="invoice_one_open"
            ),
            models.CheckConstraint(name="invoice_void_or_paid", condition=Q(void_at=None) | Q(paid_at=None)),
            models.CheckConstraint(name="invoice_is_of_something", condition=Q(amount__gte=0)),
            models.CheckConstraint(
                name="invoice_paid_with_receipt",
                condition=Q(paid_at=None, receipt="", cashier=None)
                | (Q(paid_at__isnull=False, cashier__isnull=False) & ~Q(receipt="")),
            ),
            models.UniqueConstraint(fields=["receipt"], condition=~Q(receipt=""), name="invoice_receipt_once"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def basis(self) -> str:
        """How the amount came about, in the language of the page."""
        return self.basis_en if get_language() == "en" else self.basis_ar


class VerifyLooks(models.Model):
    """How often one address looked codes up in the running minute; the key is a keyed hash, no address is kept."""

    key = models.CharField(primary_key=True, max_length=64)
    minute = models.BigIntegerField()
    looks = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.minute}: {self.looks}"


class IssuedDocument(models.Model):
    """A document that left the house. ``code`` is what its QR opens (128 random bits); a newer one supersedes it.

    ``kind`` is the code of the card's output; its titles are kept with it, as printed.
    """

    KINDS: ClassVar = [
        ("survey_decision", _("Survey decision")),
        ("subdivision_drawing", _("Subdivision drawing")),
        ("registry_letter", _("Letter to the registry")),
        ("result_gpkg", _("Result as GeoPackage")),
        ("result_geojson", _("Result as GeoJSON")),
    ]

    case = models.ForeignKey(Case, models.PROTECT, related_name="documents")
    kind = models.TextField()
    title_ar = models.TextField(blank=True, default="")
    title_en = models.TextField(blank=True, default="")
    number = models.TextField()
    parcel_uid = models.UUIDField(null=True, blank=True)
    code = models.TextField(unique=True)
    file = models.FileField(upload_to="documents/")
    sha256 = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    valid_until = models.DateField(null=True, blank=True)
    superseded_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="supersedes")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "number"], name="issueddocument_number")]
        indexes: ClassVar = [models.Index(fields=["parcel_uid"], name="issueddocument_parcel")]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"

    @property
    def title(self) -> str:
        known = dict(self.KINDS)
        if self.kind in known:
            return str(known[self.kind])
        return (self.title_en if get_language() == "en" else self.title_ar) or self.kind
