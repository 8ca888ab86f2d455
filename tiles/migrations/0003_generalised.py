"""Outlines for small scales, derived from the layers."""

from pathlib import Path

import django.contrib.gis.db.models.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("tiles", "0002_imagery"),
    ]

    operations = [
        migrations.CreateModel(
            name="StaleBlock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("plan_no", models.TextField()),
                ("block_no", models.TextField(blank=True, default="")),
                ("cell", models.TextField(blank=True, default="")),
                ("area", models.TextField(blank=True, default="")),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="DissolvedBlock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("plan_no", models.TextField()),
                ("block_no", models.TextField(blank=True, default="")),
                ("cell", models.TextField(blank=True, default="")),
                ("area", models.TextField(blank=True, default="")),
                ("parcels", models.PositiveIntegerField()),
                ("geom_3857", django.contrib.gis.db.models.fields.GeometryField(spatial_index=False, srid=3857)),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GistIndex(fields=["geom_3857"], name="dissolvedblock_place")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("plan_no", "area", "block_no", "cell"), name="dissolvedblock_one")
                ],
            },
        ),
        migrations.CreateModel(
            name="Group",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("plan_no", models.TextField()),
                ("block_no", models.TextField(blank=True, default="")),
                ("cell", models.TextField(blank=True, default="")),
                ("area", models.TextField(blank=True, default="")),
                ("zoom", models.PositiveSmallIntegerField()),
                ("parcels", models.PositiveIntegerField()),
                ("geom_3857", django.contrib.gis.db.models.fields.GeometryField(spatial_index=False, srid=3857)),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GistIndex(fields=["zoom", "geom_3857"], name="group_place")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("zoom", "plan_no", "area", "block_no", "cell"), name="group_one")
                ],
            },
        ),
        migrations.CreateModel(
            name="SimplifiedShape",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("layer", models.TextField()),
                ("zoom", models.PositiveSmallIntegerField()),
                ("row_id", models.BigIntegerField()),
                ("geom_3857", django.contrib.gis.db.models.fields.GeometryField(spatial_index=False, srid=3857)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("layer", "zoom", "row_id"), name="simplifiedshape_one")
                ],
            },
        ),
        RunSqlFile(SQL / "generalise.sql"),
    ]
