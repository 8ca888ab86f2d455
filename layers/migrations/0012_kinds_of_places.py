"""Places by their kind: to tell at once that there is none of a kind, or where the few of it are.

Concurrently: places are written meanwhile.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("layers", "0011_notes_and_entries"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="place",
            index=models.Index(
                condition=models.Q(("end_lifespan_version__isnull", True)), fields=["kind"], name="place_current_kind"
            ),
        ),
    ]
