"""What people read in the set-up: nothing in the database changes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("register", "0002_guard"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="baunit",
            options={"verbose_name": "title of land", "verbose_name_plural": "titles of land"},
        ),
        migrations.AlterModelOptions(
            name="defect",
            options={"verbose_name": "defect of imported land", "verbose_name_plural": "defects of imported land"},
        ),
        migrations.AlterModelOptions(
            name="registerentry",
            options={"verbose_name": "register entry", "verbose_name_plural": "register entries"},
        ),
        migrations.AlterModelOptions(
            name="restriction",
            options={"verbose_name": "restriction", "verbose_name_plural": "restrictions"},
        ),
        migrations.AlterModelOptions(
            name="source",
            options={"verbose_name": "source document", "verbose_name_plural": "source documents"},
        ),
    ]
