"""Places by their kind: to tell at once that there is none of a kind, or where the few of it are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("layers", "0011_notes_and_entries"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="place",
            index=models.Index(
                condition=models.Q(("end_lifespan_version__isnull", True)), fields=["kind"], name="place_current_kind"
            ),
        ),
    ]
