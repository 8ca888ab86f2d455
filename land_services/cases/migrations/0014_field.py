"""What comes from the site of a visit."""

from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


def kept_with(related_name: str, to: str) -> models.ForeignKey:
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name=related_name, to=to)


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0013_surplus"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FieldFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(unique=True)),
                ("kind", models.TextField(choices=[("photo", "photo"), ("points", "points")])),
                ("sha256", models.CharField(max_length=64)),
                ("read", models.JSONField(default=dict)),
                ("at", models.DateTimeField()),
                ("by", kept_with("+", settings.AUTH_USER_MODEL)),
                ("case", kept_with("field_files", "cases.case")),
                (
                    "file",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="from_field", to="cases.casefile"
                    ),
                ),
                ("visit", kept_with("files", "cases.visit")),
            ],
        ),
        migrations.CreateModel(
            name="FieldRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(unique=True)),
                ("sha256", models.CharField(max_length=64)),
                ("data", models.JSONField(default=dict)),
                ("compared", models.JSONField(default=dict)),
                ("at", models.DateTimeField()),
                ("by", kept_with("+", settings.AUTH_USER_MODEL)),
                ("case", kept_with("field_records", "cases.case")),
                (
                    "visit",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="record", to="cases.visit"
                    ),
                ),
            ],
        ),
        RunSqlFile(SQL / "field.sql"),
    ]
