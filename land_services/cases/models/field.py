"""What comes from the site of a visit: photos, files of measured corners, and one record of what was found."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.gis.db import models

from .case import Case
from .papers import CaseFile
from .review import Visit

__all__ = ["FieldFile", "FieldRecord"]

USER = settings.AUTH_USER_MODEL


class FieldFile(models.Model):
    """A file that was sent from the site, known by the identifier that the device gave it.

    ``sha256`` is of the content as it was sent: a photo is kept without its metadata, so the kept one has another.
    ``read`` is what the confined reader found in a file of corners.
    """

    KINDS: ClassVar = [(kind, kind) for kind in ("photo", "points")]

    case = models.ForeignKey(Case, models.PROTECT, related_name="field_files")
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="files")
    uid = models.UUIDField(unique=True)
    kind = models.TextField(choices=KINDS)
    file = models.OneToOneField(CaseFile, models.PROTECT, related_name="from_field")
    sha256 = models.CharField(max_length=64)
    read = models.JSONField(default=dict)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.visit_id}: {self.kind} {self.uid}"


class FieldRecord(models.Model):
    """What was found on a visit, as the device sent it, and how measured corners compare with the registered ones.

    ``sha256`` is of the record as it was sent: the same record sent again is the same, another one is refused.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="field_records")
    visit = models.OneToOneField(Visit, models.PROTECT, related_name="record")
    uid = models.UUIDField(unique=True)
    sha256 = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    compared = models.JSONField(default=dict)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.visit_id}: {self.uid}"
