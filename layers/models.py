"""What is on the map. Rows are versions: a change ends one row and begins another, and nothing is deleted.

Names follow ISO 19152 (LADM). ``end_lifespan_version`` is null while a version is current; lifespans are half-open,
``[begin, end)``. Parcels are written by the register alone (``land_services.register``), which also owns the triggers
that guard them.
"""

from __future__ import annotations

from django.contrib.gis.db import models
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.db.models import F, Func, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from .fields import (
    StorageGeometryField,
    StorageLineStringField,
    StorageMultiLineStringField,
    StorageMultiPolygonField,
    StoragePointField,
)


class Lifespan(Func):
    """``tstzrange(begin, end, '[)')`` of a versioned row."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


CURRENT = Q(end_lifespan_version__isnull=True)


class VersionedRow(models.Model):
    """A version of something that keeps its ``uid`` for life (LADM VersionedObject)."""

    id = models.BigAutoField(primary_key=True)
    uid = models.UUIDField()
    begin_lifespan_version = models.DateTimeField()
    end_lifespan_version = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_current(self) -> bool:
        return self.end_lifespan_version is None


class WebMercator(Func):
    """A geometry in EPSG:3857, stored beside the one it is made from: for tiles only, never for measures."""

    function = "ST_Transform"
    template = "%(function)s(%(expressions)s, 3857)"


class Geography(Func):
    """A point in degrees on the spheroid, stored beside the one it is made from: distances between places."""

    function = "ST_Transform"
    template = "%(function)s(%(expressions)s, 4326)::geography"


def tile_geometry() -> models.GeneratedField:
    """Return the column ``geom_3857`` that every layer has; the database keeps it."""
    return models.GeneratedField(
        expression=WebMercator("geom"),
        output_field=models.GeometryField(srid=3857, spatial_index=False),
        db_persist=True,
        editable=False,
    )


def versioned_constraints(table: str) -> list[models.BaseConstraint]:
    """Return the constraints that every versioned table has: an end after the begin, no two versions of one uid at a
    time.
    """
    return [
        models.CheckConstraint(
            name=f"{table}_ends_after_begin",
            condition=CURRENT | Q(end_lifespan_version__gt=F("begin_lifespan_version")),
        ),
        ExclusionConstraint(
            name=f"{table}_one_version_at_a_time",
            expressions=[
                ("uid", RangeOperators.EQUAL),
                (
                    Lifespan("begin_lifespan_version", "end_lifespan_version", RangeBoundary()),
                    RangeOperators.OVERLAPS,
                ),
            ],
        ),
    ]


def versioned_indexes(table: str, geometry: str = "geom") -> list[models.Index]:
    """Return the indexes that every versioned table has: current and past rows apart, so that today stays as fast as
    on day one. The geometry is given as an expression: of a plain spatial field Django drops the condition.
    """
    return [
        GistIndex(F(geometry), name=f"{table}_current_geom", condition=CURRENT),
        GistIndex(F(geometry), name=f"{table}_past_geom", condition=~CURRENT),
        GistIndex(F("geom_3857"), name=f"{table}_current_tile", condition=CURRENT),
        models.Index(fields=["uid"], name=f"{table}_current_uid", condition=CURRENT),
        models.Index(fields=["id"], name=f"{table}_current_id", condition=CURRENT),
    ]


class Parcel(VersionedRow):
    """LA_SpatialUnit: one version of a plot of land.

    ``begin_entry_id`` and ``end_entry_id`` are the register entries that began and ended this version; the register
    adds the foreign keys, since this package does not know what an entry is.
    """

    plan_no = models.TextField(blank=True, default="")
    block_no = models.TextField(blank=True, default="")
    parcel_no = models.TextField(blank=True, default="")
    land_use = models.TextField(blank=True, default="")
    official_area_m2 = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)  # from the deed
    surveyed_area_m2 = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)  # measured on site
    calculated_area_m2 = models.GeneratedField(  # from the outline
        expression=Func("geom", function="ST_Area"), output_field=models.FloatField(), db_persist=True
    )
    building_area_m2 = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    unit_count = models.PositiveIntegerField(null=True, blank=True)
    geom = StorageMultiPolygonField()
    geom_3857 = tile_geometry()
    begin_entry_id = models.BigIntegerField()
    end_entry_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = _("parcel")
        verbose_name_plural = _("parcels")
        constraints = [
            *versioned_constraints("parcel"),
            models.CheckConstraint(
                name="parcel_end_has_an_entry",
                condition=Q(end_lifespan_version__isnull=True, end_entry_id__isnull=True)
                | Q(end_lifespan_version__isnull=False, end_entry_id__isnull=False),
            ),
        ]
        indexes = [
            *versioned_indexes("parcel"),
            models.Index(fields=["plan_no", "block_no", "parcel_no"], name="parcel_current_number", condition=CURRENT),
            models.Index(fields=["plan_no", "block_no", "parcel_no"], name="parcel_past_number", condition=~CURRENT),
            models.Index(fields=["uid"], name="parcel_past_uid", condition=~CURRENT),
            models.Index(fields=["begin_entry_id"], name="parcel_begin_entry"),
            models.Index(fields=["end_entry_id"], name="parcel_ended_by", condition=Q(end_entry_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return "/".join(part or "-" for part in (self.plan_no, self.block_no, self.parcel_no))


class BoundaryLine(models.Model):
    """LA_BoundaryFaceString: one side of a parcel version, with its true arc kept beside the chords of the outline."""

    parcel = models.ForeignKey(Parcel, models.PROTECT, related_name="sides")
    sequence = models.PositiveSmallIntegerField()
    face = models.CharField(max_length=1, choices=[("N", "N"), ("E", "E"), ("S", "S"), ("W", "W")])
    face_is_manual = models.BooleanField(default=False)
    length_m = models.DecimalField(max_digits=12, decimal_places=3)
    radius_m = models.DecimalField(max_digits=14, decimal_places=3, null=True, blank=True)
    centre = StoragePointField(null=True, blank=True)
    sense = models.CharField(max_length=3, blank=True, default="", choices=[("cw", "cw"), ("ccw", "ccw")])
    adjoining_ar = models.TextField(blank=True, default="")
    adjoining_en = models.TextField(blank=True, default="")
    geom = StorageLineStringField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["parcel", "sequence"], name="boundaryline_sequence"),
            models.CheckConstraint(
                name="boundaryline_arc_is_whole",
                condition=Q(radius_m__isnull=True, centre__isnull=True, sense="")
                | Q(radius_m__gt=0, centre__isnull=False, sense__in=["cw", "ccw"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.face} {self.length_m} m"


class BoundaryPoint(models.Model):
    """LA_Point: one numbered corner of a parcel version, with the coordinates it was surveyed in."""

    parcel = models.ForeignKey(Parcel, models.PROTECT, related_name="corners")
    sequence = models.PositiveSmallIntegerField()
    number = models.TextField()
    source_x = models.FloatField(null=True, blank=True)
    source_y = models.FloatField(null=True, blank=True)
    source_crs = models.TextField(blank=True, default="")
    geom = StoragePointField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["parcel", "sequence"], name="boundarypoint_sequence")]

    def __str__(self) -> str:
        return self.number


class Named(models.Model):
    """A name in both languages; either may be missing in the source, never both shown empty."""

    name_ar = models.TextField(blank=True, default="")
    name_en = models.TextField(blank=True, default="")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name_ar or self.name_en


class Plan(VersionedRow, Named):
    """LA_SpatialUnitGroup: an approved plan (layout)."""

    plan_no = models.TextField()
    geom = StorageMultiPolygonField()
    geom_3857 = tile_geometry()

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        constraints = versioned_constraints("plan")
        indexes = [
            *versioned_indexes("plan"),
            models.Index(fields=["plan_no"], name="plan_current_number", condition=CURRENT),
        ]


class Block(VersionedRow):
    """LA_SpatialUnitGroup: a block of a plan."""

    plan_no = models.TextField(blank=True, default="")
    block_no = models.TextField()
    geom = StorageMultiPolygonField()
    geom_3857 = tile_geometry()

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        constraints = versioned_constraints("block")
        indexes = versioned_indexes("block")

    def __str__(self) -> str:
        return f"{self.plan_no or '-'}/{self.block_no}"


class District(VersionedRow, Named):
    """LA_SpatialUnitGroup: a district (neighbourhood) with its municipality."""

    code = models.TextField(blank=True, default="")
    municipality = models.TextField(blank=True, default="")
    geom = StorageMultiPolygonField()
    geom_3857 = tile_geometry()

    class Meta:
        verbose_name = _("district")
        verbose_name_plural = _("districts")
        constraints = versioned_constraints("district")
        indexes = versioned_indexes("district")


class Street(VersionedRow, Named):
    """A street between two crossings: centreline, width, and a right-of-way that shares its vertices with the lots.

    ``direction`` is how cars may go, seen along the centreline. ``barrier`` stands across the street: who is on foot
    passes bollards and a gate, nobody passes a wall.
    """

    CLASSES = [(c, c) for c in ("arterial", "collector", "local", "alley")]
    DIRECTIONS = [(d, d) for d in ("both", "forward", "backward")]
    USERS = [(u, u) for u in ("all", "foot", "car")]
    BARRIERS = [(b, b) for b in ("", "bollard", "gate", "wall")]

    width_m = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    road_class = models.TextField(choices=CLASSES, default="local")
    direction = models.TextField(choices=DIRECTIONS, default="both", db_default="both")
    users = models.TextField(choices=USERS, default="all", db_default="all")
    barrier = models.TextField(choices=BARRIERS, blank=True, default="", db_default="")
    geom = StorageMultiLineStringField()
    geom_3857 = tile_geometry()
    right_of_way = StorageMultiPolygonField(null=True, blank=True)

    class Meta:
        verbose_name = _("street")
        verbose_name_plural = _("streets")
        constraints = versioned_constraints("street")
        indexes = [
            *versioned_indexes("street"),
            GistIndex(F("right_of_way"), name="street_current_row", condition=CURRENT),
        ]


class Zone(VersionedRow, Named):
    """A planning area: zoning, growth phase, prohibited zone, or the municipality itself; ``code`` names the rule
    that holds in it.

    ``phase_year_ah`` is the last year of a growth phase. ``authority_ar`` and ``authority_en`` say whose word
    holds in a prohibited zone; ``remarks`` are the staff's own.
    """

    KINDS = [(k, k) for k in ("zoning", "growth_phase", "prohibited", "municipality")]

    kind = models.TextField(choices=KINDS, default="zoning")
    code = models.TextField()
    phase_year_ah = models.PositiveSmallIntegerField(null=True, blank=True)
    authority_ar = models.TextField(blank=True, default="", db_default="")
    authority_en = models.TextField(blank=True, default="", db_default="")
    remarks = models.TextField(blank=True, default="", db_default="")
    geom = StorageMultiPolygonField()
    geom_3857 = tile_geometry()

    class Meta:
        verbose_name = _("zone")
        verbose_name_plural = _("zones")
        constraints = versioned_constraints("zone")
        indexes = [
            *versioned_indexes("zone"),
            models.Index(fields=["kind"], name="zone_current_kind", condition=CURRENT),
        ]


class Place(VersionedRow, Named):
    """A place people look for, with its category and opening hours in OpenStreetMap syntax.

    ``kind`` is the finer sort within the category (``pharmacy``). ``ramadan_hours`` hold in Ramadan instead of the
    others; ``prayer_pause`` says whether the place closes for prayers. ``source_ref`` names the row in the source
    (``osm:node/42``). The last columns are made by the database: what is searched, and by what the hours are found.
    """

    PAUSES = [(p, p) for p in ("", "yes", "no")]
    WHEELCHAIR = [(w, w) for w in ("", "yes", "limited", "no")]

    category = models.TextField()
    kind = models.TextField(blank=True, default="", db_default="")
    opening_hours = models.TextField(blank=True, default="")
    ramadan_hours = models.TextField(blank=True, default="", db_default="")
    prayer_pause = models.TextField(choices=PAUSES, blank=True, default="", db_default="")
    phone = models.TextField(blank=True, default="")
    address_ar = models.TextField(blank=True, default="", db_default="")
    address_en = models.TextField(blank=True, default="", db_default="")
    wheelchair = models.TextField(choices=WHEELCHAIR, blank=True, default="", db_default="")
    source = models.TextField(blank=True, default="", db_default="")
    source_ref = models.TextField(blank=True, default="", db_default="")
    source_on = models.DateField(null=True, blank=True)
    geom = StoragePointField()
    geom_3857 = tile_geometry()
    geog = models.GeneratedField(
        expression=Geography("geom"),
        output_field=models.PointField(srid=4326, geography=True, spatial_index=False),
        db_persist=True,
        editable=False,
    )
    folded = models.GeneratedField(
        expression=Func("name_ar", "name_en", function="layers_fold"),
        output_field=models.TextField(),
        db_persist=True,
        editable=False,
    )
    hours_key = models.GeneratedField(
        expression=Func("opening_hours", "ramadan_hours", "prayer_pause", function="layers_hours_key"),
        output_field=models.BigIntegerField(),
        db_persist=True,
        editable=False,
    )

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        constraints = versioned_constraints("place")
        indexes = [
            *versioned_indexes("place"),
            GistIndex(F("category"), F("geog"), name="place_current_near", condition=CURRENT),
            GistIndex(F("geog"), name="place_current_geog", condition=CURRENT),
            models.Index(fields=["kind"], name="place_current_kind", condition=CURRENT),
            GinIndex(fields=["folded"], name="place_current_folded", opclasses=["gin_trgm_ops"], condition=CURRENT),
            models.Index(fields=["source_ref"], name="place_current_source", condition=CURRENT & ~Q(source_ref="")),
        ]


class Address(VersionedRow):
    """A national address: a building's number on its street, with the additional number that tells its entrance.

    ``short_address`` is four letters and the building's number. Numbers are text, as written on the plate.
    """

    building_no = models.TextField()
    additional_no = models.TextField(blank=True, default="")
    street_ar = models.TextField(blank=True, default="")
    street_en = models.TextField(blank=True, default="")
    district_ar = models.TextField(blank=True, default="")
    district_en = models.TextField(blank=True, default="")
    postcode = models.TextField(blank=True, default="")
    short_address = models.TextField(blank=True, default="")
    geom = StoragePointField()
    geom_3857 = tile_geometry()

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        constraints = versioned_constraints("address")
        indexes = [
            *versioned_indexes("address"),
            models.Index(fields=["short_address"], name="address_current_short", condition=CURRENT),
        ]

    def __str__(self) -> str:
        return self.short_address or self.building_no


class PublicOutline(models.Model):
    """The outline of an open case as everyone may see it: written by cases, read by the map.

    ``uid`` is drawn by lot: one that followed from the reference would tell it.
    """

    uid = models.UUIDField(unique=True, editable=False, db_default=RandomUUID())
    reference = models.TextField(unique=True)
    service = models.TextField()
    geom = StorageGeometryField()
    geom_3857 = tile_geometry()
    opened_at = models.DateTimeField(editable=False, db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("outline of an open case")
        verbose_name_plural = _("outlines of open cases")
        indexes = [
            GistIndex(F("geom"), name="publicoutline_open", condition=Q(closed_at__isnull=True)),
            GistIndex(F("geom_3857"), name="publicoutline_open_tile", condition=Q(closed_at__isnull=True)),
            models.Index(fields=["id"], name="publicoutline_open_id", condition=Q(closed_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.reference


class AddedLayer(Named):
    """A layer that a GIS engineer added without code; its features are rows of ``Feature``."""

    GEOMETRIES = [(g, g) for g in ("Point", "MultiLineString", "MultiPolygon")]
    READERS = [(r, r) for r in ("everyone", "staff")]

    code = models.SlugField(max_length=40, unique=True)
    geometry = models.TextField(choices=GEOMETRIES)
    fields = models.JSONField(default=list)  # [{"name", "ar", "en", "kind", "readers"}], checked by layers.added
    readers = models.TextField(choices=READERS, default="everyone")
    min_zoom = models.PositiveSmallIntegerField(default=10)
    max_zoom = models.PositiveSmallIntegerField(default=22)
    style = models.JSONField(default=dict, blank=True)
    source_ar = models.TextField(blank=True, default="")
    source_en = models.TextField(blank=True, default="")
    licence = models.TextField(blank=True, default="")
    retired_at = models.DateTimeField(null=True, blank=True)  # no longer shown; its features stay

    class Meta:
        verbose_name = _("added layer")
        verbose_name_plural = _("added layers")
        constraints = [
            models.CheckConstraint(name="addedlayer_zooms", condition=Q(min_zoom__lte=F("max_zoom"), max_zoom__lte=22))
        ]


class Feature(VersionedRow):
    """A version of a feature of an added layer."""

    layer = models.ForeignKey(AddedLayer, models.PROTECT, db_index=False)
    properties = models.JSONField(default=dict)
    geom = StorageGeometryField()
    geom_3857 = tile_geometry()

    class Meta:
        verbose_name = _("feature of an added layer")
        verbose_name_plural = _("features of added layers")
        constraints = versioned_constraints("feature")
        indexes = [
            GistIndex(F("layer"), F("geom"), name="feature_current_geom", condition=CURRENT),
            GistIndex(F("layer"), F("geom"), name="feature_past_geom", condition=~CURRENT),
            GistIndex(F("layer"), F("geom_3857"), name="feature_current_tile", condition=CURRENT),
            models.Index(fields=["uid"], name="feature_current_uid", condition=CURRENT),
            models.Index(fields=["layer", "id"], name="feature_current_id", condition=CURRENT),
            GinIndex(
                fields=["properties"], name="feature_current_value", opclasses=["jsonb_path_ops"], condition=CURRENT
            ),
        ]

    def __str__(self) -> str:
        return f"{self.layer_id} {self.uid}"


class AuditRow(models.Model):
    """What happened, written in the transaction that did it. ``xact`` and ``at`` are set by the database."""

    id = models.BigAutoField(primary_key=True)
    xact = models.BigIntegerField(editable=False, default=0)
    at = models.DateTimeField(editable=False, null=True)
    actor_id = models.BigIntegerField(null=True)
    action = models.TextField()
    subject = models.TextField(blank=True, default="")
    payload = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("audit row")
        verbose_name_plural = _("audit rows")
        indexes = [
            models.Index(fields=["xact", "id"], name="auditrow_by_transaction"),
            models.Index(fields=["subject", "id"], name="auditrow_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"


class AuditSeal(models.Model):
    """One link of the hash chain over committed audit rows; only the sealing function writes it."""

    sequence = models.BigIntegerField(primary_key=True)
    row = models.OneToOneField(AuditRow, models.PROTECT, related_name="seal")
    hash = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.sequence)


class AuditHorizon(models.Model):
    """How far the sealer has come: every transaction below ``xact`` is sealed. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    xact = models.BigIntegerField()
    sequence = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.CheckConstraint(name="audithorizon_one_row", condition=Q(id=1))]

    def __str__(self) -> str:
        return str(self.xact)


from layers.locator.models import *  # noqa: E402, F403  the rest of this application's models
