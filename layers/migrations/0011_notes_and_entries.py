"""Old notes of changes go; places are taken off emergency lists."""

from pathlib import Path

from django.db import migrations, models

from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("layers", "0010_locator"),
    ]

    operations = [
        migrations.AddField(
            model_name="emergencyentry",
            name="taken_off_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="taken off"),
        ),
        migrations.RemoveConstraint(model_name="emergencyentry", name="emergencyentry_once"),
        migrations.AddConstraint(
            model_name="emergencyentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("taken_off_at__isnull", True)),
                fields=("emergency", "place_uid"),
                name="emergencyentry_once",
            ),
        ),
        RunSqlFile(SQL / "notes.sql"),
    ]
