"""Imagery and its files."""

from pathlib import Path

import django.contrib.gis.db.models.fields
import django.contrib.postgres.functions
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tiles", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Imagery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.SlugField(max_length=60, unique=True)),
                ("title_ar", models.TextField(blank=True, default="")),
                ("title_en", models.TextField(blank=True, default="")),
                ("kind", models.TextField(choices=[("ortho", "ortho"), ("terrain", "terrain")], default="ortho")),
                (
                    "readers",
                    models.TextField(choices=[("everyone", "everyone"), ("staff", "staff")], default="everyone"),
                ),
                ("source_ar", models.TextField(blank=True, default="")),
                ("source_en", models.TextField(blank=True, default="")),
                ("licence", models.TextField(blank=True, default="")),
                ("attribution_ar", models.TextField(blank=True, default="")),
                ("attribution_en", models.TextField(blank=True, default="")),
                ("low", models.FloatField(blank=True, null=True)),
                ("high", models.FloatField(blank=True, null=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow(), editable=False),
                ),
            ],
            options={
                "verbose_name_plural": "imagery",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("kind__in", ["ortho", "terrain"])), name="imagery_kind"),
                    models.CheckConstraint(
                        condition=models.Q(("readers__in", ["everyone", "staff"])), name="imagery_readers"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("high__isnull", True), ("low__isnull", True)),
                            ("low__lt", models.F("high")),
                            _connector="OR",
                        ),
                        name="imagery_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImageryFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("file_name", models.TextField()),
                ("original", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                ("copy", models.TextField()),
                ("copy_bytes", models.BigIntegerField()),
                ("footprint", django.contrib.gis.db.models.fields.MultiPolygonField(spatial_index=False, srid=3857)),
                ("captured_on", models.DateField(blank=True, null=True)),
                ("statistics", models.JSONField(default=list)),
                ("nodata", models.FloatField(blank=True, null=True)),
                ("resolution_m", models.FloatField()),
                ("zoom", models.PositiveSmallIntegerField()),
                ("low_zoom", models.PositiveSmallIntegerField()),
                ("about", models.JSONField(default=dict)),
                ("begin_lifespan_version", models.DateTimeField()),
                ("end_lifespan_version", models.DateTimeField(blank=True, null=True)),
                (
                    "imagery",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="tiles.imagery",
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GistIndex(
                        condition=models.Q(("end_lifespan_version", None)),
                        fields=["footprint"],
                        name="imageryfile_footprint",
                    ),
                    models.Index(
                        condition=models.Q(("end_lifespan_version", None)),
                        fields=["imagery"],
                        name="imageryfile_current",
                    ),
                    models.Index(fields=["imagery"], name="imageryfile_imagery"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("end_lifespan_version__isnull", True),
                            ("end_lifespan_version__gt", models.F("begin_lifespan_version")),
                            _connector="OR",
                        ),
                        name="imageryfile_ends_after_begin",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("end_lifespan_version__isnull", True)),
                        fields=("imagery", "sha256"),
                        name="imageryfile_once",
                    ),
                ],
            },
        ),
        RunSqlFile(SQL / "imagery.sql"),
    ]
