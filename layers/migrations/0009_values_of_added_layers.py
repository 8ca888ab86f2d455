"""Features of added layers by the value of a property."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("layers", "0008_names_for_people"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="feature",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("end_lifespan_version__isnull", True)),
                fields=["properties"],
                name="feature_current_value",
                opclasses=["jsonb_path_ops"],
            ),
        ),
    ]
