"""Versions by the entry that ended them, without naming the time too; the few zones of a rare kind among many."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("layers", "0003_spatial_ref_sys")]
    operations = [
        AddIndexConcurrently(
            model_name="parcel",
            index=models.Index(
                condition=models.Q(("end_entry_id__isnull", False)), fields=["end_entry_id"], name="parcel_ended_by"
            ),
        ),
        RemoveIndexConcurrently(model_name="parcel", name="parcel_end_entry"),
        AddIndexConcurrently(
            model_name="zone",
            index=models.Index(
                condition=models.Q(("end_lifespan_version__isnull", True)), fields=["kind"], name="zone_current_kind"
            ),
        ),
    ]
