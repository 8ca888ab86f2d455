"""Addresses; a lasting identifier and the day of opening for outlines of cases; what staff note on a zone."""

from pathlib import Path

import django.contrib.gis.db.models.fields
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.functions
import django.contrib.postgres.indexes
import django.db.models.functions.datetime
from django.db import migrations, models

import layers.fields
import layers.models
from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("layers", "0005_added_layers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Address",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uid", models.UUIDField()),
                ("begin_lifespan_version", models.DateTimeField()),
                ("end_lifespan_version", models.DateTimeField(blank=True, null=True)),
                ("building_no", models.TextField()),
                ("additional_no", models.TextField(blank=True, default="")),
                ("street_ar", models.TextField(blank=True, default="")),
                ("street_en", models.TextField(blank=True, default="")),
                ("district_ar", models.TextField(blank=True, default="")),
                ("district_en", models.TextField(blank=True, default="")),
                ("postcode", models.TextField(blank=True, default="")),
                ("short_address", models.TextField(blank=True, default="")),
                ("geom", layers.fields.StoragePointField()),
                (
                    "geom_3857",
                    models.GeneratedField(
                        db_persist=True,
                        expression=layers.models.WebMercator("geom"),
                        output_field=django.contrib.gis.db.models.fields.GeometryField(spatial_index=False, srid=3857),
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="publicoutline",
            name="opened_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
        ),
        migrations.AddField(
            model_name="publicoutline",
            name="uid",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(), editable=False, unique=True
            ),
        ),
        migrations.AddField(
            model_name="zone",
            name="authority",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="zone",
            name="phase_year_ah",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="zone",
            name="remarks",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddIndex(
            model_name="publicoutline",
            index=django.contrib.postgres.indexes.GistIndex(
                models.F("geom_3857"), condition=models.Q(("closed_at__isnull", True)), name="publicoutline_open_tile"
            ),
        ),
        migrations.AddIndex(
            model_name="publicoutline",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", True)), fields=["id"], name="publicoutline_open_id"
            ),
        ),
        migrations.AddIndex(
            model_name="address",
            index=django.contrib.postgres.indexes.GistIndex(
                models.F("geom"),
                condition=models.Q(("end_lifespan_version__isnull", True)),
                name="address_current_geom",
            ),
        ),
        migrations.AddIndex(
            model_name="address",
            index=django.contrib.postgres.indexes.GistIndex(
                models.F("geom"),
                condition=models.Q(("end_lifespan_version__isnull", True), _negated=True),
                name="address_past_geom",
            ),
        ),
        migrations.AddIndex(
            model_name="address",
            index=django.contrib.postgres.indexes.GistIndex(
                models.F("geom_3857"),
                condition=models.Q(("end_lifespan_version__isnull", True)),
                name="address_current_tile",
            ),
        ),
        migrations.AddIndex(
            model_name="address",
            index=models.Index(
                condition=models.Q(("end_lifespan_version__isnull", True)), fields=["uid"], name="address_current_uid"
            ),
        ),
        migrations.AddIndex(
            model_name="address",
            index=models.Index(
                condition=models.Q(("end_lifespan_version__isnull", True)), fields=["id"], name="address_current_id"
            ),
        ),
        migrations.AddIndex(
            model_name="address",
            index=models.Index(
                condition=models.Q(("end_lifespan_version__isnull", True)),
                fields=["short_address"],
                name="address_current_short",
            ),
        ),
        migrations.AddConstraint(
            model_name="address",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("end_lifespan_version__isnull", True),
                    ("end_lifespan_version__gt", models.F("begin_lifespan_version")),
                    _connector="OR",
                ),
                name="address_ends_after_begin",
            ),
        ),
        migrations.AddConstraint(
            model_name="address",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    ("uid", "="),
                    (
                        layers.models.Lifespan(
                            "begin_lifespan_version",
                            "end_lifespan_version",
                            django.contrib.postgres.fields.ranges.RangeBoundary(),
                        ),
                        "&&",
                    ),
                ],
                name="address_one_version_at_a_time",
            ),
        ),
        RunSqlFile(SQL / "addresses.sql"),
    ]
