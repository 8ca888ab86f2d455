"""Where branches of the municipality work."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("offices", "0003_services")]

    operations = [
        migrations.CreateModel(
            name="WorkArea",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.SlugField(
                        help_text="As roles name it: letters and figures.",
                        max_length=40,
                        unique=True,
                        verbose_name="code",
                    ),
                ),
                ("name_ar", models.CharField(max_length=120, verbose_name="name in Arabic")),
                ("name_en", models.CharField(max_length=120, verbose_name="name in English")),
                (
                    "districts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), size=None, verbose_name="districts"
                    ),
                ),
            ],
            options={"verbose_name": "area of work", "verbose_name_plural": "areas of work"},
        ),
    ]
