"""Parcels that ended are found by their number and identifier, as those of today are.

Concurrently: the register is written meanwhile.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

ENDED = models.Q(("end_lifespan_version__isnull", True), _negated=True)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("layers", "0012_kinds_of_places")]

    operations = [
        AddIndexConcurrently(
            model_name="parcel",
            index=models.Index(condition=ENDED, fields=["plan_no", "block_no", "parcel_no"], name="parcel_past_number"),
        ),
        AddIndexConcurrently(
            model_name="parcel", index=models.Index(condition=ENDED, fields=["uid"], name="parcel_past_uid")
        ),
    ]
