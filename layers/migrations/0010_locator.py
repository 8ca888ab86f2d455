"""The locator: what places say of themselves, days and hours as data, closures, emergency lists, suggestions, counts."""

from pathlib import Path

import django.contrib.gis.db.models.fields
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import layers.fields
import layers.models
from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("layers", "0009_values_of_added_layers"),
    ]

    operations = [
        RunSqlFile(SQL / "locator_functions.sql"),
        migrations.CreateModel(
            name="EmergencyEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place_uid", models.UUIDField(verbose_name="place")),
                ("opening_hours", models.TextField(blank=True, default="", verbose_name="opening hours")),
            ],
            options={
                "verbose_name": "place on an emergency list",
                "verbose_name_plural": "places on emergency lists",
            },
        ),
        migrations.CreateModel(
            name="EmergencyList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title_ar", models.TextField(verbose_name="title in Arabic")),
                ("title_en", models.TextField(verbose_name="title in English")),
                ("note_ar", models.TextField(blank=True, default="", verbose_name="note in Arabic")),
                ("note_en", models.TextField(blank=True, default="", verbose_name="note in English")),
                (
                    "categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None, verbose_name="categories"
                    ),
                ),
                ("area", layers.fields.StorageMultiPolygonField(verbose_name="area")),
                ("begins_at", models.DateTimeField(verbose_name="from")),
                ("ends_at", models.DateTimeField(verbose_name="until")),
                ("switched_off_at", models.DateTimeField(blank=True, null=True, verbose_name="switched off")),
            ],
            options={
                "verbose_name": "emergency list",
                "verbose_name_plural": "emergency lists",
            },
        ),
        migrations.CreateModel(
            name="Holiday",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField(unique=True, verbose_name="day")),
                ("name_ar", models.TextField(verbose_name="name in Arabic")),
                ("name_en", models.TextField(verbose_name="name in English")),
                ("is_confirmed", models.BooleanField(default=True, verbose_name="confirmed")),
                ("source", models.TextField(blank=True, default="", verbose_name="source")),
            ],
            options={
                "verbose_name": "public holiday",
                "verbose_name_plural": "public holidays",
                "ordering": ["on"],
            },
        ),
        migrations.CreateModel(
            name="PageVisit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField()),
                ("page", models.TextField()),
                ("visits", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="PlaceClosure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place_uid", models.UUIDField(verbose_name="place")),
                ("begins_at", models.DateTimeField(verbose_name="from")),
                ("ends_at", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("reason_ar", models.TextField(blank=True, default="", verbose_name="reason in Arabic")),
                ("reason_en", models.TextField(blank=True, default="", verbose_name="reason in English")),
                ("called_off_at", models.DateTimeField(blank=True, null=True, verbose_name="called off")),
            ],
            options={
                "verbose_name": "temporary closure",
                "verbose_name_plural": "temporary closures",
            },
        ),
        migrations.CreateModel(
            name="PlaceHours",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.BigIntegerField()),
                ("opening_hours", models.TextField(blank=True)),
                ("ramadan_hours", models.TextField(blank=True)),
                ("prayer_pause", models.TextField(blank=True)),
                ("xact", models.BigIntegerField(editable=False)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["xact"], name="placehours_xact"),
                    models.Index(fields=["key"], name="placehours_key"),
                ]
            },
        ),
        migrations.CreateModel(
            name="HoursChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("what", models.TextField()),
                ("xact", models.BigIntegerField()),
            ],
            options={"indexes": [models.Index(fields=["xact"], name="hourschange_xact")]},
        ),
        migrations.CreateModel(
            name="LayerChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("layer", models.TextField()),
                ("xact", models.BigIntegerField()),
            ],
            options={"indexes": [models.Index(fields=["xact"], name="layerchange_xact")]},
        ),
        migrations.CreateModel(
            name="PlaceSuggestion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.TextField(
                        choices=[
                            ("hours", "hours"),
                            ("phone", "phone"),
                            ("name", "name"),
                            ("position", "position"),
                            ("closed_for_good", "closed_for_good"),
                            ("missing_place", "missing_place"),
                            ("other", "other"),
                        ],
                        verbose_name="kind",
                    ),
                ),
                ("place_uid", models.UUIDField(blank=True, null=True, verbose_name="place")),
                ("values", models.JSONField(blank=True, default=dict, verbose_name="values")),
                ("note", models.TextField(blank=True, default="", max_length=500, verbose_name="note")),
                ("geom", layers.fields.StoragePointField(blank=True, null=True, verbose_name="position")),
                (
                    "sent_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="sent"
                    ),
                ),
                (
                    "state",
                    models.TextField(
                        choices=[("waiting", "waiting"), ("taken", "taken"), ("turned_down", "turned_down")],
                        default="waiting",
                        verbose_name="state",
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                ("decided_by_id", models.BigIntegerField(blank=True, null=True, verbose_name="decided by")),
                ("reply", models.TextField(blank=True, default="", verbose_name="remark")),
            ],
            options={
                "verbose_name": "suggestion",
                "verbose_name_plural": "suggestions",
            },
        ),
        migrations.CreateModel(
            name="PrayerPause",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "prayer",
                    models.TextField(
                        choices=[
                            ("fajr", "fajr"),
                            ("dhuhr", "dhuhr"),
                            ("asr", "asr"),
                            ("maghrib", "maghrib"),
                            ("isha", "isha"),
                            ("jumuah", "jumuah"),
                        ],
                        verbose_name="prayer",
                    ),
                ),
                ("begins_min", models.SmallIntegerField(default=0, verbose_name="begins, minutes after the call")),
                ("lasts_min", models.PositiveSmallIntegerField(verbose_name="lasts, minutes")),
                ("valid_from", models.DateField(verbose_name="valid from")),
                ("valid_to", models.DateField(blank=True, null=True, verbose_name="valid to")),
                ("source", models.TextField(blank=True, default="", verbose_name="source")),
            ],
            options={
                "verbose_name": "pause for prayer",
                "verbose_name_plural": "pauses for prayer",
            },
        ),
        migrations.CreateModel(
            name="PrayerTime",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField(verbose_name="day")),
                (
                    "prayer",
                    models.TextField(
                        choices=[
                            ("fajr", "fajr"),
                            ("dhuhr", "dhuhr"),
                            ("asr", "asr"),
                            ("maghrib", "maghrib"),
                            ("isha", "isha"),
                            ("jumuah", "jumuah"),
                        ],
                        verbose_name="prayer",
                    ),
                ),
                ("at", models.TimeField(verbose_name="time")),
                ("source", models.TextField(blank=True, default="", verbose_name="source")),
            ],
            options={
                "verbose_name": "prayer time",
                "verbose_name_plural": "prayer times",
            },
        ),
        migrations.CreateModel(
            name="RamadanPeriod",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year_ah", models.PositiveSmallIntegerField(unique=True, verbose_name="Hijri year")),
                ("first_on", models.DateField(verbose_name="first day")),
                ("last_on", models.DateField(verbose_name="last day")),
                ("source", models.TextField(blank=True, default="", verbose_name="source")),
            ],
            options={
                "verbose_name": "Ramadan",
                "verbose_name_plural": "Ramadan of each year",
                "ordering": ["year_ah"],
            },
        ),
        migrations.CreateModel(
            name="SearchCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField()),
                ("hour", models.PositiveSmallIntegerField()),
                ("category", models.TextField(blank=True)),
                ("district_uid", models.UUIDField(null=True)),
                ("searches", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name="place",
            name="address_ar",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="place",
            name="address_en",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="place",
            name="folded",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func("name_ar", "name_en", function="layers_fold"),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddField(
            model_name="place",
            name="geog",
            field=models.GeneratedField(
                db_persist=True,
                expression=layers.models.Geography("geom"),
                output_field=django.contrib.gis.db.models.fields.PointField(
                    geography=True, spatial_index=False, srid=4326
                ),
            ),
        ),
        migrations.AddField(
            model_name="place",
            name="prayer_pause",
            field=models.TextField(
                blank=True, choices=[("", ""), ("yes", "yes"), ("no", "no")], db_default="", default=""
            ),
        ),
        migrations.AddField(
            model_name="place",
            name="ramadan_hours",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="place",
            name="kind",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="place",
            name="source",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="place",
            name="source_on",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="place",
            name="source_ref",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="place",
            name="wheelchair",
            field=models.TextField(
                blank=True,
                choices=[("", ""), ("yes", "yes"), ("limited", "limited"), ("no", "no")],
                db_default="",
                default="",
            ),
        ),
        migrations.AddField(
            model_name="street",
            name="barrier",
            field=models.TextField(
                blank=True,
                choices=[("", ""), ("bollard", "bollard"), ("gate", "gate"), ("wall", "wall")],
                db_default="",
                default="",
            ),
        ),
        migrations.AddField(
            model_name="street",
            name="direction",
            field=models.TextField(
                choices=[("both", "both"), ("forward", "forward"), ("backward", "backward")],
                db_default="both",
                default="both",
            ),
        ),
        migrations.AddField(
            model_name="street",
            name="users",
            field=models.TextField(
                choices=[("all", "all"), ("foot", "foot"), ("car", "car")], db_default="all", default="all"
            ),
        ),
        migrations.AddIndex(
            model_name="place",
            index=django.contrib.postgres.indexes.GistIndex(
                models.F("category"),
                models.F("geog"),
                condition=models.Q(("end_lifespan_version__isnull", True)),
                name="place_current_near",
            ),
        ),
        migrations.AddIndex(
            model_name="place",
            index=django.contrib.postgres.indexes.GistIndex(
                models.F("geog"), condition=models.Q(("end_lifespan_version__isnull", True)), name="place_current_geog"
            ),
        ),
        migrations.AddIndex(
            model_name="place",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("end_lifespan_version__isnull", True)),
                fields=["folded"],
                name="place_current_folded",
                opclasses=["gin_trgm_ops"],
            ),
        ),
        migrations.AddIndex(
            model_name="place",
            index=models.Index(
                condition=models.Q(("end_lifespan_version__isnull", True), models.Q(("source_ref", ""), _negated=True)),
                fields=["source_ref"],
                name="place_current_source",
            ),
        ),
        migrations.AddIndex(
            model_name="emergencylist",
            index=django.contrib.postgres.indexes.GistIndex(
                models.F("area"), condition=models.Q(("switched_off_at__isnull", True)), name="emergencylist_standing"
            ),
        ),
        migrations.AddConstraint(
            model_name="emergencylist",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("begins_at"))), name="emergencylist_in_order"
            ),
        ),
        migrations.AddField(
            model_name="emergencyentry",
            name="emergency",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="layers.emergencylist"
            ),
        ),
        migrations.AddConstraint(
            model_name="pagevisit",
            constraint=models.UniqueConstraint(fields=("on", "page"), name="pagevisit_once"),
        ),
        migrations.AddIndex(
            model_name="placeclosure",
            index=models.Index(
                condition=models.Q(("called_off_at__isnull", True)), fields=["place_uid"], name="placeclosure_standing"
            ),
        ),
        migrations.AddConstraint(
            model_name="placeclosure",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__isnull", True), ("ends_at__gt", models.F("begins_at")), _connector="OR"),
                name="placeclosure_in_order",
            ),
        ),
        migrations.AddIndex(
            model_name="placesuggestion",
            index=models.Index(
                condition=models.Q(("state", "waiting")), fields=["sent_at"], name="placesuggestion_waiting"
            ),
        ),
        migrations.AddConstraint(
            model_name="placesuggestion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("geom__isnull", False), ("kind", "missing_place"), ("place_uid__isnull", True)),
                    models.Q(models.Q(("kind", "missing_place"), _negated=True), ("place_uid__isnull", False)),
                    _connector="OR",
                ),
                name="placesuggestion_says_of_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="placesuggestion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("state", "waiting")),
                    models.Q(models.Q(("state", "waiting"), _negated=True), ("decided_at__isnull", False)),
                    _connector="OR",
                ),
                name="placesuggestion_is_decided_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="prayerpause",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to__isnull", True), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                ),
                name="prayerpause_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="prayertime",
            constraint=models.UniqueConstraint(fields=("on", "prayer"), name="prayertime_once_a_day"),
        ),
        migrations.AddConstraint(
            model_name="ramadanperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_on__gt", models.F("first_on"))), name="ramadanperiod_in_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="searchcount",
            constraint=models.UniqueConstraint(
                fields=("on", "hour", "category", "district_uid"), name="searchcount_once", nulls_distinct=False
            ),
        ),
        migrations.AddField(
            model_name="place",
            name="hours_key",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func("opening_hours", "ramadan_hours", "prayer_pause", function="layers_hours_key"),
                output_field=models.BigIntegerField(),
            ),
        ),
        migrations.AddConstraint(
            model_name="emergencyentry",
            constraint=models.UniqueConstraint(fields=("emergency", "place_uid"), name="emergencyentry_once"),
        ),
        RunSqlFile(SQL / "locator.sql"),
    ]
