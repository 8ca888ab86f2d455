"""What the locator keeps beside the places themselves: days and hours as dated data, closures, lists for an emergency,
what residents suggest, and how often something was looked for. No row holds anything about the person who asked.
"""

from __future__ import annotations

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GistIndex
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from layers.fields import StorageMultiPolygonField, StoragePointField

__all__ = [
    "EmergencyEntry",
    "EmergencyList",
    "Holiday",
    "HoursChange",
    "LayerChange",
    "PageVisit",
    "PlaceClosure",
    "PlaceHours",
    "PlaceSuggestion",
    "PrayerPause",
    "PrayerTime",
    "RamadanPeriod",
    "SearchCount",
]

PRAYERS = [(p, p) for p in ("fajr", "dhuhr", "asr", "maghrib", "isha", "jumuah")]


class PlaceHours(models.Model):
    """Every combination of hours that a place has or had: written by the database when a place is (ADR 0030).

    ``key`` is ``hours_key`` of the places that have it. Rows are only added; ``xact`` is the transaction that did. Two
    that bring the same hours at once write two rows that say the same: a unique key would make one wait for the other.
    """

    key = models.BigIntegerField()
    opening_hours = models.TextField(blank=True)
    ramadan_hours = models.TextField(blank=True)
    prayer_pause = models.TextField(blank=True)
    xact = models.BigIntegerField(editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["xact"], name="placehours_xact"),
            models.Index(fields=["key"], name="placehours_key"),
        ]

    def __str__(self) -> str:
        return self.opening_hours


class HoursChange(models.Model):
    """A transaction that changed hours, days, or exceptions: by these, processes see what they must read anew.

    Written by the database. ``xact`` tells those that have ended from those that a reader may not see yet. Old rows are
    taken away, and one stands for all of them (``layers/sql/notes.sql``).
    """

    what = models.TextField()
    xact = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["xact"], name="hourschange_xact")]

    def __str__(self) -> str:
        return f"{self.what} {self.xact}"


class LayerChange(models.Model):
    """A transaction that changed streets, places, districts or addresses: by these, processes see what they must read
    anew. Written by the database, as ``HoursChange`` is; ``layer`` is the layer's code.
    """

    layer = models.TextField()
    xact = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["xact"], name="layerchange_xact")]

    def __str__(self) -> str:
        return f"{self.layer} {self.xact}"


class Holiday(models.Model):
    """A public holiday. One that depends on the moon is expected until it is confirmed, and may be moved by a clerk."""

    on = models.DateField(_("day"), unique=True)
    name_ar = models.TextField(_("name in Arabic"))
    name_en = models.TextField(_("name in English"))
    is_confirmed = models.BooleanField(_("confirmed"), default=True)
    source = models.TextField(_("source"), blank=True, default="")

    class Meta:
        verbose_name = _("public holiday")
        verbose_name_plural = _("public holidays")
        ordering = ["on"]

    def __str__(self) -> str:
        return f"{self.on} {self.name_ar}"


class RamadanPeriod(models.Model):
    """The days of Ramadan of a year, both belonging to it, where they are known to differ from Umm al-Qura."""

    year_ah = models.PositiveSmallIntegerField(_("Hijri year"), unique=True)
    first_on = models.DateField(_("first day"))
    last_on = models.DateField(_("last day"))
    source = models.TextField(_("source"), blank=True, default="")

    class Meta:
        verbose_name = _("Ramadan")
        verbose_name_plural = _("Ramadan of each year")
        ordering = ["year_ah"]
        constraints = [
            models.CheckConstraint(name="ramadanperiod_in_order", condition=Q(last_on__gt=F("first_on"))),
        ]

    def __str__(self) -> str:
        return str(self.year_ah)


class PrayerTime(models.Model):
    """When a prayer is called on a day, by the calendar that the municipality follows."""

    on = models.DateField(_("day"))
    prayer = models.TextField(_("prayer"), choices=PRAYERS)
    at = models.TimeField(_("time"))
    source = models.TextField(_("source"), blank=True, default="")

    class Meta:
        verbose_name = _("prayer time")
        verbose_name_plural = _("prayer times")
        constraints = [models.UniqueConstraint(fields=["on", "prayer"], name="prayertime_once_a_day")]

    def __str__(self) -> str:
        return f"{self.on} {self.prayer} {self.at}"


class PrayerPause(models.Model):
    """How long places that pause for a prayer are closed, from ``begins_min`` after its call, in a span of days."""

    prayer = models.TextField(_("prayer"), choices=PRAYERS)
    begins_min = models.SmallIntegerField(_("begins, minutes after the call"), default=0)
    lasts_min = models.PositiveSmallIntegerField(_("lasts, minutes"))
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    source = models.TextField(_("source"), blank=True, default="")

    class Meta:
        verbose_name = _("pause for prayer")
        verbose_name_plural = _("pauses for prayer")
        constraints = [
            models.CheckConstraint(
                name="prayerpause_in_order", condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prayer} {self.lasts_min}"


class PlaceClosure(models.Model):
    """A place that is closed for a time, whatever its hours say. It is called off, not deleted."""

    place_uid = models.UUIDField(_("place"))
    begins_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    reason_ar = models.TextField(_("reason in Arabic"), blank=True, default="")
    reason_en = models.TextField(_("reason in English"), blank=True, default="")
    called_off_at = models.DateTimeField(_("called off"), null=True, blank=True)

    class Meta:
        verbose_name = _("temporary closure")
        verbose_name_plural = _("temporary closures")
        indexes = [
            models.Index(fields=["place_uid"], name="placeclosure_standing", condition=Q(called_off_at__isnull=True))
        ]
        constraints = [
            models.CheckConstraint(
                name="placeclosure_in_order", condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("begins_at"))
            ),
        ]

    def __str__(self) -> str:
        return str(self.place_uid)


class EmergencyList(models.Model):
    """Places that are open in an emergency (a curfew, a flood), switched on by staff for an area and a time.

    Inside ``area`` and between both moments, places of ``categories`` that are not on the list count as closed.
    """

    title_ar = models.TextField(_("title in Arabic"))
    title_en = models.TextField(_("title in English"))
    note_ar = models.TextField(_("note in Arabic"), blank=True, default="")
    note_en = models.TextField(_("note in English"), blank=True, default="")
    categories = ArrayField(models.TextField(), verbose_name=_("categories"), default=list)
    area = StorageMultiPolygonField(_("area"))
    begins_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    switched_off_at = models.DateTimeField(_("switched off"), null=True, blank=True)

    class Meta:
        verbose_name = _("emergency list")
        verbose_name_plural = _("emergency lists")
        indexes = [
            GistIndex(F("area"), name="emergencylist_standing", condition=Q(switched_off_at__isnull=True)),
        ]
        constraints = [models.CheckConstraint(name="emergencylist_in_order", condition=Q(ends_at__gt=F("begins_at")))]

    def __str__(self) -> str:
        return self.title_ar or self.title_en


class EmergencyEntry(models.Model):
    """A place on an emergency list; with hours of its own, or its usual ones where they are empty. It is taken off, not
    deleted.
    """

    emergency = models.ForeignKey(EmergencyList, models.PROTECT, related_name="entries")
    place_uid = models.UUIDField(_("place"))
    opening_hours = models.TextField(_("opening hours"), blank=True, default="")
    taken_off_at = models.DateTimeField(_("taken off"), null=True, blank=True)

    class Meta:
        verbose_name = _("place on an emergency list")
        verbose_name_plural = _("places on emergency lists")
        constraints = [
            models.UniqueConstraint(
                fields=["emergency", "place_uid"],
                name="emergencyentry_once",
                condition=Q(taken_off_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return str(self.place_uid)


class PlaceSuggestion(models.Model):
    """What a resident says about a place: a correction, or a place that is missing. Staff take it or turn it down.

    ``values`` holds fields of the layer of places. Nothing says who sent it.
    """

    KINDS = [(k, k) for k in ("hours", "phone", "name", "position", "closed_for_good", "missing_place", "other")]
    STATES = [(s, s) for s in ("waiting", "taken", "turned_down")]

    kind = models.TextField(_("kind"), choices=KINDS)
    place_uid = models.UUIDField(_("place"), null=True, blank=True)
    values = models.JSONField(_("values"), default=dict, blank=True)
    note = models.TextField(_("note"), blank=True, default="", max_length=500)
    geom = StoragePointField(_("position"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), db_default=Now(), editable=False)
    state = models.TextField(_("state"), choices=STATES, default="waiting")
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by_id = models.BigIntegerField(_("decided by"), null=True, blank=True)
    reply = models.TextField(_("remark"), blank=True, default="")

    class Meta:
        verbose_name = _("suggestion")
        verbose_name_plural = _("suggestions")
        indexes = [models.Index(fields=["sent_at"], name="placesuggestion_waiting", condition=Q(state="waiting"))]
        constraints = [
            models.CheckConstraint(
                name="placesuggestion_says_of_what",
                condition=Q(kind="missing_place", place_uid__isnull=True, geom__isnull=False)
                | (~Q(kind="missing_place") & Q(place_uid__isnull=False)),
            ),
            models.CheckConstraint(
                name="placesuggestion_is_decided_whole",
                condition=Q(state="waiting", decided_at__isnull=True)
                | (~Q(state="waiting") & Q(decided_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.place_uid or ''}"


class SearchCount(models.Model):
    """How often a category was looked for in a district in an hour; ``district_uid`` is null outside all of them."""

    on = models.DateField()
    hour = models.PositiveSmallIntegerField()
    category = models.TextField(blank=True)
    district_uid = models.UUIDField(null=True)
    searches = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["on", "hour", "category", "district_uid"], name="searchcount_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.hour} {self.category} {self.searches}"


class PageVisit(models.Model):
    """How often a page was asked for on a day; ``page`` is the name of its address."""

    on = models.DateField()
    page = models.TextField()
    visits = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["on", "page"], name="pagevisit_once")]

    def __str__(self) -> str:
        return f"{self.on} {self.page} {self.visits}"
