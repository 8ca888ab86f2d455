"""Who holds which land by which deed, and every entry that ever changed it (ISO 19152: Party, RRR, BAUnit, Source).

Only ``apply_change_set()`` and ``load_fabric()`` write these tables; triggers hold them to it (see ``sql/``). Rows are
ended, never deleted. Names and id numbers of persons live in ``Party`` alone.
"""

from __future__ import annotations

from django.contrib.gis.db import models
from django.contrib.postgres.indexes import GistIndex
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from layers.fields import StorageGeometryField, StoragePolygonField
from layers.models import Parcel

CURRENT = Q(end_entry__isnull=True)


class RegisterEntry(models.Model):
    """One decision carried out: everything it began and ended points here.

    ``xact``, ``at`` and ``guarded_rows`` belong to the database: the transaction the entry was written in, the time its
    versions begin, and how many rows the guard has seen of it.
    """

    service = models.TextField()
    reference = models.TextField(blank=True, default="")
    acting_user_id = models.BigIntegerField(null=True)
    change_set = models.JSONField(default=dict)
    at = models.DateTimeField(null=True, editable=False)
    xact = models.BigIntegerField(default=0, editable=False)
    guarded_rows = models.BigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("register entry")
        verbose_name_plural = _("register entries")
        indexes = [models.Index(fields=["reference"], name="registerentry_reference")]

    def __str__(self) -> str:
        return f"{self.service} {self.reference}"


class Lineage(models.Model):
    """Which parcel came from which, by which entry; many to many."""

    entry = models.ForeignKey(RegisterEntry, models.PROTECT, related_name="lineage")
    parent_uid = models.UUIDField()
    child_uid = models.UUIDField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["child_uid", "parent_uid"], name="lineage_once")]
        indexes = [models.Index(fields=["parent_uid"], name="lineage_parent")]

    def __str__(self) -> str:
        return f"{self.parent_uid} -> {self.child_uid}"


class LandMovement(models.Model):
    """Land that entered the register from what is no parcel (``acquired``) or left it to street or public land
    (``released``).
    """

    entry = models.ForeignKey(RegisterEntry, models.PROTECT, related_name="movements")
    kind = models.TextField(choices=[("acquired", "acquired"), ("released", "released")])
    reason = models.TextField()
    source = models.TextField()
    geom = StoragePolygonField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="landmovement_kind", condition=Q(kind__in=["acquired", "released"])),
            models.CheckConstraint(name="landmovement_has_a_source", condition=~Q(source="")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reason}"


class Defect(models.Model):
    """A fault that imported fabric came with: kept, listed, and never allowed to grow."""

    entry = models.ForeignKey(RegisterEntry, models.PROTECT, related_name="defects")
    kind = models.TextField()
    uids = models.JSONField(default=list)
    detail = models.JSONField(default=dict)
    size = models.FloatField(null=True)
    geom = StorageGeometryField(null=True)
    original = models.BinaryField(null=True)  # WKB of the outline as it came, where it was repaired

    class Meta:
        verbose_name = _("defect of imported land")
        verbose_name_plural = _("defects of imported land")
        indexes = [
            models.Index(fields=["kind"], name="defect_kind"),
            GistIndex(F("geom"), name="defect_geom", condition=Q(geom__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.kind


class Party(models.Model):
    """LA_Party: a person, company, public body or group. The one table with names and id numbers of people.

    ``id_number`` is encrypted; ``id_number_key`` is a keyed hash of it, to find a party by number without opening all.
    """

    KINDS = [(k, k) for k in ("person", "company", "government", "group")]

    kind = models.TextField(choices=KINDS)
    name_ar = models.TextField(blank=True, default="")
    name_en = models.TextField(blank=True, default="")
    id_kind = models.TextField(blank=True, default="")
    id_number = models.BinaryField(null=True)
    id_number_key = models.BinaryField(null=True)
    represented_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    representation = models.TextField(blank=True, default="")
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "parties"
        indexes = [
            models.Index(fields=["id_number_key"], name="party_id_number", condition=Q(id_number_key__isnull=False))
        ]

    def __str__(self) -> str:
        return f"party {self.pk}"


class BAUnit(models.Model):
    """LA_BAUnit: a title. It joins parcels and is what shares, restrictions and deeds belong to."""

    uid = models.UUIDField(unique=True)
    begin_entry = models.ForeignKey(RegisterEntry, models.PROTECT, related_name="+")
    end_entry = models.ForeignKey(RegisterEntry, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("title of land")
        verbose_name_plural = _("titles of land")

    def __str__(self) -> str:
        return f"title {self.uid}"


class BAUnitParcel(models.Model):
    """A parcel that a title joins, from one entry to another. A parcel belongs to one title at a time."""

    ba_unit = models.ForeignKey(BAUnit, models.PROTECT, related_name="parcels")
    parcel_uid = models.UUIDField()
    begin_entry = models.ForeignKey(RegisterEntry, models.PROTECT, related_name="+")
    end_entry = models.ForeignKey(RegisterEntry, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["parcel_uid"], name="baunitparcel_one_title_at_a_time", condition=CURRENT)
        ]
        indexes = [models.Index(fields=["parcel_uid"], name="baunitparcel_history")]

    def __str__(self) -> str:
        return f"{self.ba_unit_id}: {self.parcel_uid}"


class Right(models.Model):
    """LA_Right: a party's right in a title. The ownership shares of a current title add up to exactly 1."""

    KINDS = [(k, k) for k in ("ownership", "usufruct", "lease")]

    ba_unit = models.ForeignKey(BAUnit, models.PROTECT, related_name="rights")
    party = models.ForeignKey(Party, models.PROTECT, related_name="rights")
    kind = models.TextField(choices=KINDS, default="ownership")
    share_numerator = models.BigIntegerField()
    share_denominator = models.BigIntegerField()
    begin_entry = models.ForeignKey(RegisterEntry, models.PROTECT, related_name="+")
    end_entry = models.ForeignKey(RegisterEntry, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="right_share_is_a_fraction",
                condition=Q(share_numerator__gt=0, share_denominator__gte=F("share_numerator")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.share_numerator}/{self.share_denominator}"


class Restriction(models.Model):
    """LA_Restriction, LA_Responsibility: what stands against a title or one of its parcels."""

    KINDS = [(k, k) for k in ("seizure", "mortgage", "easement", "usufruct", "stop")]

    ba_unit = models.ForeignKey(BAUnit, models.PROTECT, related_name="restrictions")
    parcel_uid = models.UUIDField(null=True, blank=True)
    kind = models.TextField(choices=KINDS)
    reference = models.TextField()
    holder = models.TextField(blank=True, default="")
    begin_entry = models.ForeignKey(RegisterEntry, models.PROTECT, related_name="+")
    end_entry = models.ForeignKey(RegisterEntry, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("restriction")
        verbose_name_plural = _("restrictions")

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"


class Source(models.Model):
    """LA_Source: a deed, survey file, drawing, decision or imported file that entries and titles rest on."""

    KINDS = [(k, k) for k in ("deed", "survey_file", "drawing", "decision", "letter", "fabric_file")]

    kind = models.TextField(choices=KINDS)
    number = models.TextField()
    hijri_date = models.TextField(blank=True, default="")
    issuer = models.TextField(blank=True, default="")
    form = models.TextField(blank=True, default="")  # paper or electronic, for deeds
    area_m2 = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    is_valid = models.BooleanField(default=True)
    sha256 = models.TextField(blank=True, default="")
    details = models.JSONField(default=dict, blank=True)
    entry = models.ForeignKey(RegisterEntry, models.PROTECT, related_name="sources")

    class Meta:
        verbose_name = _("source document")
        verbose_name_plural = _("source documents")
        indexes = [models.Index(fields=["kind", "number"], name="source_number")]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class BAUnitSource(models.Model):
    """A deed that a title rests on. ``pending`` while the registry has not confirmed what an entry changed."""

    ba_unit = models.ForeignKey(BAUnit, models.PROTECT, related_name="sources")
    source = models.ForeignKey(Source, models.PROTECT, related_name="titles")
    begin_entry = models.ForeignKey(RegisterEntry, models.PROTECT, related_name="+")
    end_entry = models.ForeignKey(RegisterEntry, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ba_unit", "source"], name="baunitsource_once")]

    def __str__(self) -> str:
        return f"{self.ba_unit_id}: {self.source_id}"


class PendingDeedChange(models.Model):
    """What the registry still has to confirm: the municipality decided, the deed itself is changed by notary or
    registry.
    """

    STATES = [(s, s) for s in ("pending", "confirmed", "returned")]

    ba_unit = models.ForeignKey(BAUnit, models.PROTECT, related_name="pending_changes")
    entry = models.ForeignKey(RegisterEntry, models.PROTECT, related_name="pending_changes")
    state = models.TextField(choices=STATES, default="pending")
    settled_by = models.ForeignKey(RegisterEntry, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ba_unit", "entry"], name="pendingdeedchange_once")]

    def __str__(self) -> str:
        return f"{self.ba_unit_id}: {self.state}"


__all__ = [
    "BAUnit",
    "BAUnitParcel",
    "BAUnitSource",
    "Defect",
    "LandMovement",
    "Lineage",
    "Parcel",
    "Party",
    "PendingDeedChange",
    "RegisterEntry",
    "Restriction",
    "Right",
    "Source",
]
