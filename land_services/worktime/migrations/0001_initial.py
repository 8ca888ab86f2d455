"""Days of the offices' own."""

from pathlib import Path

from django.db import migrations, models

from layers.sqlfiles import RunSqlFile

SQL = Path(__file__).resolve().parent.parent / "sql"


class Migration(migrations.Migration):
    initial = True

    dependencies = [("layers", "0012_kinds_of_places")]

    operations = [
        migrations.CreateModel(
            name="OfficeDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField(unique=True, verbose_name="day")),
                (
                    "opens_at",
                    models.TimeField(
                        blank=True, help_text="Empty where nobody works.", null=True, verbose_name="work begins"
                    ),
                ),
                ("closes_at", models.TimeField(blank=True, null=True, verbose_name="work ends")),
                ("reason_ar", models.TextField(verbose_name="reason in Arabic")),
                ("reason_en", models.TextField(verbose_name="reason in English")),
                ("source", models.TextField(blank=True, default="", verbose_name="source")),
            ],
            options={
                "verbose_name": "day of the offices",
                "verbose_name_plural": "days of the offices",
                "ordering": ["on"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closes_at__isnull", True), ("opens_at__isnull", True)),
                            models.Q(
                                ("closes_at__gt", models.F("opens_at")),
                                ("closes_at__isnull", False),
                                ("opens_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="officeday_hours_whole",
                        violation_error_message="Give both hours, the end after the beginning, or neither.",
                    )
                ],
            },
        ),
        RunSqlFile(SQL / "worktime.sql"),
    ]
