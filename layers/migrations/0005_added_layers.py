"""Layers added without code: one versioned table for the features of all of them."""

from pathlib import Path

import django.contrib.gis.db.models.fields
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

import layers.fields
import layers.models
from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("layers", "0004_indexes_by_entry_and_kind"),
    ]

    operations = [
        migrations.CreateModel(
            name="AddedLayer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name_ar", models.TextField(blank=True, default="")),
                ("name_en", models.TextField(blank=True, default="")),
                ("code", models.SlugField(max_length=40, unique=True)),
                (
                    "geometry",
                    models.TextField(
                        choices=[
                            ("Point", "Point"),
                            ("MultiLineString", "MultiLineString"),
                            ("MultiPolygon", "MultiPolygon"),
                        ]
                    ),
                ),
                ("fields", models.JSONField(default=list)),
                (
                    "readers",
                    models.TextField(choices=[("everyone", "everyone"), ("staff", "staff")], default="everyone"),
                ),
                ("min_zoom", models.PositiveSmallIntegerField(default=10)),
                ("max_zoom", models.PositiveSmallIntegerField(default=22)),
                ("style", models.JSONField(blank=True, default=dict)),
                ("source_ar", models.TextField(blank=True, default="")),
                ("source_en", models.TextField(blank=True, default="")),
                ("licence", models.TextField(blank=True, default="")),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Feature",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uid", models.UUIDField()),
                ("begin_lifespan_version", models.DateTimeField()),
                ("end_lifespan_version", models.DateTimeField(blank=True, null=True)),
                ("properties", models.JSONField(default=dict)),
                ("geom", layers.fields.StorageGeometryField()),
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
        migrations.AddConstraint(
            model_name="addedlayer",
            constraint=models.CheckConstraint(
                condition=models.Q(("max_zoom__lte", 22), ("min_zoom__lte", models.F("max_zoom"))),
                name="addedlayer_zooms",
            ),
        ),
        migrations.AddField(
            model_name="feature",
            name="layer",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, to="layers.addedlayer"
            ),
        ),
        migrations.AddIndex(
            model_name="feature",
            index=django.contrib.postgres.indexes.GistIndex(
                models.F("layer"),
                models.F("geom"),
                condition=models.Q(("end_lifespan_version__isnull", True)),
                name="feature_current_geom",
            ),
        ),
        migrations.AddIndex(
            model_name="feature",
            index=django.contrib.postgres.indexes.GistIndex(
                models.F("layer"),
                models.F("geom"),
                condition=models.Q(("end_lifespan_version__isnull", True), _negated=True),
                name="feature_past_geom",
            ),
        ),
        migrations.AddIndex(
            model_name="feature",
            index=django.contrib.postgres.indexes.GistIndex(
                models.F("layer"),
                models.F("geom_3857"),
                condition=models.Q(("end_lifespan_version__isnull", True)),
                name="feature_current_tile",
            ),
        ),
        migrations.AddIndex(
            model_name="feature",
            index=models.Index(
                condition=models.Q(("end_lifespan_version__isnull", True)), fields=["uid"], name="feature_current_uid"
            ),
        ),
        migrations.AddIndex(
            model_name="feature",
            index=models.Index(
                condition=models.Q(("end_lifespan_version__isnull", True)),
                fields=["layer", "id"],
                name="feature_current_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="feature",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("end_lifespan_version__isnull", True),
                    ("end_lifespan_version__gt", models.F("begin_lifespan_version")),
                    _connector="OR",
                ),
                name="feature_ends_after_begin",
            ),
        ),
        migrations.AddConstraint(
            model_name="feature",
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
                name="feature_one_version_at_a_time",
            ),
        ),
        RunSqlFile(SQL / "added.sql"),
    ]
